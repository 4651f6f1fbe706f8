import ModuleKit

/// Finds the persons that calls are about, those within the caller's reach alone.
struct People: Sendable {
  /// A person as far as reach goes.
  struct Person {
    /// The identifier that the person's data is sealed under: of a merged entry, the one it was merged into.
    var id: String
    /// Where the person is registered, or where what is held of somebody in no register belongs; nil for neither.
    var areaCode: String?
    /// The platforms that the person works for now.
    var employerIDs: [String] = []
    /// Whether the person is in the register of workers.
    var isWorker = false
    /// What is kept of the person's erasure; nil for a person who was not erased.
    var erasure: ErasureStore.ErasureRow?
  }

  let register: PersonalDataRegister
  /// Where workers live and work; none on a host without a register of workers.
  let workers: OptionalCapability<any WorkerDirectory>
  let vault: Vault
  let scope: ModuleScope

  /// The person of an identifier, erased ones too.
  /// - Throws: `PrivacyError.personNotFound`, with the same words for a person out of reach.
  func person(_ id: String, in snapshot: Snapshot) throws -> Person {
    let reach = snapshot.reach
    guard let person = try find(id, in: snapshot),
      reach.includes(ScopeFacts(areaCode: person.areaCode, employerIDs: person.employerIDs))
    else { throw PrivacyError.personNotFound }
    return person
  }

  /// The person of an identifier who was not erased.
  /// - Throws: `VaultError.erased` for one who was.
  func livingPerson(_ id: String, in snapshot: Snapshot) throws -> Person {
    let person = try person(id, in: snapshot)
    if person.erasure != nil { throw VaultError.erased }
    return person
  }

  private func find(_ id: String, in snapshot: Snapshot) throws -> Person? {
    if let erased = try erased(id, in: snapshot) { return erased }
    guard let workers = workers.value else { return Person(id: id) }
    if let worker = try workers.standing(id, in: snapshot) {
      if let erased = try erased(worker.id, in: snapshot) { return erased }
      return Person(id: worker.id, areaCode: worker.areaCode, employerIDs: worker.platformIDs, isWorker: true)
    }
    // Contact persons are in no register: their data is sealed under the identifier of what they belong to. What a law
    // keeps after an erasure is sealed under identifiers, too, for which no module answers.
    guard try vault.hasKey(id, in: snapshot) else { return nil }
    let records = try Holdings(of: id, register, in: snapshot).records
    return records.isEmpty ? nil : Person(id: id, areaCode: records.compactMap(\.holding.areaCode).first)
  }

  /// Asked before the register, which cannot read its entry of an erased person.
  private func erased(_ id: String, in snapshot: Snapshot) throws -> Person? {
    try ErasureStore.erasure(of: id, in: snapshot.entering(scope)).map {
      Person(id: id, areaCode: $0.areaCode, erasure: $0)
    }
  }
}
