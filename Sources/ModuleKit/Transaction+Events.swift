extension Transaction {
  /// Puts an event into the outbox: it leaves when, and only if, this transaction commits.
  /// - Parameters:
  ///   - event: the event; identifiers only, no personal data, because it goes to every subscriber.
  ///   - subject: the identifier of what the event is about; events of one subject keep their order.
  /// - Throws: `StorageError`.
  public func emit<Event: Message>(_ event: Event, subject: String) throws {
    try emit(Event.fullName, subject: subject, event.encoded())
  }
}
