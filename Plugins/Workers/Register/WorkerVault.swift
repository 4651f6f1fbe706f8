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

  /// Opens what `seal` sealed, for an entry that has its employments already.
  /// - Throws: `VaultError`.
  func open(_ sealed: [UInt8], of id: String, into worker: inout Worker, in snapshot: Snapshot) throws {
    try vault.openRecord(sealed, of: id, as: Self.label, in: snapshot) { worker.set(&$0) }
  }

  /// The name alone of what `seal` sealed.
  /// - Throws: `VaultError`.
  func name(in sealed: [UInt8], of id: String, in snapshot: Snapshot) throws -> String {
    var name = ""
    try vault.openRecord(sealed, of: id, as: Self.label, in: snapshot) { name = $0.next() }
    return name
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

  /// What is known of a person from two entries; where they differ, what stands here counts.
  func adding(_ other: PersonalFacts) -> PersonalFacts {
    PersonalFacts(
      name: name, identityNumber: identityNumber ?? other.identityNumber, phones: phones + other.phones,
      staffNumbers: staffNumbers.adding(other.staffNumbers),
      affiliation: other.affiliation.adding(affiliation))
  }
}

extension Worker {
  /// Sets what was sealed, as `PersonalFacts.texts` lists it; the employments are there already. Text by text, because
  /// most calls about a worker come here.
  mutating func set(_ record: inout TextRecord) {
    name = record.next()
    let number = record.nextBytes()
    identityNumber = String(decoding: number, as: UTF8.self)
    (sex, birthDate) = Self.facts(ofNumber: number)
    let phones = record.nextBytes()
    // Most workers have one phone.
    if let end = phones.firstIndex(of: UInt8(ascii: " ")) {
      phone = String(decoding: phones[..<end], as: UTF8.self)
      otherPhones = phones[end...].split(separator: UInt8(ascii: " ")).map {
        String(decoding: $0, as: UTF8.self)
      }
    } else {
      phone = String(decoding: phones, as: UTF8.self)
    }
    let staffNumbers = record.nextBytes()
    if !staffNumbers.isEmpty {
      for index in employments.indices {
        employments[index].staffNumber = StaffNumbers.number(in: staffNumbers, of: employments[index].id)
      }
    }
    if !record.isAtEnd { set(affiliation: &record) }
  }

  private mutating func set(affiliation record: inout TextRecord) {
    let membership = PartyMembership(rawValue: Int32(record.next()) ?? 0)
    let marks = record.next()
    affiliation = Affiliation(
      partyMembership: membership, isMobilePartyMember: marks.contains("m"), partyBranch: record.next(),
      isUnionMember: marks.contains("u"), unionName: record.next(),
      isYouthLeagueMember: marks.contains("l"), youthLeagueBranch: record.next())
  }

  /// Sex and birth date of a number that was checked when it was taken in.
  private static func facts(ofNumber digits: UnsafeBufferPointer<UInt8>) -> (sex: Sex, birthDate: String) {
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
