import Audit
import Crypto
import ModuleKit
import Storage

/// Serves `yizhan.audit.v1.AuditService`.
struct AuditHandler: AuditServiceHandler {
  let vault: Vault

  /// From what size on a page of a list is full, in bytes.
  private static let pageSizeBytes = 1 << 20

  func listRecords(_ request: ListRecordsRequest, _ snapshot: Snapshot) throws -> ListRecordsResponse {
    var filter = AuditFilter()
    filter.principal = request.principalID
    filter.method = request.method
    filter.module = request.module
    filter.subject = request.subject
    filter.lookedAt = request.lookedAt
    filter.hasPurpose = request.hasPurpose
    filter.from = try instant(request.fromTime, "from_time")
    filter.until = try instant(request.untilTime, "until_time")
    let page = try Page(
      size: request.pageSize, token: request.pageToken,
      query: [
        request.principalID, request.method, request.module, request.subject, request.lookedAt,
        String(request.hasPurpose), filter.from.map { String($0.milliseconds) } ?? "",
        filter.until.map { String($0.milliseconds) } ?? "",
      ])
    let found = try snapshot.auditRecords(
      filter, before: try page.cursorNumber(), limit: page.limit, sizeBytes: Self.pageSizeBytes)
    return ListRecordsResponse(
      records: found.records.map { Record($0) },
      nextPageToken: found.next.map { page.nextToken(after: [String($0)]) } ?? "")
  }

  private func instant(_ time: ProtoTimestamp?, _ field: String) throws -> Instant? {
    guard let time else { return nil }
    guard let instant = Instant(time) else { throw AuditServiceError.timeInvalid(field: field) }
    return instant
  }

  func getRecord(_ request: GetRecordRequest, _ snapshot: Snapshot) throws -> Record {
    let found = try snapshot.auditRecords(after: request.sequence - 1, limit: 1).first
    guard let found, found.record.sequence == request.sequence else {
      throw AuditServiceError.recordUnknown(request.sequence)
    }
    var record = Record(found)
    guard !found.record.changes.isEmpty else { return record }
    let opened = try vault.open(
      changes: found.record.changes, of: found.record.sequence, concerning: found.record.persons, in: snapshot
    )
    guard let opened else {
      record.changesErased = true
      return record
    }
    let changes = try RowChange.decode(opened)
    record.changes = AuditTexts.shown(changes, shapes: try snapshot.auditShapes())
    record.changeCount = Int32(clamping: changes.count)
    return record
  }

  func getHead(_ request: GetHeadRequest, _ snapshot: Snapshot) throws -> Head {
    let head = try signedHead(in: snapshot)
    return Head(
      sequence: head.sequence, time: ProtoTimestamp(Instant(milliseconds: head.timeMilliseconds)),
      hash: Hexadecimal.text(head.hash), signature: Hexadecimal.text(head.signature),
      publicKey: Hexadecimal.text(head.publicKey), keyID: head.keyID, line: head.line)
  }

  func exportRecords(
    _ request: ExportRecordsRequest, _ responses: ResponseWriter<ExportChunk>, _ context: StreamContext
  ) async throws {
    let stream = AuditStream(from: max(request.fromSequence, 1), responses: responses, context: context)
    try await stream.run { try signedHead(in: $0) }
  }

  /// The end of the chain, signed with a key of the host's own that is made at its first start.
  private func signedHead(in snapshot: Snapshot) throws -> AuditHead {
    let seed = try vault.dataKey(.auditSigning).withUnsafeBytes { Array($0) }
    let last = try snapshot.auditHead()
    return try AuditSigner(seed: seed).head(
      sequence: last?.sequence ?? 0, hash: last?.hash ?? AuditRecord.firstPreviousHash,
      timeMilliseconds: snapshot.now.milliseconds)
  }
}
