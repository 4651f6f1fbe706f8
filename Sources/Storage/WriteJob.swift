/// A write that waits for its turn on the writer.
public struct WriteJob: Sendable {
  /// The call.
  public var call: CallContext
  /// Stands for the request's content and the caller's standing, at most 64 bytes: in the audit record, and to tell
  /// another request, or a caller who may reach other things by now, under the same idempotency key. Empty for none.
  public var digest: [UInt8]
  /// Makes the write repeatable: the same key of the same caller has one effect and one reply, and with another
  /// digest is refused. At most 256 bytes; nil for a write that is not to be repeated.
  public var idempotencyKey: String?
  /// About how much memory the job holds while it waits, in bytes; counts against the queue's limit.
  public var sizeBytes: Int
  /// Whether the caller has given up; asked once, before the job starts. A job given up has no effect.
  public var isCancelled: (@Sendable () -> Bool)?
  /// The effect; it appends the encoded reply to the array. With an idempotency key, this is what is kept: it holds
  /// nothing that a caller must not be shown again.
  ///
  /// It may be run again in a fresh transaction when another job of its batch has failed, so it must have no
  /// effect but through the transaction. What counts is the run that commits.
  public var body: @Sendable (Transaction, inout [UInt8]) throws -> Void
  /// Called once: with the reply after the commit is durable, or with the error. Runs on the writer thread, so
  /// it must be quick; a job refused by a full queue is answered on the thread that submits it.
  public var completion: @Sendable (Result<WriteReply, any Error>) -> Void

  /// Creates a job.
  public init(
    call: CallContext, digest: [UInt8] = [], idempotencyKey: String? = nil,
    sizeBytes: Int = 0, isCancelled: (@Sendable () -> Bool)? = nil,
    body: @escaping @Sendable (Transaction, inout [UInt8]) throws -> Void,
    completion: @escaping @Sendable (Result<WriteReply, any Error>) -> Void
  ) {
    self.call = call
    self.digest = digest
    self.idempotencyKey = idempotencyKey
    self.sizeBytes = sizeBytes
    self.isCancelled = isCancelled
    self.body = body
    self.completion = completion
  }
}

/// A job on its way through the queue and its batches, handed on by reference.
final class QueuedJob: Sendable {
  let job: WriteJob

  init(_ job: WriteJob) { self.job = job }
}

/// The reply of a write that is durable.
public struct WriteReply: Sendable, Equatable {
  /// What the job's body wrote.
  public var bytes: [UInt8]
  /// Whether the effect and the reply are those of an earlier use of the idempotency key.
  public var replayed: Bool

  /// Creates a reply.
  public init(bytes: [UInt8], replayed: Bool) {
    self.bytes = bytes
    self.replayed = replayed
  }
}
