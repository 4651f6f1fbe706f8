import ModuleKit
import Synchronization

extension ImportWorkersRequest: BulkRequest {}

extension WorkerHandler {
  func importWorkers(_ requests: RequestStream<ImportWorkersRequest>, _ context: StreamContext) async throws
    -> ImportWorkersResponse
  {
    let rehearsal = WorkerRehearsal()
    let result = try await BulkImport(target: .workers).run(
      requests, context, check: { _ in },
      write: { _, transaction in
        let references = ReferenceCache(snapshot: transaction)
        let registration = Registration(reach: Reach(transaction.caller))
        let store = WorkerStore(snapshot: transaction)
        let writer = WorkerWriter(transaction: transaction)
        return { row in
          let entry = try references.entry(row)
          let decision = try registration.decide(
            entry,
            byNumber: try store.known(
              try entry.identityNumber.flatMap { try store.id(identityNumber: $0.text) }),
            byPhone: try store.known(try store.id(phone: entry.phone)))
          switch decision {
          case .create: _ = try writer.create(entry)
          case .enrich(let known, let enrichment): try writer.apply(enrichment, to: known)
          }
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
    reach = Reach(snapshot.caller)
  }

  /// The entry of a row, its area and organisation existing.
  /// - Throws: `WorkersError`.
  func entry(_ row: WorkerRow) throws -> WorkerEntry {
    let entry = try WorkerEntry(row, snapshot, organisationID: organisationID)
    guard try exists(entry.areaCode) else { throw WorkersError.areaNotFound(code: entry.areaCode.text) }
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

  func outcome(_ entry: WorkerEntry, _ snapshot: Snapshot) throws -> RowOutcome {
    let store = WorkerStore(snapshot: snapshot)
    return try state.withLock { state in
      let number = entry.identityNumber?.text
      let byNumber = try state.worker(
        try number.flatMap { try state.idByNumber[$0] ?? store.id(identityNumber: $0) }, store)
      let byPhone = try state.worker(try state.idByPhone[entry.phone] ?? store.id(phone: entry.phone), store)
      let decision = try Registration(reach: Reach(snapshot.caller)).decide(
        entry, byNumber: byNumber, byPhone: byPhone)
      switch decision {
      case .create: state.keep(KnownWorker(entry, id: "new \(state.workers.count)"))
      case .enrich(let known, let enrichment): state.keep(known.applying(enrichment))
      }
      return decision.outcome
    }
  }
}
