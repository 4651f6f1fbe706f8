/// What a request's `content-type` says.
/// Source: gRPC over HTTP/2, "Content-Type".
public enum ContentType: Sendable, Equatable {
  /// `application/grpc` or `application/grpc+proto`, with or without parameters.
  case proto
  /// `application/grpc+` and a format other than protobuf.
  case otherFormat
  /// Not gRPC; answered with HTTP 415.
  case other

  /// Reads a header's value.
  public init(_ value: UnsafeBufferPointer<UInt8>) {
    let stem: StaticString = "application/grpc"
    guard value.count >= stem.utf8CodeUnitCount, Self.starts(value, with: stem) else {
      self = .other
      return
    }
    let rest = UnsafeBufferPointer(rebasing: value[stem.utf8CodeUnitCount...])
    guard let separator = rest.first else {
      self = .proto
      return
    }
    switch separator {
    case UInt8(ascii: ";"), UInt8(ascii: " "): self = .proto
    case UInt8(ascii: "+"):
      let format = rest.dropFirst().prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
      self = format.elementsEqual("proto".utf8) ? .proto : .otherFormat
    default: self = .other
    }
  }

  /// Whether the value starts with the lower-case text, whatever the case of its letters.
  private static func starts(_ value: UnsafeBufferPointer<UInt8>, with text: StaticString) -> Bool {
    for index in 0..<text.utf8CodeUnitCount {
      let byte = value[index]
      let lower = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
      if lower != text.utf8Start[index] { return false }
    }
    return true
  }
}
