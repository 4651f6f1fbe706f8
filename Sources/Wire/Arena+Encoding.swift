public import CProtobufC

/// Builds the C structs that protobuf-c encodes. Generated code calls these, one for each kind of field.
extension Arena {
  /// A message whose C structs take no more is packed without being measured first: a walk over it less.
  @usableFromInline static let packedUnmeasuredBytes = 1_536
  /// How many bytes of encoding a byte of C structs, texts and lists can stand for at most. The worst is a repeated
  /// field of enums that is not packed: four bytes of list for a tag of up to five and a varint of ten.
  /// Source: protobuf.dev, "Encoding"; protobuf-c's structs.
  @usableFromInline static let encodedGrowthLimit = 4

  /// An empty C struct for a message.
  @inlinable
  public func make(_ codec: Codec) -> UnsafeMutableRawPointer {
    let raw = take(codec.descriptor.pointee.sizeof_message)
    codec.descriptor.pointee.message_init(raw.assumingMemoryBound(to: ProtobufCMessage.self))
    return raw
  }

  /// Appends the encoding of a filled C struct, which was made since the last reset, behind so many bytes of zero.
  @inlinable
  public func pack(_ raw: UnsafeMutableRawPointer, behind zeroes: Int, into output: inout [UInt8]) {
    let message = UnsafePointer(raw.assumingMemoryBound(to: ProtobufCMessage.self))
    if region.pointee.takenBytes <= Self.packedUnmeasuredBytes {
      let start = take(zeroes + region.pointee.takenBytes * Self.encodedGrowthLimit)
      start.initializeMemory(as: UInt8.self, repeating: 0, count: zeroes)
      let size = protobuf_c_message_pack(message, (start + zeroes).assumingMemoryBound(to: UInt8.self))
      let packed = UnsafeRawBufferPointer(start: start, count: zeroes + size)
      // An array that is made as long as it gets costs a third of one that grows.
      if output.isEmpty { output = [UInt8](packed) } else { output.append(contentsOf: packed) }
      return
    }
    output.append(contentsOf: repeatElement(0, count: zeroes))
    let size = protobuf_c_message_get_packed_size(message)
    if size == 0 { return }
    output.append(addingCapacity: size) { span in
      span.withUnsafeMutableBufferPointer { buffer, count in
        guard let start = buffer.baseAddress else { return }
        count += protobuf_c_message_pack(message, start + count)
      }
    }
  }

  /// A string field.
  @inlinable
  public func place(_ value: String) -> ProtobufCBinaryData {
    // Nearly every text lies in one piece, and is read there without a copy that would have to be counted.
    if let placed = value.utf8.withContiguousStorageIfAvailable({ copy(UnsafeRawBufferPointer($0)) }) {
      return placed
    }
    var value = value
    return value.withUTF8 { copy(UnsafeRawBufferPointer($0)) }
  }

  /// A bytes field.
  @inlinable
  public func place(_ value: [UInt8]) -> ProtobufCBinaryData {
    value.withUnsafeBytes { copy($0) }
  }

  /// A submessage field.
  @inlinable
  public func place<Value: GeneratedMessage, Structure>(_ value: Value) -> UnsafeMutablePointer<Structure> {
    let raw = make(Value.codec)
    value.fill(raw, in: self)
    return raw.assumingMemoryBound(to: Structure.self)
  }

  /// A repeated field of numbers.
  @inlinable
  public func place<Number: BitwiseCopyable>(numbers: [Number]) -> UnsafeMutablePointer<Number> {
    let start = take(numbers.count * MemoryLayout<Number>.stride)
      .bindMemory(to: Number.self, capacity: numbers.count)
    numbers.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { start.initialize(from: base, count: source.count) }
    }
    return start
  }

  /// A repeated field of bools.
  @inlinable
  public func place(bools: [Bool]) -> UnsafeMutablePointer<Int32> {
    place(list: bools) { $0 ? 1 : 0 }
  }

  /// A repeated field of enums.
  @inlinable
  public func place(enums: [some MessageEnum]) -> UnsafeMutablePointer<Int32> {
    place(list: enums) { $0.rawValue }
  }

  /// A repeated field of strings.
  @inlinable
  public func place(texts: [String]) -> UnsafeMutablePointer<ProtobufCBinaryData> {
    place(list: texts) { place($0) }
  }

  /// A repeated field of bytes.
  @inlinable
  public func place(blobs: [[UInt8]]) -> UnsafeMutablePointer<ProtobufCBinaryData> {
    place(list: blobs) { place($0) }
  }

  /// A repeated field of submessages.
  @inlinable
  public func place<Value: GeneratedMessage, Structure>(messages: [Value])
    -> UnsafeMutablePointer<UnsafeMutablePointer<Structure>?>
  {
    let start = take(messages.count * MemoryLayout<UnsafeMutablePointer<Structure>?>.stride)
      .bindMemory(to: UnsafeMutablePointer<Structure>?.self, capacity: messages.count)
    messages.withUnsafeBufferPointer { values in
      guard let first = values.baseAddress else { return }
      for index in 0..<values.count {
        // Where it lies: a copy would be counted for each of its texts.
        let raw = make(Value.codec)
        (first + index).pointee.fill(raw, in: self)
        (start + index).initialize(to: raw.assumingMemoryBound(to: Structure.self))
      }
    }
    return start
  }

  @inlinable
  func place<Value, Element>(list: [Value], _ convert: (Value) -> Element)
    -> UnsafeMutablePointer<Element>
  {
    let start = take(list.count * MemoryLayout<Element>.stride).bindMemory(
      to: Element.self, capacity: list.count)
    // In place: an iterator would copy each value, and count each of its texts.
    list.withUnsafeBufferPointer { values in
      for index in values.indices { (start + index).initialize(to: convert(values[index])) }
    }
    return start
  }

  /// A map field, its entries ordered by key so that one value has one encoding; `fill` fills an entry.
  @inlinable
  public func place<Key: Hashable, Value, Entry>(
    map: [Key: Value], by precedes: (Key, Key) -> Bool,
    _ fill: (UnsafeMutablePointer<Entry>, Key, Value) -> Void
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<Entry>?> {
    let start = take(map.count * MemoryLayout<UnsafeMutablePointer<Entry>?>.stride)
      .bindMemory(to: UnsafeMutablePointer<Entry>?.self, capacity: map.count)
    for (index, pair) in map.sorted(by: { precedes($0.key, $1.key) }).enumerated() {
      let entry = take(MemoryLayout<Entry>.size).bindMemory(to: Entry.self, capacity: 1)
      fill(entry, pair.key, pair.value)
      (start + index).initialize(to: entry)
    }
    return start
  }

  /// The order of a map's string keys: by their UTF-8 bytes, as other implementations order them.
  @inlinable
  public static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }

  /// The order of a map's bool keys.
  @inlinable
  public static func precedes(_ left: Bool, _ right: Bool) -> Bool { !left && right }

  /// The order of a map's integer keys.
  @inlinable
  public static func precedes<Key: FixedWidthInteger>(_ left: Key, _ right: Key) -> Bool { left < right }

  @inlinable
  func copy(_ source: UnsafeRawBufferPointer) -> ProtobufCBinaryData {
    guard let base = source.baseAddress, source.count > 0 else {
      return ProtobufCBinaryData(len: 0, data: nil)
    }
    let memory = take(source.count)
    memory.copyMemory(from: base, byteCount: source.count)
    return ProtobufCBinaryData(len: source.count, data: memory.assumingMemoryBound(to: UInt8.self))
  }
}
