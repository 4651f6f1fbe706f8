import ModuleKit

/// How one streaming call reaches storage: each read and each write for itself, within the call's deadline.
struct CallStorage: StreamStorage {
  let database: Database
  let call: CallContext

  func read<Result: Sendable>(_ body: @escaping @Sendable (Snapshot) throws -> Result) async throws -> Result
  {
    try await database.readPool.run(call: call, body: body)
  }

  func write<Result: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> Result) async throws
    -> Result
  {
    try await database.writer.perform(call: call, body: body)
  }
}
