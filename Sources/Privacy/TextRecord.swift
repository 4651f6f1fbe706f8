/// Several texts as one sequence of bytes: each behind its length in UTF-8, in base 128, the low digits first.
enum TextRecord {
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

  /// The texts; nil for bytes that `encode` did not make.
  static func decode(_ bytes: UnsafeRawBufferPointer) -> [String]? {
    var texts: [String] = []
    texts.reserveCapacity(8)
    var position = 0
    while position < bytes.count {
      var length = 0
      var shift = 0
      while true {
        guard position < bytes.count, shift < 28 else { return nil }
        let byte = bytes[position]
        position += 1
        length |= Int(byte & 0x7f) << shift
        if byte < 0x80 { break }
        shift += 7
      }
      guard length <= bytes.count - position else { return nil }
      let text = UnsafeRawBufferPointer(rebasing: bytes[position..<(position + length)])
      texts.append(String(decoding: text, as: UTF8.self))
      position += length
    }
    return texts
  }
}
