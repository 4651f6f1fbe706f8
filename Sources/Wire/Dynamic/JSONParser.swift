extension JSONValue {
  /// How deep arrays and objects may be nested in a text.
  public static let depthLimit = 100
  /// The longest text that is parsed.
  public static let textLimitBytes = 64 << 20

  /// Parses a JSON text (RFC 8259), strictly: no comments, no trailing commas, no name twice in one object.
  /// - Throws: `JSONError` with line and column.
  public init(parsing bytes: [UInt8]) throws(JSONError) {
    guard bytes.count <= Self.textLimitBytes else { throw JSONError("the text is longer than 64 MiB") }
    var parser = JSONParser(bytes)
    self = try parser.document()
  }

  /// Parses a JSON text.
  /// - Throws: `JSONError` with line and column.
  public init(parsing text: String) throws(JSONError) { try self.init(parsing: Array(text.utf8)) }
}

private struct JSONParser {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    // A byte order mark is not JSON, but editors on Windows write one.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  mutating func document() throws(JSONError) -> JSONValue {
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw error("there is more text behind the value") }
    return value
  }

  private func error(_ message: String) -> JSONError {
    let before = bytes[..<min(position, bytes.count)]
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return JSONError(path: "line \(line), column \(before.count - lineStart + 1)", message)
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard current == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard depth <= JSONValue.depthLimit else { throw error("nested more than 100 deep") }
    skipSpace()
    guard let current else { throw error("the text ends where a value is expected") }
    switch current {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    default: throw error("expected a value")
    }
  }

  private mutating func literal(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else { throw error("expected \(word)") }
    position += word.utf8.count
    return value
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    position += 1
    var members: [JSONValue.Member] = []
    var names: Set<String> = []
    skipSpace()
    if take("}") { return .object([]) }
    while true {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw error("expected a name in quotes") }
      let name = try string()
      guard names.insert(name).inserted else { throw error("\"\(name)\" is there twice") }
      skipSpace()
      guard take(":") else { throw error("expected ':' behind \"\(name)\"") }
      members.append(JSONValue.Member(name, try value(depth: depth + 1)))
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw error("expected ',' or '}'") }
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take("]") { return .array([]) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw error("expected ',' or ']'") }
    }
  }

  private mutating func number() throws(JSONError) -> String {
    let start = position
    _ = take("-")
    if !take("0") { guard digits() else { throw error("expected a digit") } }
    if take(".") { guard digits() else { throw error("expected a digit behind the point") } }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      guard digits() else { throw error("expected a digit in the exponent") }
    }
    if let byte = current, isDigit(byte) { throw error("a number does not start with 0") }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private mutating func digits() -> Bool {
    let start = position
    while let byte = current, isDigit(byte) { position += 1 }
    return position > start
  }

  private mutating func string() throws(JSONError) -> String {
    position += 1
    var result: [UInt8] = []
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: result, as: UTF8.self) else {
          throw error("the text is not UTF-8")
        }
        position += 1
        return text
      case UInt8(ascii: "\\"):
        position += 1
        result += try escape().utf8
      case 0..<0x20: throw error("a control character in a string must be written as \\u00XX")
      default:
        result.append(byte)
        position += 1
      }
    }
    throw error("the string has no closing quote")
  }

  private mutating func escape() throws(JSONError) -> String {
    guard let byte = current else { throw error("the string has no closing quote") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return String(Character(try unicodeEscape()))
    default: throw error("unknown escape")
    }
  }

  private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
    let unit = try hexUnit()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    // A surrogate: the second half of the pair has to follow.
    if unit < 0xDC00, take("\\"), take("u") {
      let low = try hexUnit()
      if (0xDC00...0xDFFF).contains(low),
        let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
      {
        return scalar
      }
    }
    throw error("half of a surrogate pair")
  }

  private mutating func hexUnit() throws(JSONError) -> UInt32 {
    guard position + 4 <= bytes.count else { throw error("expected four hexadecimal digits") }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue, bytes[position] < 0x80
      else {
        throw error("expected four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
