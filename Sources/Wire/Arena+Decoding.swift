public import CProtobufC

/// Copies what protobuf-c has decoded into Swift values. Generated code calls these, one for each kind of field.
///
/// They do not throw: what cannot be read is read as empty, and the arena remembers why until decoding ends. That
/// keeps the generated initialisers free of half-built values.
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

  /// Ends reading.
  /// - Throws: what kept a field from being read: `DecodingError` invalidUTF8 or tooLarge.
  @inlinable
  public func finishReading() throws(DecodingError) {
    if let failure = region.pointee.failure { throw failure }
  }

  /// A string field.
  @inlinable
  public func text(_ data: ProtobufCBinaryData) -> String {
    if data.len == 0 { return "" }
    let bytes = UnsafeBufferPointer(start: data.data, count: data.len)
    guard let validated = try? UTF8Span(validating: bytes.span) else {
      fail(.invalidUTF8)
      return ""
    }
    return String(copying: validated)
  }

  /// A bytes field.
  @inlinable
  public func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
    [UInt8](UnsafeBufferPointer(start: data.data, count: data.len))
  }

  /// A submessage field; nil if it is not set.
  @inlinable
  public func message<Value: GeneratedMessage>(_ raw: UnsafeMutableRawPointer?) -> Value? {
    guard let raw else { return nil }
    return Value(reading: raw, in: self)
  }

  /// A map's submessage value or a oneof's; the empty message if it is not set.
  @inlinable
  public func messageOrEmpty<Value: GeneratedMessage>(_ raw: UnsafeMutableRawPointer?) -> Value {
    guard let raw else { return Value() }
    return Value(reading: raw, in: self)
  }

  /// A repeated field of numbers.
  @inlinable
  public func numbers<Number>(_ start: UnsafeMutablePointer<Number>?, _ count: Int) -> [Number] {
    if count == 0 || !affords(count, of: MemoryLayout<Number>.stride) { return [] }
    return [Number](UnsafeBufferPointer(start: start, count: count))
  }

  /// A repeated field of bools.
  @inlinable
  public func bools(_ start: UnsafeMutablePointer<Int32>?, _ count: Int) -> [Bool] {
    list(start, count) { $0 != 0 }
  }

  /// A repeated field of enums.
  @inlinable
  public func enums<Value: MessageEnum>(_ start: UnsafeMutablePointer<Int32>?, _ count: Int) -> [Value] {
    list(start, count) { Value(rawValue: $0) }
  }

  /// A repeated field of strings.
  @inlinable
  public func texts(_ start: UnsafeMutablePointer<ProtobufCBinaryData>?, _ count: Int) -> [String] {
    list(start, count) { text($0) }
  }

  /// A repeated field of bytes.
  @inlinable
  public func blobs(_ start: UnsafeMutablePointer<ProtobufCBinaryData>?, _ count: Int) -> [[UInt8]] {
    list(start, count) { bytes($0) }
  }

  /// A repeated field of submessages.
  @inlinable
  public func messages<Structure, Value: GeneratedMessage>(
    _ start: UnsafeMutablePointer<UnsafeMutablePointer<Structure>?>?, _ count: Int
  ) -> [Value] {
    list(start, count) { messageOrEmpty($0) }
  }

  @inlinable
  func list<Element, Value>(
    _ start: UnsafeMutablePointer<Element>?, _ count: Int, _ convert: (Element) -> Value
  ) -> [Value] {
    guard let start, count > 0, affords(count, of: MemoryLayout<Value>.stride) else { return [] }
    var values: [Value] = []
    values.reserveCapacity(count)
    for index in 0..<count { values.append(convert(start[index])) }
    return values
  }

  /// A map field; `convert` copies one entry. Of two entries with one key the later one holds.
  ///
  /// Swift's texts are equal when they are canonically equivalent (Unicode Standard Annex 15), so a dictionary cannot
  /// hold "é" and "e" with an accent as two keys, which other languages can. Such a map is refused: an entry of it
  /// would be lost.
  @inlinable
  public func map<Entry, Key: Hashable, Value>(
    _ start: UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>?, _ count: Int,
    _ convert: (UnsafeMutablePointer<Entry>) -> (Key, Value)
  ) -> [Key: Value] {
    // A dictionary keeps at most three quarters of its places full.
    guard let start, count > 0,
      affords(count, of: 2 * (MemoryLayout<Key>.stride + MemoryLayout<Value>.stride))
    else { return [:] }
    var values = [Key: Value](minimumCapacity: count)
    for index in 0..<count {
      guard let entry = start[index] else { continue }
      let (key, value) = convert(entry)
      let countBefore = values.count
      values[key] = value
      if values.count == countBefore, let text = key as? String, let index = values.index(forKey: key),
        let kept = values.keys[index] as? String, !kept.utf8.elementsEqual(text.utf8)
      {
        fail(.keysAlike)
      }
    }
    return values
  }

  /// Charges the budget for a Swift array or dictionary.
  /// - Returns: whether the budget suffices; if not, decoding fails.
  @inlinable
  func affords(_ count: Int, of strideBytes: Int) -> Bool {
    do {
      try charge(count, of: strideBytes)
      return true
    } catch {
      fail(error)
      return false
    }
  }

  @usableFromInline
  @inline(never)
  func fail(_ error: DecodingError) {
    if region.pointee.failure == nil { region.pointee.failure = error }
  }
}
