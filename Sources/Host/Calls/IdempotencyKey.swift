import ModuleKit

/// The `idempotency-key` of a write.
/// Source: draft-ietf-httpapi-idempotency-key-header, with the value as gRPC metadata carries it.
enum IdempotencyKey {
  /// Reads and checks the key.
  /// - Returns: nil when the caller sent none.
  /// - Throws: `Status` INVALID_ARGUMENT for a key that is not 1 to 128 visible ASCII characters.
  static func read(_ call: any ServerCall) throws -> String? {
    try call.withHeader("idempotency-key") { header -> String? in
      guard let header else { return nil }
      guard (1...128).contains(header.count), header.allSatisfy({ (0x21...0x7e).contains($0) }) else {
        throw Status(
          .invalidArgument, "the metadata idempotency-key must be 1 to 128 visible ASCII characters",
          reason: "IDEMPOTENCY_KEY_INVALID", messageChinese: "幂等键必须是 1 至 128 个可见 ASCII 字符")
      }
      return String(decoding: header, as: UTF8.self)
    }
  }
}
