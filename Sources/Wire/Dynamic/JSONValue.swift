/// A JSON value. Numbers keep their text, so that 64-bit integers lose nothing; objects keep their order.
public enum JSONValue: Sendable, Equatable {
  /// A name and its value in an object.
  public struct Member: Sendable, Equatable {
    /// The name.
    public var name: String
    /// The value.
    public var value: JSONValue

    /// Creates a member.
    public init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  case null
  case bool(Bool)
  /// A number as it is written: "-12.5e3".
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  /// The value of an object's member; nil if there is none or this is no object.
  public subscript(_ name: String) -> JSONValue? {
    if case .object(let members) = self { return members.first { $0.name == name }?.value }
    return nil
  }

  /// The text, if this is a string.
  public var string: String? {
    if case .string(let text) = self { return text }
    return nil
  }

  /// What this is, for error messages: "a string".
  var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// Why a text is not JSON, or a JSON value is not a message of the type expected.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Where: "rows[3].phone", or "line 2, column 5" for a syntax error; empty for the whole value.
  public var path: String
  /// What is wrong and what is expected.
  public var message: String

  /// Creates an error.
  public init(path: String = "", _ message: String) {
    self.path = path
    self.message = message
  }

  /// Path and message in one line.
  public var description: String { path.isEmpty ? message : "\(path): \(message)" }

  /// The same error seen from the value that holds this one.
  func inside(_ parent: String) -> JSONError {
    let joined = path.isEmpty || path.hasPrefix("[") ? parent + path : "\(parent).\(path)"
    return JSONError(path: joined, message)
  }
}

extension JSONValue {
  /// The value as JSON text (RFC 8259).
  /// - Parameter indented: two spaces for each level and a line for each member; otherwise all in one line.
  public func text(indented: Bool = false) -> String {
    var output = ""
    write(into: &output, level: indented ? 0 : nil)
    return output
  }

  private func write(into output: inout String, level: Int?) {
    switch self {
    case .null: output += "null"
    case .bool(let value): output += value ? "true" : "false"
    case .number(let text): output += text
    case .string(let text): Self.quote(text, into: &output)
    case .array(let elements):
      Self.write(elements, between: "[", "]", into: &output, level) { element, output, level in
        element.write(into: &output, level: level)
      }
    case .object(let members):
      Self.write(members, between: "{", "}", into: &output, level) { member, output, level in
        Self.quote(member.name, into: &output)
        output += level == nil ? ":" : ": "
        member.value.write(into: &output, level: level)
      }
    }
  }

  private static func write<Element>(
    _ elements: [Element], between open: String, _ close: String, into output: inout String, _ level: Int?,
    _ body: (Element, inout String, Int?) -> Void
  ) {
    output += open
    for (index, element) in elements.enumerated() {
      if index > 0 { output += "," }
      if let level { output += "\n" + String(repeating: "  ", count: level + 1) }
      body(element, &output, level.map { $0 + 1 })
    }
    if let level, !elements.isEmpty { output += "\n" + String(repeating: "  ", count: level) }
    output += close
  }

  private static func quote(_ text: String, into output: inout String) {
    output += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\r": output += "\\r"
      case "\t": output += "\\t"
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: output.unicodeScalars.append(scalar)
      }
    }
    output += "\""
  }
}
