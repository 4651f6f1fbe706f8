import ModuleKit

/// A wisher's consent to publication, which is asked for by itself. The host keeps it for the person: there it is
/// listed, and withdrawn for all wishes at once. The flag of each wish says which story it is about.
///
/// Source: Personal Information Protection Law (个人信息保护法), article 25.
struct PublicationConsent: Sendable {
  /// What is consented to, as the fields declare it.
  static let purpose = "publication"

  let consents: any ConsentDirectory

  /// Whether the host has the consent under one of the identifiers of a person.
  func isGiven(byAnyOf ids: Set<String>, in snapshot: Snapshot) throws -> Bool {
    try ids.contains { try consents.hasConsent(of: $0, to: Self.purpose, in: snapshot) }
  }

  /// Records at the host that a wisher has consented; the same again changes nothing.
  /// - Parameters:
  ///   - evidence: how it was given; at most 200 characters.
  ///   - id: the wisher's in the register, a merged one resolved.
  func record(_ evidence: String, of id: String, in transaction: Transaction) throws {
    // Wishers are in the register, which takes nobody who is too young to work.
    try consents.grant(
      Self.purpose, by: id, age: .ofAge, isSeparate: true, evidence: evidence, in: transaction)
  }
}
