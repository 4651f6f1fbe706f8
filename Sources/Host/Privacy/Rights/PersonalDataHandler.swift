import Audit
import ModuleKit

/// Serves `yizhan.privacy.v1.PersonalDataService`.
struct PersonalDataHandler: PersonalDataServiceHandler {
  /// The most accesses that an export holds.
  private static let exportedAccesses = 1_000

  let people: People
  private var register: PersonalDataRegister { people.register }
  private var vault: Vault { people.vault }

  func getPersonalView(_ request: GetPersonalViewRequest, _ snapshot: Snapshot) throws -> PersonalView {
    let person = try people.person(request.personID, in: snapshot)
    snapshot.concerns(person: person.id)
    if let erasure = person.erasure {
      return PersonalView(
        personID: person.id, erasure: try ErasureStore.message(erasure, vault: vault, in: snapshot))
    }
    return PersonalView(
      personID: person.id, records: try Holdings(of: person.id, register, in: snapshot).messages)
  }

  func listAccesses(_ request: ListAccessesRequest, _ snapshot: Snapshot) throws -> ListAccessesResponse {
    let person = try people.person(request.personID, in: snapshot)
    let page = try Page(
      size: request.pageSize, token: request.pageToken, query: ["accesses", person.id])
    let found = try accesses(
      to: person.id, before: try page.cursorNumber(), limit: page.limit, in: snapshot)
    return ListAccessesResponse(
      accesses: found.accesses,
      nextPageToken: found.next.map { page.nextToken(after: [String($0)]) } ?? "")
  }

  func exportPersonalData(_ request: ExportPersonalDataRequest, _ snapshot: Snapshot) throws
    -> PersonalDataFile
  {
    guard snapshot.purpose == ConsentHandler.rightsPurpose else { throw PrivacyError.purposeNeeded }
    let person = try people.livingPerson(request.personID, in: snapshot)
    snapshot.concerns(person: person.id)
    let found = try accesses(to: person.id, before: nil, limit: Self.exportedAccesses, in: snapshot)
    return PersonalDataFile(
      personID: person.id, exportTime: ProtoTimestamp(snapshot.now),
      records: try Holdings(of: person.id, register, in: snapshot).messages,
      accesses: found.accesses, hasMoreAccesses: found.next != nil)
  }

  func previewErasure(_ request: PreviewErasureRequest, _ snapshot: Snapshot) throws -> ErasurePreview {
    let person = try people.person(request.personID, in: snapshot)
    try refuseErased(person)
    let holdings = try Holdings(of: person.id, register, in: snapshot)
    return ErasurePreview(
      personID: person.id, etag: holdings.etag(of: person.id, vault), parts: holdings.parts)
  }

  func erasePerson(_ request: ErasePersonRequest, _ transaction: Transaction) throws -> Erasure {
    let person = try people.person(request.personID, in: transaction)
    try refuseErased(person)
    transaction.subject = person.id
    let holdings = try Holdings(of: person.id, register, in: transaction)
    guard request.etag == holdings.etag(of: person.id, vault) else { throw PrivacyError.previewStale }
    // Those that registered last first: they may still ask those that they build on.
    for holder in register.holders.reversed() {
      try holder.named { try holder.holder.erase(person.id, in: transaction.entering(holder.module)) }
    }
    let erasure = try ErasureStore.insert(person, request, holdings.parts, vault: vault, in: transaction)
    for merged in try ErasureStore.merged(into: person.id, in: transaction) {
      try vault.destroyKey(of: merged, in: transaction)
    }
    try vault.destroyKey(of: person.id, in: transaction)
    try transaction.emit(PersonErasedEvent(personID: person.id), subject: person.id)
    return try ErasureStore.message(erasure, vault: vault, in: transaction)
  }

  private func refuseErased(_ person: People.Person) throws {
    if let erasure = person.erasure {
      throw PrivacyError.alreadyErased(atSeconds: erasure.erasedAt.milliseconds / 1_000)
    }
  }

  /// The latest looks at a person, those at entries that were merged into the person's too.
  /// - Returns: also the record before which there are more; nil if there are none.
  private func accesses(
    to person: String, before: Int64?, limit: Int, in snapshot: Snapshot
  ) throws -> (accesses: [PersonalDataAccess], next: Int64?) {
    var records: [Int64: AuditRecord] = [:]
    var hasMore = false
    for id in [person] + (try ErasureStore.merged(into: person, in: snapshot)) {
      var filter = AuditFilter()
      filter.lookedAt = id
      let found = try snapshot.auditRecords(filter, before: before, limit: limit)
      // One look may have been at both entries.
      for stored in found.records { records[stored.record.sequence] = stored.record }
      hasMore = hasMore || found.next != nil
    }
    hasMore = hasMore || records.count > limit
    let latest = records.values.sorted { $0.sequence > $1.sequence }.prefix(limit)
    return (try messages(of: latest, in: snapshot), hasMore ? latest.last.map(\.sequence) : nil)
  }

  private func messages(of records: some Sequence<AuditRecord>, in snapshot: Snapshot) throws
    -> [PersonalDataAccess]
  {
    let names = snapshot.entering(ModuleScope(name: AccessModule.name))
    var known: [String: String] = [:]
    return try records.map { record in
      if known[record.principal] == nil {
        known[record.principal] = try PrincipalStore.principal(id: record.principal, in: names)?.name ?? ""
      }
      return PersonalDataAccess(
        accessTime: ProtoTimestamp(Instant(milliseconds: record.timeMilliseconds)),
        principalID: record.principal, principalName: known[record.principal] ?? "",
        purpose: record.purpose, method: record.method, requestID: record.requestID,
        auditSequence: record.sequence)
    }
  }
}
