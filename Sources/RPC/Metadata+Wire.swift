import Wire

extension Metadata {
  /// Whether a header of this name belongs to gRPC or HTTP and not to the call's metadata.
  public static func isReserved(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let first = name.first else { return true }
    switch first {
    case UInt8(ascii: ":"): return true
    case UInt8(ascii: "g"): return name.starts(with: "grpc-".utf8)
    case UInt8(ascii: "t"): return name.elementsEqual("te".utf8)
    case UInt8(ascii: "c"): return name.elementsEqual("content-type".utf8)
    default: return false
    }
  }

  /// Adds a header as it came over the wire; several base64 values joined by commas become several fields.
  /// Reserved names are passed over; bytes that are not UTF-8 are repaired.
  /// - Throws: `Status` INTERNAL for a `-bin` value that is not base64.
  public mutating func addReceived(
    name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>
  ) throws(Status) {
    if Self.isReserved(name) { return }
    let text = String(decoding: name, as: UTF8.self)
    guard Self.isBinary(text) else {
      append(Field(name: text, value: .text(String(decoding: value, as: UTF8.self))))
      return
    }
    for part in Self.binaryParts(value) {
      guard let bytes = Base64.decode(part) else { throw Self.badBase64(text) }
      append(Field(name: text, value: .binary(bytes)))
    }
  }

  /// Checks a header's value as `addReceived` does, without keeping it.
  /// - Throws: `Status` INTERNAL for a `-bin` value that is not base64.
  public static func validateReceived(
    name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>
  ) throws(Status) {
    guard name.count > 4, name.suffix(4).elementsEqual("-bin".utf8), !isReserved(name) else { return }
    for part in binaryParts(value) where Base64.decode(part) == nil {
      throw badBase64(String(decoding: name, as: UTF8.self))
    }
  }

  /// Hands each field to `body` as it goes over the wire, base64 without padding for bytes.
  /// - Throws: `Status` INTERNAL for a name or a text that cannot be sent, before anything is handed over.
  public func encodeForSending(_ body: (_ name: String, _ value: [UInt8]) -> Void) throws(Status) {
    for field in fields { try field.validateForSending() }
    for field in fields {
      switch field.value {
      case .text(let text): body(field.name, Array(text.utf8))
      case .binary(let bytes): body(field.name, Array(Base64.encode(bytes, padded: false).utf8))
      }
    }
  }

  private static func binaryParts(_ value: UnsafeBufferPointer<UInt8>)
    -> [Slice<UnsafeBufferPointer<UInt8>>]
  {
    value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { part in
      var part = part
      while part.first == UInt8(ascii: " ") { part = part.dropFirst() }
      while part.last == UInt8(ascii: " ") { part = part.dropLast() }
      return part
    }
  }

  private static func badBase64(_ name: String) -> Status {
    Status(.internalError, "the metadata \(name) is not valid base64; values of -bin names travel as base64")
  }
}

extension Metadata.Field {
  func validateForSending() throws(Status) {
    let isNameValid =
      !name.isEmpty
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
          UInt8(ascii: "_"), UInt8(ascii: "."):
          true
        default: false
        }
      }
    guard isNameValid else {
      throw Status(
        .internalError, "metadata cannot be sent under the name \"\(name)\": use a-z, 0-9, '-', '_', '.'")
    }
    if name.hasPrefix("grpc-") {
      throw Status(.internalError, "metadata cannot be sent under the name \(name): grpc- is reserved")
    }
    if case .text(let text) = value, !text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
      throw Status(
        .internalError,
        "the metadata \(name) is not printable ASCII; send it as bytes under a name that ends in -bin")
    }
  }
}
