extension Message {
  /// Decodes a request and checks it against its declaration.
  /// - Throws: `Status` INTERNAL for bytes that are not such a message, RESOURCE_EXHAUSTED for one that would take
  ///   too much memory, INVALID_ARGUMENT with every field at fault for one that breaks a check.
  public init(checking bytes: UnsafeRawBufferPointer, in arena: Arena) throws {
    do {
      try self.init(decoding: bytes, in: arena)
    } catch {
      throw Status(decoding: error, message: Self.fullName)
    }
    var violations = Violations()
    check(&violations)
    if !violations.isEmpty { throw Refusal.invalid(violations.items).status(domain: "yizhan") }
  }

  /// Appends the message with the five-byte prefix of gRPC: not compressed, length in big-endian order.
  public func encodeFramed(into output: inout [UInt8], in arena: Arena) {
    let start = output.count
    encode(behind: MessageFraming.prefixSizeBytes, into: &output, in: arena)
    MessageFraming.setLength(of: &output, at: start)
  }
}

extension Status {
  init(decoding error: any Error, message: String) {
    switch error {
    case DecodingError.tooLarge:
      self.init(
        .resourceExhausted,
        "the \(message) would take too much memory once decoded; send less in one message",
        reason: "MESSAGE_TOO_LARGE", domain: "yizhan")
    default:
      self.init(
        .internalError, "the request is not a valid \(message): \(error)", reason: "MESSAGE_MALFORMED",
        domain: "yizhan")
    }
  }
}
