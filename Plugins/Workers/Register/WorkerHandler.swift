import ModuleKit

/// `WorkerService`: the register of workers.
struct WorkerHandler: WorkerServiceHandler {
  let vault: WorkerVault
  let consent: AffiliationConsent

  func registerWorker(_ request: RegisterWorkerRequest, _ transaction: Transaction) throws
    -> RegisterWorkerResponse
  {
    let reach = transaction.reach
    let entry = try WorkerEntry(request, transaction)
    try WorkerHandler.checkReferences(of: entry, transaction)
    let store = WorkerStore(snapshot: transaction, vault: vault)
    let known = try store.known(entry)
    let decision = try Registration(reach: reach).decide(
      entry, byNumber: known.byNumber, byPhone: known.byPhone)
    try AffiliationConsent.check(decision, of: entry) { try consent.isGiven(by: $0, in: transaction) }
    let writer = WorkerWriter(transaction: transaction, vault: vault)
    switch decision {
    case .create:
      let id = try writer.create(entry)
      try consent.record(decision, of: entry, id: id, in: transaction)
      return RegisterWorkerResponse(
        worker: try self.worker(id, reach, transaction), outcome: .created)
    case .enrich(let known, let enrichment):
      try writer.apply(enrichment, to: known)
      try consent.record(decision, of: entry, id: known.id, in: transaction)
      return RegisterWorkerResponse(
        worker: try self.worker(known.id, reach, transaction),
        outcome: enrichment.fields.isEmpty ? .unchanged : .enriched)
    }
  }

  func getWorker(_ request: GetWorkerRequest, _ snapshot: Snapshot) throws -> Worker {
    try self.worker(request.id, snapshot.reach, snapshot)
  }

  func findWorker(_ request: FindWorkerRequest, _ snapshot: Snapshot) throws -> Worker {
    let store = WorkerStore(snapshot: snapshot, vault: vault)
    let id: String?
    if let number = IdentityNumber(request.identityNumber), request.phone.isEmpty {
      id = try store.id(identityNumber: number.text)
    } else if let phone = PhoneNumber.normalised(request.phone), request.identityNumber.isEmpty {
      id = try store.id(phone: phone)
    } else {
      throw WorkersError.invalid([
        FieldViolation(
          "identity_number", "ONE_OF_TWO", "give either an identity number or a phone",
          "请填写身份证号或电话之一")
      ])
    }
    guard let id else { throw WorkersError.workerNotFound }
    return try self.worker(id, snapshot.reach, snapshot)
  }

  func getImport(_ request: GetImportRequest, _ snapshot: Snapshot) throws -> ImportSummary {
    try ImportStore(snapshot: snapshot, target: .workers).summary(request.importID)
  }

  func listImportErrors(_ request: ListImportErrorsRequest, _ snapshot: Snapshot) throws
    -> ListImportErrorsResponse
  {
    try ImportStore(snapshot: snapshot, target: .workers).errors(request)
  }

  /// The worker of an identifier as the caller may see it.
  /// - Throws: `WorkersError.workerNotFound`, also for workers out of reach.
  func worker(_ id: String, _ reach: Reach, _ snapshot: Snapshot) throws -> Worker {
    var worker = Worker()
    guard try WorkerStore(snapshot: snapshot, vault: vault).read(id, reach, into: &worker) else {
      throw WorkersError.workerNotFound
    }
    reach.narrow(&worker)
    return consume worker
  }

  /// The worker of an identifier with everything that is known, for changes.
  /// - Throws: `WorkersError.workerNotFound`, also for workers out of reach.
  func fullWorker(_ id: String, _ reach: Reach, _ snapshot: Snapshot) throws -> Worker {
    guard let worker = try WorkerStore(snapshot: snapshot, vault: vault).worker(id, reach) else {
      throw WorkersError.workerNotFound
    }
    return worker
  }

  /// Refuses an entry whose area or organisation does not exist.
  static func checkReferences(of entry: WorkerEntry, _ transaction: Transaction) throws {
    guard try AreaStore(snapshot: transaction).exists(entry.areaCode) else {
      throw WorkersError.areaNotFound(entry.areaCode.text)
    }
    if let employment = entry.employment { try checkEmployer(employment.organisationID, transaction) }
  }

  /// Refuses an organisation that cannot employ workers.
  static func checkEmployer(_ id: String, _ snapshot: Snapshot) throws {
    let organisation = try OrganisationHandler.known(id, snapshot)
    guard organisation.kind == .platform || organisation.kind == .enterprise else {
      throw WorkersError.organisationEmploysNobody
    }
    guard organisation.state == .active else { throw WorkersError.organisationClosed }
  }
}
