import Foundation
import ModuleTesting
import Synchronization
import Testing
import Wishes
import Workers

/// The wishes module with a side door: a test runs a piece of code in a transaction of the module's, with what the
/// module registered to answer for persons, as the host does when a person asks.
struct ProbedWishesModule: Module {
  typealias Job = @Sendable (Transaction, any PersonalDataHolder, Vault) throws -> Void

  static let name = WishesModule.name
  static var migrations: [Migration] { WishesModule.migrations }
  static var fileDescriptorSet: [UInt8] { WishesModule.fileDescriptorSet }

  // Keyed by worker: identifiers are unique, so tests that run side by side do not meet here.
  private static let jobs = Mutex<[String: Job]>([:])

  static func submit(_ job: @escaping Job, for workerID: String) { jobs.withLock { $0[workerID] = job } }

  func register(in registrar: Registrar) throws {
    try WishesModule().register(in: registrar)
    guard let holder = registrar.personalDataHolder else { return }
    let vault = registrar.vault
    // The module itself does not listen to this event.
    registrar.onEvent(WorkerMovedEvent.self) { transaction, event in
      try Self.jobs.withLock { $0[event.workerID] }?(transaction, holder, vault)
    }
  }
}

extension District {
  /// Runs a test in a district whose host has the side door.
  static func runProbed(_ body: (District) async throws -> Void) async throws {
    try await TestHost.run([WorkersModule.self, ProbedWishesModule.self, EventLogModule.self]) { host in
      try await body(try await District(host))
    }
  }

  /// Runs a piece of code in a transaction of the wishes module.
  func inModule<Result: Sendable>(
    _ job: @escaping @Sendable (Transaction, any PersonalDataHolder, Vault) throws -> Result
  ) async throws -> Result {
    let keeper = Keeper<Result>()
    let courier = try await Self.register(
      "传令兵", "137\(Int.random(in: 10_000_000...99_999_999))", platformID, with: workers)
    ProbedWishesModule.submit(
      { transaction, holder, vault in
        let value = try job(transaction, holder, vault)
        keeper.state.withLock { $0 = value }
      }, for: courier)
    _ = try await workers.updateWorker(UpdateWorkerRequest(id: courier, areaCode: Self.otherCounty))
    try await host.settle()
    return try #require(keeper.state.withLock { $0 })
  }

  /// What the module holds about a person.
  func holdings(of person: String) async throws -> [PersonalHolding] {
    try await inModule { transaction, holder, _ in try holder.holdings(of: person, in: transaction) }
  }

  /// Has the module erase a person and destroys the key, as the host does.
  func erase(_ person: String) async throws {
    try await inModule { transaction, holder, vault in
      try holder.erase(person, in: transaction)
      try vault.destroyKey(of: person, in: transaction)
    }
  }

  /// Which of these texts stand in a file of the data directory, in UTF-8.
  func traces(of texts: [String]) async throws -> [String] {
    try await host.settle()
    let files = FileManager.default.enumerator(atPath: host.directory)?.compactMap { $0 as? String } ?? []
    var found: [String] = []
    for file in files {
      guard let bytes = try? Data(contentsOf: URL(filePath: host.directory + "/" + file)) else { continue }
      for text in texts where bytes.range(of: Data(text.utf8)) != nil { found.append("\(text) in \(file)") }
    }
    #expect(files.contains { $0.hasSuffix("yizhan.db") }, "\(files)")
    return found
  }
}

/// Holds what a job returned.
private final class Keeper<Result: Sendable>: Sendable {
  let state = Mutex<Result?>(nil)
}
