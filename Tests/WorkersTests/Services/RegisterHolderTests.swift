import ModuleTesting
import Synchronization
import Testing
import Workers

/// The register with a side door: a test runs a piece of code in a transaction of the module's, with what the module
/// registered to answer for persons.
private struct ProbedWorkersModule: Module {
  typealias Job = @Sendable (Transaction, any PersonalDataHolder) throws -> Void

  static let name = WorkersModule.name
  static var migrations: [Migration] { WorkersModule.migrations }
  static var fileDescriptorSet: [UInt8] { WorkersModule.fileDescriptorSet }

  // Keyed by worker: identifiers are unique, so tests that run side by side do not meet here.
  private static let jobs = Mutex<[String: Job]>([:])

  static func submit(_ job: @escaping Job, for workerID: String) { jobs.withLock { $0[workerID] = job } }

  func register(in registrar: Registrar) throws {
    try WorkersModule().register(in: registrar)
    guard let holder = registrar.personalDataHolder else { return }
    // The module itself does not listen to this event.
    registrar.onEvent(WorkerMovedEvent.self) { transaction, event in
      try Self.jobs.withLock { $0[event.workerID] }?(transaction, holder)
    }
  }
}

/// What the register answers for persons.
@Suite struct RegisterHolderTests {
  /// What a holder answers to one identifier: each refusal's reason, or nothing.
  private struct Answers: Equatable, Sendable {
    var holdings: String?
    var erasure: String?
    var withdrawal: String?
  }

  @Test func anEntryThatWasMergedAnswersForNobody() async throws {
    try await TestHost.run([ProbedWorkersModule.self]) { host in
      let register = try await Register(host)
      let source = try #require(
        try await register.staff.registerWorker(register.courier(number: "", phone: "13800138001")).worker)
      let target = try #require(try await register.staff.registerWorker(register.courier()).worker)
      let messenger = try #require(
        try await register.staff.registerWorker(
          register.courier(name: "传令兵", number: "", phone: "13800138002")
        ).worker)
      _ = try await register.staff.mergeWorkers(MergeWorkersRequest(sourceID: source.id, targetID: target.id))
      let employment = try #require(target.employments.first)
      _ = try await register.staff.endEmployment(
        EndEmploymentRequest(workerID: target.id, organisationID: employment.organisationID))

      let merged = Mutex<Answers?>(nil)
      let own = Mutex<[PersonalHolding]>([])
      ProbedWorkersModule.submit(
        { transaction, holder in
          func reason(_ body: () throws -> Void) -> String? {
            do {
              try body()
              return nil
            } catch {
              return (error as? any StatusConvertible)?.status.reason
            }
          }
          merged.withLock {
            $0 = Answers(
              holdings: reason { _ = try holder.holdings(of: source.id, in: transaction) },
              erasure: reason { try holder.erase(source.id, in: transaction) },
              withdrawal: reason { try holder.withdraw("affiliation", of: source.id, in: transaction) })
          }
          let holdings = try holder.holdings(of: target.id, in: transaction)
          own.withLock { $0 = holdings }
        }, for: messenger.id)
      _ = try await register.staff.updateWorker(
        UpdateWorkerRequest(id: messenger.id, areaCode: Register.otherDistrict))
      try await host.settle()
      let refused = "WORKER_MERGED"
      #expect(
        merged.withLock { $0 } == Answers(holdings: refused, erasure: refused, withdrawal: refused))
      #expect(own.withLock { $0 }.map(\.title) == ["registration", "employment", "employment"])
      let registered = own.withLock { $0.first?.fields ?? [] }
      #expect(registered.contains(PersonalHolding.Field("sex", "male")))
      // Nothing of the target is gone.
      let after = try await register.staff.getWorker(GetWorkerRequest(id: target.id))
      #expect(after.name == "苟建国" && after.phone == "+8613800138000")
    }
  }
}
