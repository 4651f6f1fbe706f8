public import CProtobufC

/// A message type that ProtoGen has made: a Swift value over a C struct that protobuf-c encodes and decodes.
public protocol GeneratedMessage: Message {
  /// The protobuf-c codec.
  static var codec: Codec { get }
  /// Copies a decoded C struct. The arena notes what cannot be read: text that is not UTF-8, more than its budget.
  /// - Parameter raw: the message's C struct, decoded into `arena`.
  init(reading raw: UnsafeRawPointer, in arena: Arena)
  /// Fills a C struct that the arena has made for `codec`.
  func fill(_ raw: UnsafeMutableRawPointer, in arena: Arena)
}

/// The protobuf-c codec of a message type.
///
/// The descriptor is static data of the C target that nothing ever writes, which makes sharing it safe.
public struct Codec: @unchecked Sendable {
  /// protobuf-c's description of the message.
  public let descriptor: UnsafePointer<ProtobufCMessageDescriptor>

  /// Creates a codec from the message's C initialiser, which knows its descriptor.
  public init<Structure>(_ initialise: (UnsafeMutablePointer<Structure>?) -> Void) {
    let scratch = UnsafeMutablePointer<Structure>.allocate(capacity: 1)
    defer { scratch.deallocate() }
    initialise(scratch)
    descriptor = UnsafeRawPointer(scratch).loadUnaligned(as: ProtobufCMessage.self).descriptor
  }
}

extension GeneratedMessage {
  /// Decodes a message. The arena's memory is free again when this returns.
  /// - Throws: `DecodingError`.
  @inlinable
  public init(decoding bytes: UnsafeRawBufferPointer, in arena: Arena) throws {
    defer { arena.reset() }
    self.init(reading: try arena.decode(bytes, Self.codec), in: arena)
    try arena.finishReading()
  }

  /// Appends the encoded message behind so many bytes of zero. The arena's memory is free again when this returns.
  @inlinable
  public func encode(behind zeroes: Int, into output: inout [UInt8], in arena: Arena) {
    let raw = arena.make(Self.codec)
    fill(raw, in: arena)
    arena.pack(raw, behind: zeroes, into: &output)
    arena.reset()
  }
}

/// An open enum of proto3: a value that the program does not know is kept.
public protocol MessageEnum: RawRepresentable, Hashable, Sendable, CaseIterable where RawValue == Int32 {
  /// The value for a number, `unrecognized` if the program does not know it.
  init(rawValue: Int32)
  /// Whether the program knows the value.
  var isKnown: Bool { get }
}
