extension MessageFraming {
  /// The largest message accepted unless a server is set up otherwise: 4 MiB, as in every gRPC implementation.
  public static let defaultMaxMessageBytes = 4 << 20

  /// Reads a prefix, `prefixSizeBytes` long, and gives the length of the message behind it.
  /// - Throws: `Status` INTERNAL for a compression flag, since no compression has been agreed on;
  ///   RESOURCE_EXHAUSTED for a message over the limit.
  public static func length(
    ofPrefix prefix: UnsafeRawBufferPointer, maxMessageBytes: Int
  ) throws(Status) -> Int {
    if prefix[0] != 0 {
      throw Status(
        .internalError,
        prefix[0] == 1
          ? "a message is flagged as compressed, but the call has no grpc-encoding"
          : "a message has the compression flag \(prefix[0]); only 0 and 1 exist")
    }
    let length = Int(UInt32(bigEndian: prefix.loadUnaligned(fromByteOffset: 1, as: UInt32.self)))
    if length > maxMessageBytes { throw tooLarge(length, maxMessageBytes) }
    return length
  }

  static func tooLarge(_ lengthBytes: Int, _ maxMessageBytes: Int) -> Status {
    Status(
      .resourceExhausted,
      "a message of \(lengthBytes) bytes is over the limit of \(maxMessageBytes); send less in one message",
      reason: "MESSAGE_TOO_LARGE", domain: "yizhan")
  }

  /// What a call ends with when its stream ends inside a message.
  public static var cutShort: Status {
    Status(.internalError, "the stream ended in the middle of a message")
  }
}

/// Cuts the bytes of a gRPC stream into messages, wherever the pieces that they arrive in begin and end.
public struct MessageDeframer: Sendable {
  /// Room taken at once for a message whose length is only claimed so far.
  private static let firstReservationBytes = 64 << 10

  private let maxMessageBytes: Int
  private var prefix: [UInt8] = []
  private var message: [UInt8] = []
  private var length: Int?

  /// Creates a deframer.
  /// - Parameter maxMessageBytes: the largest message that is accepted.
  public init(maxMessageBytes: Int = MessageFraming.defaultMaxMessageBytes) {
    self.maxMessageBytes = maxMessageBytes
  }

  /// How many bytes of an incomplete message are held.
  public var bufferedBytes: Int { prefix.count + message.count }

  /// Whether a message has begun to arrive and is incomplete.
  public var isInMessage: Bool { length != nil || !prefix.isEmpty }

  /// Takes the next piece and hands over each message that it completes.
  /// - Throws: `Status` as `MessageFraming.length(ofPrefix:maxMessageBytes:)`; the stream is of no use after that.
  public mutating func append(
    _ bytes: UnsafeRawBufferPointer, _ emit: (consuming [UInt8]) -> Void
  ) throws(Status) {
    var rest = bytes[...]
    while true {
      guard let length else {
        guard try readPrefix(&rest) else { return }
        continue
      }
      let piece = rest.prefix(length - message.count)
      message.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece))
      rest = rest.dropFirst(piece.count)
      guard message.count == length else { return }
      self.length = nil
      var complete: [UInt8] = []
      swap(&complete, &message)
      emit(complete)
    }
  }

  /// Checks that the stream did not end inside a message.
  /// - Throws: `Status` INTERNAL if it did.
  public func finish() throws(Status) {
    if isInMessage { throw MessageFraming.cutShort }
  }

  /// Completes the prefix; false if it needs more bytes.
  private mutating func readPrefix(_ rest: inout Slice<UnsafeRawBufferPointer>) throws(Status) -> Bool {
    let piece = rest.prefix(MessageFraming.prefixSizeBytes - prefix.count)
    prefix.append(contentsOf: piece)
    rest = rest.dropFirst(piece.count)
    guard prefix.count == MessageFraming.prefixSizeBytes else { return false }
    let maxMessageBytes = maxMessageBytes
    let length = try prefix.withUnsafeBufferPointer { bytes throws(Status) in
      try MessageFraming.length(ofPrefix: UnsafeRawBufferPointer(bytes), maxMessageBytes: maxMessageBytes)
    }
    prefix.removeAll(keepingCapacity: true)
    message.reserveCapacity(min(length, Self.firstReservationBytes))
    self.length = length
    return true
  }
}
