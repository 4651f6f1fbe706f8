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

  /// What the caller may see of a worker within reach.
  func view(of worker: consuming Worker) -> Worker {
    narrow(&worker)
    return worker
  }

  /// Leaves what the caller may see of a worker within reach. A platform sees the end of the identity number, its own
  /// employments, and nothing of party, union and youth league.
  func narrow(_ worker: inout Worker) {
    guard let employerID else { return }
    worker.identityNumber = Masking.lastFour(worker.identityNumber)
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
