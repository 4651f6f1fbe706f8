import ModuleKit

/// Party, union and youth league are kept with a worker's separate consent alone: they tell of beliefs and are
/// sensitive.
///
/// Source: Personal Information Protection Law (个人信息保护法), articles 28 and 29.
struct AffiliationConsent: Sendable {
  /// What is consented to, as the fields declare it.
  static let purpose = "affiliation"
  /// Longest word on how consent was given, in characters.
  static let maximumEvidenceLength = 200

  let consents: any ConsentDirectory

  /// Whether a worker has consented and not withdrawn.
  func isGiven(by id: String, in snapshot: Snapshot) throws -> Bool {
    try consents.hasConsent(of: id, to: Self.purpose, in: snapshot)
  }

  /// Refuses an entry that says what a worker belongs to without the worker's consent.
  /// - Parameter isGiven: whether a worker who is known has consented before.
  /// - Throws: `WorkersError.affiliationNeedsConsent`.
  static func check(
    _ decision: Registration.Decision, of entry: WorkerEntry, isGiven: (String) throws -> Bool
  ) throws {
    guard decision.affiliates(entry), entry.affiliationConsent.isEmpty else { return }
    guard case .enrich(let known, _) = decision, try isGiven(known.id) else {
      throw WorkersError.affiliationNeedsConsent
    }
  }

  /// Records the consent that came with an affiliation.
  /// - Parameter id: the worker's.
  func record(
    _ decision: Registration.Decision, of entry: WorkerEntry, id: String, in transaction: Transaction
  ) throws {
    guard decision.affiliates(entry) else { return }
    try record(entry.affiliationConsent, of: id, in: transaction)
  }

  /// Records a consent; nothing for an empty word on how it was given.
  func record(_ evidence: String, of id: String, in transaction: Transaction) throws {
    if evidence.isEmpty { return }
    // The register takes nobody who is too young to work.
    try consents.grant(
      Self.purpose, by: id, age: .ofAge, isSeparate: true, evidence: evidence, in: transaction)
  }
}

extension Registration.Decision {
  /// Whether something is to be kept of what a worker belongs to that was not known.
  fileprivate func affiliates(_ entry: WorkerEntry) -> Bool {
    switch self {
    case .create: entry.affiliation != Affiliation()
    case .enrich(_, let enrichment): enrichment.affiliation != nil
    }
  }
}
