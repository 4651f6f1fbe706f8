import ModuleKit
import Synchronization

/// How one streaming call reaches storage: each read and each write for itself, within the call's deadline and while the
/// caller's credential stands.
struct CallStorage: StreamStorage {
  let database: Database
  let call: CallContext
  let scope: StreamScope
  let access: AccessChecker
  let credential: Credential?

  func read<Result: Sendable>(_ body: @escaping @Sendable (Snapshot) throws -> Result) async throws -> Result
  {
    try await database.readPool.run(call: call) { [scope, access, credential] snapshot in
      if let credential { try access.recheck(credential, in: snapshot) }
      let result = try body(snapshot)
      scope.note(snapshot)
      return result
    }
  }

  func write<Result: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> Result) async throws
    -> Result
  {
    try await database.writer.perform(call: call) { [scope, access, credential] transaction in
      if let credential { try access.recheck(credential, in: transaction) }
      let result = try body(transaction)
      scope.note(transaction)
      // Thrown in the transaction, so that what was written without asking is not there.
      try scope.check()
      return result
    }
  }
}

/// Whether a stream's handler has asked what its caller may reach, in any of its reads and writes so far. One that has
/// to ask and has not writes nothing and answers nothing.
final class StreamScope: Sendable {
  private let isHeeded = Atomic<Bool>(false)

  /// Takes note of a read or a write that has ended.
  func note(_ snapshot: Snapshot) {
    if snapshot.isScopeHeeded { isHeeded.store(true, ordering: .relaxed) }
  }

  /// - Throws: `CallFault.scopeIgnored`.
  func check() throws {
    guard isHeeded.load(ordering: .relaxed) else { throw CallFault.scopeIgnored }
  }

  /// A stream's replies, each held back while its handler has not asked.
  struct CheckedOutgoing: OutgoingMessages {
    let outgoing: any OutgoingMessages
    let scope: StreamScope

    func send(_ framed: [UInt8]) async throws {
      try scope.check()
      try await outgoing.send(framed)
    }
  }
}
