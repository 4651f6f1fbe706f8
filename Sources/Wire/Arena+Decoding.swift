public import CProtobufC

/// Copies what protobuf-c has decoded into Swift values. Generated code calls these, one for each kind of field.
extension Arena {
  /// Decodes bytes into a C struct.
  /// - Throws: `DecodingError` malformed or tooLarge.
  @inlinable
  public func decode(_ bytes: UnsafeRawBufferPointer, _ codec: Codec) throws(DecodingError)
    -> UnsafeRawPointer
  {
    beginDecoding(length: bytes.count)
    let message = unpack(bytes, codec)
    if let message, !region.pointee.hasDroppedMessage { return UnsafeRawPointer(message) }
    if region.pointee.isExhausted { throw .tooLarge }
    if !region.pointee.hasDroppedMessage { throw .malformed }
    return try decodeMerging(bytes, codec, decoded: message)
  }

  @inlinable
  func unpack(_ bytes: UnsafeRawBufferPointer, _ codec: Codec) -> UnsafeMutablePointer<ProtobufCMessage>? {
    protobuf_c_message_unpack(
      codec.descriptor, allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
  }

  /// Decodes bytes in which a submessage may occur twice, which protobuf-c does not merge as protobuf says.
  @usableFromInline
  @inline(never)
  func decodeMerging(
    _ bytes: UnsafeRawBufferPointer, _ codec: Codec, decoded: UnsafeMutablePointer<ProtobufCMessage>?
  ) throws(DecodingError) -> UnsafeRawPointer {
    guard let merged = try MessageMerger(self).merge([UInt8](bytes), codec.descriptor) else {
      guard let decoded else { throw .malformed }
      return UnsafeRawPointer(decoded)
    }
    reset()
    beginDecoding(length: bytes.count)
    guard let message = merged.withUnsafeBytes({ unpack($0, codec) }) else {
      throw region.pointee.isExhausted ? .tooLarge : .malformed
    }
    return UnsafeRawPointer(message)
  }

  /// A string field.
  /// - Throws: `DecodingError.invalidUTF8`.
  @inlinable
  public func text(_ data: ProtobufCBinaryData) throws(DecodingError) -> String {
    if data.len == 0 { return "" }
    guard let text = String(validating: UnsafeBufferPointer(start: data.data, count: data.len), as: UTF8.self)
    else { throw .invalidUTF8 }
    return text
  }

  /// A bytes field.
  @inlinable
  public func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
    [UInt8](UnsafeBufferPointer(start: data.data, count: data.len))
  }

  /// A submessage field; nil if it is not set.
  @inlinable
  public func message<Value: GeneratedMessage>(_ raw: UnsafeMutableRawPointer?) throws(DecodingError)
    -> Value?
  {
    guard let raw else { return nil }
    return try Value(reading: raw, in: self)
  }

  /// A map's submessage value or a oneof's; the empty message if it is not set.
  @inlinable
  public func messageOrEmpty<Value: GeneratedMessage>(_ raw: UnsafeMutableRawPointer?) throws(DecodingError)
    -> Value
  {
    guard let raw else { return Value() }
    return try Value(reading: raw, in: self)
  }

  /// A repeated field of numbers.
  @inlinable
  public func numbers<Number>(_ start: UnsafeMutablePointer<Number>?, _ count: Int) throws(DecodingError)
    -> [Number]
  {
    if count == 0 { return [] }
    try charge(count, of: MemoryLayout<Number>.stride)
    return [Number](UnsafeBufferPointer(start: start, count: count))
  }

  /// A repeated field of bools.
  @inlinable
  public func bools(_ start: UnsafeMutablePointer<Int32>?, _ count: Int) throws(DecodingError) -> [Bool] {
    try list(start, count) { $0 != 0 }
  }

  /// A repeated field of enums.
  @inlinable
  public func enums<Value: MessageEnum>(_ start: UnsafeMutablePointer<Int32>?, _ count: Int)
    throws(DecodingError)
    -> [Value]
  {
    try list(start, count) { Value(rawValue: $0) }
  }

  /// A repeated field of strings.
  @inlinable
  public func texts(_ start: UnsafeMutablePointer<ProtobufCBinaryData>?, _ count: Int) throws(DecodingError)
    -> [String]
  {
    try list(start, count) { data throws(DecodingError) in try text(data) }
  }

  /// A repeated field of bytes.
  @inlinable
  public func blobs(_ start: UnsafeMutablePointer<ProtobufCBinaryData>?, _ count: Int) throws(DecodingError)
    -> [[UInt8]]
  {
    try list(start, count) { bytes($0) }
  }

  /// A repeated field of submessages.
  @inlinable
  public func messages<Structure, Value: GeneratedMessage>(
    _ start: UnsafeMutablePointer<UnsafeMutablePointer<Structure>?>?, _ count: Int
  ) throws(DecodingError) -> [Value] {
    try list(start, count) { raw throws(DecodingError) in try messageOrEmpty(raw) }
  }

  @inlinable
  func list<Element, Value>(
    _ start: UnsafeMutablePointer<Element>?, _ count: Int, _ convert: (Element) throws(DecodingError) -> Value
  ) throws(DecodingError) -> [Value] {
    guard let start, count > 0 else { return [] }
    try charge(count, of: MemoryLayout<Value>.stride)
    var values: [Value] = []
    values.reserveCapacity(count)
    for index in 0..<count { values.append(try convert(start[index])) }
    return values
  }

  /// A map field; `convert` copies one entry. Of two entries with one key the later one holds.
  @inlinable
  public func map<Entry, Key: Hashable, Value>(
    _ start: UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>?, _ count: Int,
    _ convert: (UnsafeMutablePointer<Entry>) throws(DecodingError) -> (Key, Value)
  ) throws(DecodingError) -> [Key: Value] {
    guard let start, count > 0 else { return [:] }
    // A dictionary keeps at most three quarters of its places full.
    try charge(count, of: 2 * (MemoryLayout<Key>.stride + MemoryLayout<Value>.stride))
    var values = [Key: Value](minimumCapacity: count)
    for index in 0..<count {
      guard let entry = start[index] else { continue }
      let (key, value) = try convert(entry)
      values[key] = value
    }
    return values
  }
}
