/// Seals what storage keeps of calls beside the modules' own tables, so that it cannot be read without the host's
/// keys, and not at all once the persons that it is about are erased. Called on the writer thread.
public protocol StorageSealer: Sendable {
  /// Seals the old and new values of an audit record.
  /// - Parameters:
  ///   - sequence: the record's place in the chain, to be authenticated with it.
  ///   - persons: whose data the call dealt with, as the record names them; may be empty.
  func seal(
    changes: [UInt8], of sequence: Int64, concerning persons: [String], in transaction: Transaction
  ) throws -> [UInt8]

  /// Opens what the record of that number holds; nil if one of the persons has been erased since.
  func open(
    changes: [UInt8], of sequence: Int64, concerning persons: [String], in snapshot: Snapshot
  ) throws -> [UInt8]?

  /// Seals the reply that is kept with an idempotency key.
  /// - Parameter persons: whose data it may hold, at least one.
  func seal(reply: [UInt8], of persons: [String], in transaction: Transaction) throws -> [UInt8]

  /// Opens such a reply; nil if one of the persons has been erased since.
  func open(reply: [UInt8], of persons: [String], in transaction: Transaction) throws -> [UInt8]?
}
