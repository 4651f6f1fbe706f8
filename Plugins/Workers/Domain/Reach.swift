import ModuleKit

/// Which workers a caller may see and change.
enum Reach: Sendable, Equatable {
  /// All: administrators, the host itself, staff who are bound to no area.
  case everything
  /// Those registered in an area or below it: staff.
  case area(AreaCode)
  /// Those who work for an organisation now: platforms.
  case employer(String)
  /// None.
  case nothing

  init(_ caller: Caller) {
    let roles = Roles(rawValue: caller.roles)
    if roles.contains(.administrator) || caller == .system {
      self = .everything
    } else if roles.contains(.staff) {
      guard let code = caller.areaCode else {
        self = .everything
        return
      }
      self = AreaCode(code).map(Reach.area) ?? .nothing
    } else if roles.contains(.platform), let organisationID = caller.organisationID {
      self = .employer(organisationID)
    } else {
      self = .nothing
    }
  }

  /// Whether things placed in an area are within reach.
  func includes(area code: String) -> Bool {
    switch self {
    case .everything: true
    case .area(let own): AreaCode(code).map { own.contains($0) } ?? false
    case .employer, .nothing: false
    }
  }

  /// The platform that calls; nil for everyone else.
  var employerID: String? {
    if case .employer(let id) = self { id } else { nil }
  }

  /// Whether the worker of a record is within reach.
  func includes(_ worker: Worker) -> Bool {
    switch self {
    case .everything: true
    case .area(let own): worker.areaCode.hasPrefix(own.prefix)
    case .employer(let id): worker.employments.contains { $0.organisationID == id && $0.state == .open }
    case .nothing: false
    }
  }

  /// What the caller may see of a worker within reach. A platform sees the end of the identity number, its own
  /// employments, and nothing of party, union and youth league.
  func view(of worker: consuming Worker) -> Worker {
    guard case .employer(let id) = self else { return worker }
    worker.identityNumber = Masking.lastFour(worker.identityNumber)
    worker.birthDate = ""
    worker.affiliation = nil
    worker.employments.removeAll { $0.organisationID != id }
    return worker
  }
}
