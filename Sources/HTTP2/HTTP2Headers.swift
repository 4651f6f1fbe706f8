/// A list of header fields in one buffer: for each field two lengths, then the name's and the value's bytes.
///
/// One allocation holds a whole request, and nothing becomes a `String` unless someone asks.
public struct HTTP2Headers: Sendable, Equatable {
  @usableFromInline static let lengthsBytes = 8

  @usableFromInline private(set) var storage: [UInt8] = []
  /// How many fields there are.
  public private(set) var count = 0
  /// The marks of all names: a name whose mark is missing is not there, which spares a walk for what few calls send.
  private var marks: UInt64 = 0

  /// Creates an empty list.
  public init() {}

  /// Creates a list of texts.
  public init(_ fields: [(name: String, value: String)]) {
    for field in fields { append(field.name, field.value) }
  }

  /// Creates a list from fields that have been put one behind the other with `write`.
  /// - Parameter marks: those of all the names.
  init(written bytes: UnsafeRawBufferPointer, count: Int, marks: UInt64) {
    storage = Array(bytes)
    self.count = count
    self.marks = marks
  }

  /// One of 64 bits for a name, by its length and its ends.
  static func mark(of name: UnsafeBufferPointer<UInt8>) -> UInt64 {
    guard let first = name.first, let last = name.last else { return 1 }
    return 1 << UInt64((name.count &* 5 &+ Int(first) &+ Int(last) &* 3) & 63)
  }

  /// Puts a field where `target` points, in the form that `storage` has, and returns how many bytes it took:
  /// eight more than the name and the value.
  static func write(
    name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>, to target: UnsafeMutableRawPointer
  ) -> Int {
    target.storeBytes(of: UInt64(UInt32(name.count)) << 32 | UInt64(UInt32(value.count)), as: UInt64.self)
    let nameStart = target + lengthsBytes
    if let source = name.baseAddress { nameStart.copyMemory(from: source, byteCount: name.count) }
    if let source = value.baseAddress {
      (nameStart + name.count).copyMemory(from: source, byteCount: value.count)
    }
    return lengthsBytes + name.count + value.count
  }

  /// Whether there are no fields.
  public var isEmpty: Bool { count == 0 }

  /// Makes room for that many bytes.
  public mutating func reserveCapacity(_ sizeBytes: Int) { storage.reserveCapacity(sizeBytes) }

  /// Removes all fields.
  public mutating func removeAll() {
    storage.removeAll(keepingCapacity: true)
    count = 0
    marks = 0
  }

  /// Adds a field. The name is in lower case.
  public mutating func append(_ name: String, _ value: String) { append(name, Array(value.utf8)) }

  /// Adds a field. The name is in lower case.
  public mutating func append(_ name: String, _ value: [UInt8]) {
    var name = name
    name.withUTF8 { name in value.withUnsafeBufferPointer { append(name: name, value: $0) } }
  }

  /// Adds a field. The name is in lower case.
  public mutating func append(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
    let lengths = UInt64(UInt32(name.count)) << 32 | UInt64(UInt32(value.count))
    withUnsafeBytes(of: lengths) { storage.append(contentsOf: $0) }
    storage.append(contentsOf: name)
    storage.append(contentsOf: value)
    count += 1
    marks |= Self.mark(of: name)
  }

  /// Hands over each field in order; the pointers are valid inside `body` only. `body` returns false to stop.
  @inlinable
  public func forEach<Failure: Error>(
    _ body: (_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) throws(Failure) -> Bool
  ) throws(Failure) {
    try storage.withUnsafeBufferPointer { octets throws(Failure) in
      let bytes = UnsafeRawBufferPointer(octets)
      var offset = 0
      while offset < bytes.count {
        let (name, value) = Self.field(in: bytes, at: &offset)
        if !(try body(name, value)) { return }
      }
    }
  }

  /// Hands over the first value of that name, or nil; the pointer is valid inside `body` only.
  public func withValue<Result>(
    of name: StaticString, _ body: (UnsafeBufferPointer<UInt8>?) throws -> Result
  ) rethrows -> Result {
    let wanted = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    if marks & Self.mark(of: wanted) == 0 { return try body(nil) }
    return try storage.withUnsafeBytes { bytes in try body(Self.value(of: name, in: bytes)) }
  }

  /// The first value of that name. Looks at lengths first, so that most fields cost one comparison of numbers.
  private static func value(
    of name: StaticString, in bytes: UnsafeRawBufferPointer
  ) -> UnsafeBufferPointer<UInt8>? {
    let nameCount = name.utf8CodeUnitCount
    var offset = 0
    while offset < bytes.count {
      let lengths = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      let count = Int(lengths >> 32)
      let valueStart = offset + lengthsBytes + count
      let next = valueStart + Int(lengths & 0xFFFF_FFFF)
      if count == nameCount {
        let octets = bytes.assumingMemoryBound(to: UInt8.self)
        if isEqual(UnsafeBufferPointer(rebasing: octets[(valueStart - count)..<valueStart]), name) {
          return UnsafeBufferPointer(rebasing: octets[valueStart..<next])
        }
      }
      offset = next
    }
    return nil
  }

  /// Whether bytes are that text.
  @inlinable
  public static func isEqual(_ bytes: UnsafeBufferPointer<UInt8>, _ text: StaticString) -> Bool {
    let count = bytes.count
    guard count == text.utf8CodeUnitCount else { return false }
    guard count >= 8 else {
      for index in 0..<count where bytes[index] != text.utf8Start[index] { return false }
      return true
    }
    // Eight at a time; the last eight may overlap those before.
    let (left, right) = (UnsafeRawPointer(bytes.baseAddress!), UnsafeRawPointer(text.utf8Start))
    var offset = 0
    while true {
      let (here, there) = (left + offset, right + offset)
      if here.loadUnaligned(as: UInt64.self) != there.loadUnaligned(as: UInt64.self) { return false }
      if offset == count - 8 { return true }
      offset = min(offset + 8, count - 8)
    }
  }

  /// The field at an offset, which moves on to the next one.
  @inlinable
  static func field(
    in bytes: UnsafeRawBufferPointer, at offset: inout Int
  ) -> (name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
    let lengths = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    let nameStart = offset + lengthsBytes
    let valueStart = nameStart + Int(lengths >> 32)
    offset = valueStart + Int(lengths & 0xFFFF_FFFF)
    let octets = bytes.assumingMemoryBound(to: UInt8.self)
    return (
      UnsafeBufferPointer(rebasing: octets[nameStart..<valueStart]),
      UnsafeBufferPointer(rebasing: octets[valueStart..<offset])
    )
  }

  /// The first value of that name as text, or nil.
  public func text(of name: StaticString) -> String? {
    withValue(of: name) { $0.map { String(decoding: $0, as: UTF8.self) } }
  }
}
