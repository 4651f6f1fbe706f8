import RPC

/// A stream's requests on their way to the handler, counted; what counting throws ends the stream.
struct CountedIncoming: IncomingMessages {
  private let incoming: any IncomingMessages
  private let count: @Sendable ([UInt8]) throws -> Void

  init(_ incoming: any IncomingMessages, count: @escaping @Sendable ([UInt8]) throws -> Void) {
    self.incoming = incoming
    self.count = count
  }

  func next() async throws -> [UInt8]? {
    let message = try await incoming.next()
    if let message { try count(message) }
    return message
  }
}

/// A stream's replies on their way to the client, counted; what counting throws ends the stream.
struct CountedOutgoing: OutgoingMessages {
  private let outgoing: any OutgoingMessages
  private let count: @Sendable ([UInt8]) throws -> Void

  init(_ outgoing: any OutgoingMessages, count: @escaping @Sendable ([UInt8]) throws -> Void) {
    self.outgoing = outgoing
    self.count = count
  }

  func send(_ framed: [UInt8]) async throws {
    try count(framed)
    try await outgoing.send(framed)
  }
}
