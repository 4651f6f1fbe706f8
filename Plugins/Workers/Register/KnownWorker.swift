import ModuleKit

/// What the register knows of a person, as far as registration compares it.
struct KnownWorker: Sendable, Equatable {
  /// An open employment.
  struct OpenEmployment: Sendable, Equatable {
    var organisationID: String
    var station: String
    var occupation: Occupation
    var staffNumber: String
    /// The first day, 2026-01-31.
    var startDate: String
  }

  var id: String
  var name: String
  var identityNumber: String?
  /// The phone to call first, then the others.
  var phones: [String]
  var occupations: OccupationSet
  var areaCode: String
  var affiliation: Affiliation
  /// Of all employments, those that have ended too.
  var staffNumbers: StaffNumbers
  var employments: [OpenEmployment]
  /// Whether the worker was at work here and is no longer.
  var hasLeft = false

  /// What is personal of it.
  var personal: PersonalFacts {
    PersonalFacts(
      name: name, identityNumber: identityNumber, phones: phones, staffNumbers: staffNumbers,
      affiliation: affiliation)
  }

  init(_ worker: Worker) {
    let personal = PersonalFacts(worker)
    id = worker.id
    name = personal.name
    identityNumber = personal.identityNumber
    phones = personal.phones
    occupations = OccupationSet(worker.occupations)
    areaCode = worker.areaCode
    affiliation = personal.affiliation
    staffNumbers = personal.staffNumbers
    employments = worker.employments.filter { $0.state == .open }.map {
      OpenEmployment(
        organisationID: $0.organisationID, station: $0.station, occupation: $0.occupation,
        staffNumber: $0.staffNumber, startDate: $0.startDate)
    }
    hasLeft = worker.state == .left
  }

  /// The person that an entry makes when nobody is known; `id` tells rehearsed entries apart.
  init(_ entry: WorkerEntry, id: String) {
    self.id = id
    name = entry.name
    identityNumber = entry.identityNumber?.text
    phones = [entry.phone]
    occupations = entry.occupations
    areaCode = entry.areaCode.text
    affiliation = entry.affiliation
    staffNumbers = StaffNumbers()
    employments = entry.employment.map { [OpenEmployment($0)] } ?? []
  }

  /// The person after an enrichment.
  func applying(_ enrichment: Enrichment) -> KnownWorker {
    var worker = self
    if let number = enrichment.identityNumber { worker.identityNumber = number }
    if let phone = enrichment.phone { worker.phones.append(phone) }
    worker.occupations = enrichment.occupations ?? occupations
    worker.areaCode = enrichment.areaCode ?? areaCode
    worker.affiliation = enrichment.affiliation ?? affiliation
    // Whoever is registered anew is at work here, with a platform or without.
    worker.hasLeft = false
    if let employment = enrichment.employment {
      worker.employments.removeAll { $0.organisationID == employment.organisationID }
      worker.employments.append(OpenEmployment(employment))
    }
    return worker
  }
}

extension KnownWorker.OpenEmployment {
  init(_ entry: EmploymentEntry) {
    self.init(
      organisationID: entry.organisationID, station: entry.station, occupation: entry.occupation,
      staffNumber: entry.staffNumber, startDate: "\(entry.startDate)")
  }
}

/// What an entry adds to a person who is known: only what changes is set.
struct Enrichment: Sendable, Equatable {
  var identityNumber: String?
  /// A further phone.
  var phone: String?
  /// All occupations, the new ones included.
  var occupations: OccupationSet?
  var areaCode: String?
  /// The whole affiliation, what is new included.
  var affiliation: Affiliation?
  /// An employment to begin, or new facts of one that is open.
  var employment: EmploymentEntry?
  /// Whether `employment` is open already.
  var isEmploymentKnown = false
  /// Whether somebody who had left is at work here again, without an employment that says so.
  var isReturn = false

  /// The fields that change, by their names in a row or a worker.
  var fields: [String] {
    [
      ("identity_number", identityNumber != nil), ("phone", phone != nil),
      ("occupations", occupations != nil),
      ("area_code", areaCode != nil), ("affiliation", affiliation != nil), ("employment", employment != nil),
      ("state", isReturn),
    ].filter(\.1).map(\.0)
  }
}
