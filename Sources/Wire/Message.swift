/// A protobuf message as a Swift value. ProtoGen makes the conforming types; protobuf-c does the coding.
public protocol Message: Sendable, Equatable {
  /// The message's full name: "yizhan.wishes.v1.Wish".
  static var fullName: String { get }
  /// The message with every field at its default.
  init()
  /// Decodes a message. All memory that decoding needs comes from the arena, which is reset afterwards.
  /// - Throws: `DecodingError`.
  init(decoding bytes: UnsafeRawBufferPointer, in arena: Arena) throws
  /// Appends the encoded message behind so many bytes of zero, in which its carrier puts a prefix.
  func encode(behind zeroes: Int, into output: inout [UInt8], in arena: Arena)
  /// Adds what breaks the `(yizhan.check)` declarations, with paths relative to this message.
  func check(_ violations: inout Violations)
  /// The purposes for which `(yizhan.personal)` fields of the message, and of messages in it, can be seen.
  static var personalPurposes: [PersonalPurpose] { get }
  /// Masks the personal fields that a caller does not see.
  mutating func maskPersonalData(for sight: PersonalSight)
}

extension Message {
  /// None: ProtoGen writes those of a message that holds personal data.
  public static var personalPurposes: [PersonalPurpose] { [] }

  /// Masks nothing: ProtoGen writes what a message that holds personal data does.
  public mutating func maskPersonalData(for sight: PersonalSight) {}

  /// Appends the encoded message.
  @inlinable
  public func encode(into output: inout [UInt8], in arena: Arena) {
    encode(behind: 0, into: &output, in: arena)
  }

  /// Decodes a message from an array.
  /// - Throws: `DecodingError`.
  public init(decoding bytes: [UInt8]) throws {
    self = try bytes.withUnsafeBytes { try Self(decoding: $0, in: Arena()) }
  }

  /// The encoded message.
  public func encoded() -> [UInt8] {
    var output: [UInt8] = []
    encode(into: &output, in: Arena())
    return output
  }
}

/// Why bytes are not a message.
public enum DecodingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The bytes break the encoding: truncated, bad tag, bad varint, wrong wire type.
  case malformed
  /// A string field is not UTF-8.
  case invalidUTF8
  /// Decoding would take more memory than the arena allows.
  case tooLarge
  /// Two keys of a map are spelled differently and are one text by Unicode's canonical equivalence.
  case keysAlike

  /// One line for a developer.
  public var description: String {
    switch self {
    case .malformed: "the bytes are truncated or not in protobuf's encoding"
    case .invalidUTF8: "a string field is not valid UTF-8"
    case .tooLarge: "decoding would take more memory than is allowed"
    case .keysAlike: "two keys of a map are one text in different spellings (Unicode canonical equivalence)"
    }
  }
}
