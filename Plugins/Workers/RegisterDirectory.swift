import ModuleKit

/// The register as other modules reach it. Each call enters the register's own tables with the scope that the
/// module got at start.
struct RegisterDirectory: AreaDirectory, OrganisationDirectory, WorkerDirectory {
  let scope: ModuleScope
  let vault: WorkerVault

  func area(_ code: String, in snapshot: Snapshot) throws -> AreaSummary? {
    guard let code = AreaCode(code) else { return nil }
    return try AreaStore(snapshot: snapshot.entering(scope)).name(code.text).map {
      AreaSummary(code: code, name: $0)
    }
  }

  func ancestors(of code: String, in snapshot: Snapshot) throws -> [AreaSummary] {
    guard let code = AreaCode(code) else { return [] }
    return try AreaStore(snapshot: snapshot.entering(scope)).ancestors(of: code)
  }

  func organisation(_ id: String, in snapshot: Snapshot) throws -> OrganisationSummary? {
    guard let organisation = try OrganisationStore(snapshot: snapshot.entering(scope)).organisation(id) else {
      return nil
    }
    return OrganisationSummary(
      id: organisation.id, kind: OrganisationSummary.Kind(rawValue: organisation.kind.rawValue) ?? .other,
      name: organisation.name, areaCode: organisation.areaCode, isActive: organisation.state == .active)
  }

  func worker(_ id: String, in snapshot: Snapshot) throws -> WorkerSummary? {
    try WorkerStore(snapshot: snapshot.entering(scope), vault: vault).worker(id, .everything).map(
      WorkerSummary.init)
  }

  func displayName(of id: String, in snapshot: Snapshot) throws -> String? {
    try WorkerStore(snapshot: snapshot.entering(scope), vault: vault).name(of: id)
  }

  func standing(_ id: String, in snapshot: Snapshot) throws -> WorkerStanding? {
    try WorkerStore(snapshot: snapshot.entering(scope), vault: vault).standing(id).map(WorkerStanding.init)
  }

  func workers(ofPlatform organisationID: String, after: String, limit: Int, in snapshot: Snapshot) throws
    -> [WorkerSummary]
  {
    precondition((1...1000).contains(limit), "a page has 1 to 1,000 workers")
    let store = WorkerStore(snapshot: snapshot.entering(scope), vault: vault)
    return try store.ids(ofPlatform: organisationID, after: after, limit: limit).compactMap { id in
      try store.worker(id, .everything).map(WorkerSummary.init)
    }
  }
}

extension WorkerSummary {
  init(_ worker: Worker) { self.init(WorkerStanding(worker), displayName: worker.name) }
}

extension WorkerStanding {
  init(_ worker: Worker) {
    self.init(
      id: worker.id, areaCode: worker.areaCode, state: worker.state == .active ? .active : .left,
      platformIDs: worker.employments.filter { $0.state == .open }.map(\.organisationID))
  }
}
