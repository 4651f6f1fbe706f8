/// The coding of `grpc-message`: UTF-8 with every byte outside printable ASCII, and the percent sign itself, as
/// `%XX`. Source: gRPC over HTTP/2, "Status-Message".
public enum StatusMessage {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// Encodes a message, cut after a whole character where it would grow over `maxBytes`: a client may refuse
  /// trailers over 8 KiB and lose the status with them.
  public static func encode(_ message: String, maxBytes: Int = 2_048) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(min(message.utf8.count, maxBytes))
    for character in message.unicodeScalars {
      let length = text.count
      for byte in UTF8.encode(character) ?? UTF8.encodedReplacementCharacter {
        if (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "%") {
          text.append(byte)
        } else {
          text.append(UInt8(ascii: "%"))
          text.append(digits[Int(byte >> 4)])
          text.append(digits[Int(byte & 15)])
        }
      }
      if text.count > maxBytes {
        text.removeLast(text.count - length)
        break
      }
    }
    return text
  }

  /// Decodes a message. What is not a valid escape is kept as it is, and bytes that are not UTF-8 are repaired:
  /// a message is for people, so a faulty one must not cost the call its status.
  public static func decode(_ text: UnsafeBufferPointer<UInt8>) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      if text[index] == UInt8(ascii: "%"), index + 2 < text.count, let high = digit(text[index + 1]),
        let low = digit(text[index + 2])
      {
        bytes.append(high << 4 | low)
        index += 3
      } else {
        bytes.append(text[index])
        index += 1
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
