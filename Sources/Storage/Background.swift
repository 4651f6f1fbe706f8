/// A timer that is due, as its handler sees it.
public struct TimerFiring: Sendable, Equatable {
  /// The timer's name within its module.
  public var name: String
  /// What tells timers of one name apart: usually the identifier of the thing that it is about.
  public var key: String
  /// What `schedule` was given.
  public var payload: [UInt8]
  /// The time that it was set to; the handler runs at or after it.
  public var scheduledAt: Instant
  /// 1 the first time; higher when earlier attempts failed.
  public var attempt: Int

  /// Creates a firing.
  public init(name: String, key: String, payload: [UInt8], scheduledAt: Instant, attempt: Int) {
    self.name = name
    self.key = key
    self.payload = payload
    self.scheduledAt = scheduledAt
    self.attempt = attempt
  }
}

/// A handler of one module's timers of one name.
public struct TimerRegistration: Sendable {
  /// The module that set the timers and whose tables the handler may use.
  public var module: ModuleScope
  /// The timers' name.
  public var name: String
  /// What to do. Like a job's body it must have no effect but through the transaction.
  public var body: @Sendable (Transaction, TimerFiring) throws -> Void

  /// Creates a registration.
  public init(
    module: ModuleScope, name: String, body: @escaping @Sendable (Transaction, TimerFiring) throws -> Void
  ) {
    self.module = module
    self.name = name
    self.body = body
  }
}

/// An event in the outbox.
public struct StoredEvent: Sendable, Equatable {
  /// The event's place in the order of all events, from 1; a higher one was committed later.
  public var sequence: Int64
  /// The time of the transaction that emitted it.
  public var time: Instant
  /// The module that emitted it.
  public var module: String
  /// The event message's full name.
  public var type: String
  /// What it is about: usually an identifier.
  public var subject: String
  /// The encoded event message.
  public var payload: [UInt8]
}

/// A consumer of one type of event.
public struct ConsumerRegistration: Sendable {
  /// Where a consumer begins that has never run on this database.
  public enum Start: Sendable {
    /// With events emitted from now on.
    case now
    /// With the oldest event kept.
    case beginning
  }

  /// The module whose tables the consumer may use. A module has at most one consumer of a type.
  public var module: ModuleScope
  /// The event message's full name.
  public var type: String
  /// Where it begins on a database that it has never run on.
  public var start: Start
  /// What to do with an event. Like a job's body it must have no effect but through the transaction.
  public var body: @Sendable (Transaction, StoredEvent) throws -> Void

  /// Creates a registration.
  public init(
    module: ModuleScope, type: String, start: Start = .now,
    body: @escaping @Sendable (Transaction, StoredEvent) throws -> Void
  ) {
    self.module = module
    self.type = type
    self.start = start
    self.body = body
  }
}
