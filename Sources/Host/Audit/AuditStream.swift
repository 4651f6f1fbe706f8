import Audit
import ModuleKit
import Storage

/// Hands the log out as `AuditExport` lays it out, up to the record that is the last one when it begins. Each part is
/// read in a snapshot of its own, so that a slow client holds nothing open.
struct AuditStream: Sendable {
  let from: Int64
  let responses: ResponseWriter<ExportChunk>
  let context: StreamContext

  /// How much is read at once, in bytes; a record that is larger comes alone.
  private static let readSizeBytes = 512 << 10
  private static let readRecords = 2_000
  /// The longest message, in bytes: clients take 4 MiB unless told otherwise.
  private static let chunkSizeBytes = 1 << 20

  private struct Part: Sendable {
    var bytes: [UInt8]
    var last: Int64
  }

  /// Sends everything.
  /// - Parameter sign: makes the head that the export ends with.
  /// - Throws: `AuditServiceError.notYetMade`, `StorageError`, or what ends the call.
  func run(sign: @escaping @Sendable (Snapshot) throws -> AuditHead) async throws {
    let from = from
    let (head, opening) = try await context.read { snapshot in
      let head = try sign(snapshot)
      guard from <= head.sequence + 1 else { throw AuditServiceError.notYetMade(next: head.sequence + 1) }
      var export = AuditExport()
      export.open(at: from, after: try Self.hash(before: from, in: snapshot))
      for shape in try snapshot.auditShapes() { export.append(shape) }
      return (head, Part(bytes: export.take(), last: from - 1))
    }
    try await send(opening, of: head)
    var last = from - 1
    while last < head.sequence {
      let after = last
      let part = try await context.read { snapshot in
        let limit = min(Self.readRecords, Int(clamping: head.sequence - after))
        let records = try snapshot.auditRecords(after: after, limit: limit, sizeBytes: Self.readSizeBytes)
        var export = AuditExport()
        var last = after
        for stored in records where stored.record.sequence <= head.sequence {
          try export.append(stored.record, hash: stored.hash)
          last = stored.record.sequence
        }
        // None left although the head says so: whoever verifies the export will see what is missing.
        return Part(bytes: export.take(), last: last == after ? head.sequence : last)
      }
      last = part.last
      try await send(part, of: head)
    }
    var export = AuditExport()
    export.append(head)
    try await send(Part(bytes: export.take(), last: head.sequence), of: head)
  }

  private func send(_ part: Part, of head: AuditHead) async throws {
    var start = 0
    while start < part.bytes.count {
      let end = min(start + Self.chunkSizeBytes, part.bytes.count)
      let isWhole = end == part.bytes.count
      try await responses.send(
        ExportChunk(
          data: Array(part.bytes[start..<end]), sequence: isWhole ? part.last : 0,
          lastSequence: head.sequence))
      start = end
    }
  }

  /// The hash that a record's hash covers; zeros too where the record before is missing, so that what is left of a
  /// damaged log can still be handed out.
  private static func hash(before sequence: Int64, in snapshot: Snapshot) throws -> [UInt8] {
    guard sequence > 1, let stored = try snapshot.auditRecords(after: sequence - 2, limit: 1).first,
      stored.record.sequence == sequence - 1, stored.hash.count == 32
    else { return AuditRecord.firstPreviousHash }
    return stored.hash
  }
}
