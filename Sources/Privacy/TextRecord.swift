/// Several texts as one sequence of bytes: each behind its length in UTF-8, in base 128, the low digits first. Opened, a
/// record is read in place, text by text.
///
/// It is valid inside the closure that it is handed to.
public struct TextRecord {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  /// Whether bytes were met that `encode` did not make.
  private(set) var isDamaged = false

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Whether there are no more texts. Those that are left out at the end of a record read as empty ones.
  public var isAtEnd: Bool { position >= bytes.count }

  /// The next text; empty after the last.
  public mutating func next() -> String { String(decoding: nextBytes(), as: UTF8.self) }

  /// The next text in UTF-8, where it lies; empty after the last.
  public mutating func nextBytes() -> UnsafeBufferPointer<UInt8> {
    if isAtEnd { return UnsafeBufferPointer(start: nil, count: 0) }
    guard let length = nextLength(), length <= bytes.count - position else {
      isDamaged = true
      position = bytes.count
      return UnsafeBufferPointer(start: nil, count: 0)
    }
    let text = UnsafeRawBufferPointer(rebasing: bytes[position..<(position + length)])
    position += length
    return text.assumingMemoryBound(to: UInt8.self)
  }

  private mutating func nextLength() -> Int? {
    var length = 0
    var shift = 0
    while position < bytes.count, shift < 28 {
      let byte = bytes[position]
      position += 1
      length |= Int(byte & 0x7f) << shift
      if byte < 0x80 { return length }
      shift += 7
    }
    return nil
  }

  static func encode(_ texts: [String]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(texts.reduce(0) { $0 + $1.utf8.count + 2 })
    for text in texts {
      var length = text.utf8.count
      while length >= 0x80 {
        bytes.append(UInt8(length & 0x7f) | 0x80)
        length >>= 7
      }
      bytes.append(UInt8(length))
      bytes.append(contentsOf: text.utf8)
    }
    return bytes
  }
}
