import ModuleKit

extension Reach {
  /// Whether the worker of a record is within reach.
  func includes(_ worker: Worker) -> Bool {
    switch self {
    case .everything: true
    case .nothing: false
    default: includes(ScopeFacts(areaCode: worker.areaCode, employerIDs: worker.openEmployerIDs))
    }
  }

  /// Whether a person whom registration found is within reach.
  func includes(_ known: KnownWorker) -> Bool {
    includes(ScopeFacts(areaCode: known.areaCode, employerIDs: known.employments.map(\.organisationID)))
  }

  /// What the caller may see of a worker within reach.
  func view(of worker: consuming Worker) -> Worker {
    narrow(&worker)
    return worker
  }

  /// Leaves what the caller may see of a worker within reach. A platform sees the end of the identity number and its
  /// own employments, and nothing of sex, birth date, party, union and youth league.
  func narrow(_ worker: inout Worker) {
    guard let employerID else { return }
    worker.identityNumber = Masking.lastFour(worker.identityNumber)
    worker.sex = .unspecified
    worker.birthDate = ""
    worker.affiliation = nil
    worker.employments.removeAll { $0.organisationID != employerID }
  }
}

extension Worker {
  /// The organisations that the worker works for now.
  fileprivate var openEmployerIDs: [String] {
    employments.filter { $0.state == .open }.map(\.organisationID)
  }
}
