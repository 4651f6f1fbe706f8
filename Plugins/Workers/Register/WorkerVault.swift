import ModuleKit

/// What the register keeps of a person in the row, sealed with the person's own key, and the keyed hashes by which
/// identity numbers, phones and names are found without being readable.
struct WorkerVault: Sendable {
  let vault: Vault

  private static let label: StaticString = "workers_worker.personal"

  /// Seals everything personal of a worker as one value.
  func seal(_ personal: PersonalFacts, of id: String, in transaction: Transaction) throws -> [UInt8] {
    try vault.seal(personal.texts, of: id, as: Self.label, in: transaction)
  }

  /// Opens what `seal` sealed.
  /// - Throws: `VaultError`.
  func open(_ sealed: [UInt8], of id: String, in snapshot: Snapshot) throws -> PersonalFacts {
    PersonalFacts(texts: try vault.openTexts(sealed, of: id, as: Self.label, in: snapshot))
  }

  /// The hash of an identity number in its normal form.
  func hash(identityNumber: String) -> [UInt8] { vault.lookup(identityNumber, as: "workers_worker.identity") }

  /// The hash of a phone in E.164.
  func hash(phone: String) -> [UInt8] { vault.lookup(phone, as: "workers_phone.phone") }

  /// The hash of a name in its normal form. Namesakes have one hash.
  func hash(name: String) -> [UInt8] { vault.lookup(name, as: "workers_worker.name") }
}

/// Everything personal that the register keeps of a worker.
struct PersonalFacts: Sendable, Equatable {
  var name: String
  /// nil where none is known.
  var identityNumber: String?
  /// The phone to call first, then the others.
  var phones: [String]
  var staffNumbers: StaffNumbers
  var affiliation: Affiliation

  /// As they are sealed: name, number, phones with spaces between them, staff numbers, party membership, three marks,
  /// the names of branch, union and league branch. Empty ones at the end are left out, as most affiliations are.
  var texts: [String] {
    let marks = [
      (affiliation.isMobilePartyMember, "m"), (affiliation.isUnionMember, "u"),
      (affiliation.isYouthLeagueMember, "l"),
    ]
    var texts = [
      name, identityNumber ?? "", phones.joined(separator: " "), staffNumbers.text,
      affiliation.partyMembership == .unspecified ? "" : "\(affiliation.partyMembership.rawValue)",
      marks.filter(\.0).map(\.1).joined(), affiliation.partyBranch, affiliation.unionName,
      affiliation.youthLeagueBranch,
    ]
    while texts.last == "" { texts.removeLast() }
    return texts
  }

  init(
    name: String, identityNumber: String?, phones: [String], staffNumbers: StaffNumbers = StaffNumbers(),
    affiliation: Affiliation
  ) {
    self.name = name
    self.identityNumber = identityNumber
    self.phones = phones
    self.staffNumbers = staffNumbers
    self.affiliation = affiliation
  }

  /// What is personal of a worker.
  init(_ worker: Worker) {
    self.init(
      name: worker.name, identityNumber: worker.identityNumber.nonEmpty,
      phones: [worker.phone] + worker.otherPhones, staffNumbers: StaffNumbers(worker.employments),
      affiliation: worker.affiliation ?? Affiliation())
  }

  init(texts: [String]) {
    func text(_ index: Int) -> String { index < texts.count ? texts[index] : "" }
    name = text(0)
    identityNumber = text(1).nonEmpty
    var numbers = text(2)
    // Most workers have one phone.
    phones =
      numbers.withUTF8({ $0.contains(UInt8(ascii: " ")) })
      ? numbers.utf8.split(separator: UInt8(ascii: " ")).map { String(Substring($0)) }
      : numbers.isEmpty ? [] : [numbers]
    staffNumbers = StaffNumbers(text: text(3))
    affiliation =
      texts.count <= 4
      ? Affiliation()
      : Affiliation(
        partyMembership: PartyMembership(rawValue: Int32(text(4)) ?? 0),
        isMobilePartyMember: text(5).contains("m"), partyBranch: text(6),
        isUnionMember: text(5).contains("u"),
        unionName: text(7), isYouthLeagueMember: text(5).contains("l"), youthLeagueBranch: text(8))
  }

  /// What is known of a person from two entries; where they differ, what stands here counts.
  func adding(_ other: PersonalFacts) -> PersonalFacts {
    PersonalFacts(
      name: name, identityNumber: identityNumber ?? other.identityNumber, phones: phones + other.phones,
      staffNumbers: staffNumbers.adding(other.staffNumbers),
      affiliation: other.affiliation.adding(affiliation))
  }

  /// Sex and birth date of a number that was checked when it was taken in.
  var numberFacts: (sex: Sex, birthDate: String) {
    guard var number = identityNumber else { return (.unspecified, "") }
    return number.withUTF8 { digits in
      guard digits.count == 18 else { return (.unspecified, "") }
      let birthDate = String(unsafeUninitializedCapacity: 10) { text in
        var source = 6
        for place in 0..<10 {
          if place == 4 || place == 7 {
            text[place] = UInt8(ascii: "-")
          } else {
            text[place] = digits[source]
            source += 1
          }
        }
        return 10
      }
      return (digits[16] % 2 == 1 ? .male : .female, birthDate)
    }
  }
}
