import ModuleKit
import Synchronization

/// Keeps a serving host's keys those that its configuration names, however often they change.
final class HostKeyKeeper: Sendable {
  /// Runs a transaction and returns once its commit is durable.
  typealias Write = @Sendable (@escaping @Sendable (Transaction) throws -> Void) async throws -> Void

  private let reader: HostKeyReader?
  private let turn = Turn()

  /// - Parameter reader: nil for a module that only describes itself.
  init(_ reader: HostKeyReader?) { self.reader = reader }

  /// Opens the vault of a database that was just opened.
  /// - Parameter given: The keys that `HostKeyReader.read` has given.
  /// - Throws: `HostKeyError`, `StartError`, `StorageError`, `VaultError`.
  func unlock(_ vault: Vault, with given: HostKeyRing?, of database: Database) async throws {
    guard let reader else { return }
    let ring = try given ?? reader.readOwn()
    let call = Self.call("start")
    let isUnlocked = try await database.readPool.run(call: call) { try vault.unlock(with: ring, reading: $0) }
    if !isUnlocked {
      try await database.writer.perform(call: call) { try vault.unlock(with: ring, writing: $0) }
    }
  }

  /// Reads the keys again, for a signal.
  /// - Throws: as `reread(into:_:)`.
  func reread(into vault: Vault, of database: Database) async throws {
    try await reread(into: vault) {
      try await database.writer.perform(call: Self.call("reread-keys"), body: $0)
    }
  }

  private static func call(_ method: String) -> CallContext {
    .host(method, in: ModuleScope(name: PrivacyModule.name))
  }

  /// Reads the keys again and takes them over, or leaves everything as it is.
  /// - Throws: `HostKeyError`, `StartError`, `StorageError`.
  func reread(into vault: Vault, _ write: Write) async throws {
    guard let reader else { return }
    // One after the other: an older reading must not be taken over after a newer one.
    await turn.take()
    do {
      let ring = try await reader.read() ?? reader.readOwn()
      try await write { try vault.prepare(ring, in: $0) }
      // The first key's number is durable now, and no transaction can wrap with it before.
      try await write { try vault.adopt(ring, in: $0) }
      await turn.end()
    } catch {
      await turn.end()
      throw error
    }
  }

  /// Lets one caller in at a time, in the order of asking.
  private actor Turn {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func take() async {
      guard isTaken else {
        isTaken = true
        return
      }
      await withCheckedContinuation { waiting.append($0) }
    }

    func end() {
      if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }
  }
}
