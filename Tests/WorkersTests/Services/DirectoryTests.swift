import ModuleTesting
import RPC
import Synchronization
import Testing
import Workers

/// What other modules get of the register: events with identifiers only, and capabilities inside their own
/// transactions.
@Suite struct DirectoryTests {
  @Test func eventsAndCapabilitiesReachOtherModules() async throws {
    try await TestHost.run([WorkersModule.self, ProbeModule.self]) { host in
      let register = try await Register(host)
      let target = try #require(try await register.staff.registerWorker(register.courier()).worker)
      let source = try #require(
        try await register.staff.registerWorker(register.courier(number: "", phone: "13900139000")).worker)
      _ = try await register.staff.updateWorker(UpdateWorkerRequest(id: source.id, areaCode: "410304001"))
      _ = try await register.staff.mergeWorkers(MergeWorkersRequest(sourceID: source.id, targetID: target.id))
      _ = try await register.staff.endEmployment(
        EndEmploymentRequest(workerID: target.id, organisationID: register.courierPlatform))
      try await host.settle()

      let seen = ProbeModule.seen.withLock { $0 }
      // Each type of event has a consumer of its own, so their order among each other is open.
      #expect(
        Set(seen.events) == [
          "registered \(target.id) 410304", "registered \(source.id) 410304",
          "moved \(source.id) 410304 410304001", "merged \(source.id) \(target.id)",
          "ended \(target.id) \(register.courierPlatform) last",
        ])
      // A merged identifier resolves, in another module's transaction.
      #expect(seen.merged?.id == target.id)
      #expect(seen.merged?.displayName == "苟建国")
      #expect(seen.mergedName == "苟建国")
      #expect(seen.merged?.maskedName == "苟**")
      #expect(seen.merged?.areaCode == "410304")
      #expect(seen.area?.name == "瀍河回族区")
      #expect(seen.ancestors == ["河南省", "洛阳市"])
      #expect(seen.platform?.kind == .platform)
      #expect(seen.platform?.name == "顺丰速运")
      #expect(seen.platform?.isActive == true)
      #expect(seen.isNothingFound)
    }
  }
}

/// A module that only listens and looks up. One test uses it, so that what it saw can be kept in one place.
struct ProbeModule: Module {
  struct Seen: Sendable {
    var events: [String] = []
    var merged: WorkerSummary?
    var mergedName: String?
    var area: AreaSummary?
    var ancestors: [String] = []
    var platform: OrganisationSummary?
    var isNothingFound = false
  }

  static let seen = Mutex(Seen())
  static let name = "probe"
  static let migrations: [Migration] = []
  static let fileDescriptorSet: [UInt8] = []

  func register(in registrar: Registrar) throws {
    let workers = try registrar.require((any WorkerDirectory).self)
    let areas = try registrar.require((any AreaDirectory).self)
    let organisations = try registrar.require((any OrganisationDirectory).self)
    registrar.onEvent(WorkerRegisteredEvent.self) { _, event in
      ProbeModule.note("registered \(event.workerID) \(event.areaCode)")
    }
    registrar.onEvent(WorkerMovedEvent.self) { _, event in
      ProbeModule.note("moved \(event.workerID) \(event.fromAreaCode) \(event.toAreaCode)")
    }
    registrar.onEvent(WorkerMergedEvent.self) { transaction, event in
      ProbeModule.note("merged \(event.sourceID) \(event.targetID)")
      let worker = try workers.worker(event.sourceID, in: transaction)
      let name = try workers.displayName(of: event.sourceID, in: transaction)
      let area = try areas.area("410304", in: transaction)
      let ancestors = try areas.ancestors(of: "410304", in: transaction).map(\.name)
      let unknown = "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f"
      let nothing =
        try workers.worker(unknown, in: transaction) == nil
        && workers.displayName(of: unknown, in: transaction) == nil && !areas.exists("x", in: transaction)
        && !organisations.exists(unknown, in: transaction)
      ProbeModule.seen.withLock {
        $0.merged = worker
        $0.mergedName = name
        $0.area = area
        $0.ancestors = ancestors
        $0.isNothingFound = nothing
      }
    }
    registrar.onEvent(EmploymentEndedEvent.self) { transaction, event in
      ProbeModule.note("ended \(event.workerID) \(event.organisationID)\(event.wasLast ? " last" : "")")
      let platform = try organisations.organisation(event.organisationID, in: transaction)
      ProbeModule.seen.withLock { $0.platform = platform }
    }
  }

  /// A consumer whose transaction is repeated says the same once more; once is enough here.
  private static func note(_ event: String) {
    seen.withLock { if !$0.events.contains(event) { $0.events.append(event) } }
  }
}
