import ModuleKit
import Synchronization

extension ImportWorkersRequest: BulkRequest {}

extension WorkerHandler {
  func importWorkers(_ requests: RequestStream<ImportWorkersRequest>, _ context: StreamContext) async throws
    -> ImportWorkersResponse
  {
    let rehearsal = WorkerRehearsal(vault: vault, consent: consent)
    let result = try await BulkImport(target: .workers, vault: vault.vault).run(
      requests, context, check: { _ in },
      write: { _, transaction in
        let references = ReferenceCache(snapshot: transaction)
        let registration = Registration(reach: transaction.reach)
        let store = WorkerStore(snapshot: transaction, vault: vault)
        let writer = WorkerWriter(transaction: transaction, vault: vault)
        return { row in
          let entry = try references.entry(row)
          let known = try store.known(entry)
          let decision = try registration.decide(entry, byNumber: known.byNumber, byPhone: known.byPhone)
          try AffiliationConsent.check(decision, of: entry) { try consent.isGiven(by: $0, in: transaction) }
          let id: String
          switch decision {
          case .create: id = try writer.create(entry)
          case .enrich(let known, let enrichment):
            try writer.apply(enrichment, to: known)
            id = known.id
          }
          try consent.record(decision, of: entry, id: id, in: transaction)
          return decision.outcome
        }
      },
      rehearse: { _, snapshot in
        let references = ReferenceCache(snapshot: snapshot)
        return { row in try rehearsal.outcome(try references.entry(row), snapshot) }
      })
    return ImportWorkersResponse(summary: result.summary, errors: result.errors)
  }
}

extension Registration.Decision {
  /// The decision as an import counts it.
  var outcome: RowOutcome {
    switch self {
    case .create: .created
    case .enrich(_, let enrichment):
      enrichment.fields.isEmpty ? .unchanged : .updated(fields: enrichment.fields)
    }
  }
}

/// Areas and organisations that the rows of one chunk name, each looked up once.
final class ReferenceCache {
  private let snapshot: Snapshot
  private let reach: Reach
  private var areas: [AreaCode: Bool] = [:]
  private var organisations: [String: Result<String, WorkersError>] = [:]

  init(snapshot: Snapshot) {
    self.snapshot = snapshot
    reach = snapshot.reach
  }

  /// The entry of a row, its area and organisation existing.
  /// - Throws: `WorkersError`.
  func entry(_ row: WorkerRow) throws -> WorkerEntry {
    let entry = try WorkerEntry(row, snapshot, organisationID: organisationID)
    guard try exists(entry.areaCode) else { throw WorkersError.areaNotFound(entry.areaCode.text) }
    if reach.employerID != nil, entry.employment == nil { throw WorkersError.employmentMissing }
    return entry
  }

  private func exists(_ code: AreaCode) throws -> Bool {
    if let known = areas[code] { return known }
    let exists = try AreaStore(snapshot: snapshot).exists(code)
    areas[code] = exists
    return exists
  }

  private func organisationID(_ text: String) throws -> String {
    if let known = organisations[text] { return try known.get() }
    let result: Result<String, WorkersError>
    do {
      guard let organisation = try OrganisationStore(snapshot: snapshot).organisation(named: text) else {
        throw WorkersError.organisationNotFound
      }
      guard reach.employerID == nil || reach.employerID == organisation.id else {
        throw WorkersError.organisationNotYours
      }
      try WorkerHandler.checkEmployer(organisation.id, snapshot)
      result = .success(organisation.id)
    } catch let error as WorkersError {
      result = .failure(error)
    }
    organisations[text] = result
    return try result.get()
  }
}

/// What a dry run of workers has made of the register so far, in memory. Rows are bounded by
/// `BulkImport.maximumDryRunRows`.
final class WorkerRehearsal: Sendable {
  private struct State {
    var workers: [String: KnownWorker] = [:]
    var idByNumber: [String: String] = [:]
    var idByPhone: [String: String] = [:]
    var consenting: Set<String> = []

    /// The worker of an identifier, as earlier rows would have left it.
    func worker(_ id: String?, _ store: WorkerStore) throws -> KnownWorker? {
      guard let id else { return nil }
      return try workers[id] ?? store.known(id)
    }

    mutating func keep(_ worker: KnownWorker) {
      workers[worker.id] = worker
      if let number = worker.identityNumber { idByNumber[number] = worker.id }
      for phone in worker.phones { idByPhone[phone] = worker.id }
    }
  }

  private let state = Mutex(State())
  private let vault: WorkerVault
  private let consent: AffiliationConsent

  init(vault: WorkerVault, consent: AffiliationConsent) {
    self.vault = vault
    self.consent = consent
  }

  func outcome(_ entry: WorkerEntry, _ snapshot: Snapshot) throws -> RowOutcome {
    let store = WorkerStore(snapshot: snapshot, vault: vault)
    return try state.withLock { state in
      let number = entry.identityNumber?.text
      let byNumber = try state.worker(
        try number.flatMap { try state.idByNumber[$0] ?? store.id(identityNumber: $0) }, store)
      let byPhone = try state.worker(try state.idByPhone[entry.phone] ?? store.id(phone: entry.phone), store)
      let decision = try Registration(reach: snapshot.reach).decide(
        entry, byNumber: byNumber, byPhone: byPhone)
      try AffiliationConsent.check(decision, of: entry) {
        try state.consenting.contains($0) || consent.isGiven(by: $0, in: snapshot)
      }
      let worker =
        switch decision {
        case .create: KnownWorker(entry, id: "new \(state.workers.count)")
        case .enrich(let known, let enrichment): known.applying(enrichment)
        }
      state.keep(worker)
      if !entry.affiliationConsent.isEmpty { state.consenting.insert(worker.id) }
      return decision.outcome
    }
  }
}
