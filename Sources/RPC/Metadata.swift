/// The metadata of a call: named values in the order they were sent, duplicates kept.
///
/// Names are in lower case. A name that ends in `-bin` carries bytes, any other carries text.
/// Source: gRPC over HTTP/2, "Custom-Metadata".
public struct Metadata: Sendable, Equatable {
  /// What a name stands for.
  public enum Content: Sendable, Equatable {
    /// Text; only printable ASCII can be sent.
    case text(String)
    /// Bytes, which travel as base64; the name ends in `-bin`.
    case binary([UInt8])
  }

  /// One name with one value.
  public struct Field: Sendable, Equatable {
    /// The name, in lower case.
    public let name: String
    /// The value.
    public let value: Content
  }

  /// All fields, in order.
  public private(set) var fields: [Field]

  /// Creates empty metadata.
  public init() { fields = [] }

  /// Whether there are no fields.
  @inlinable public var isEmpty: Bool { fields.isEmpty }

  /// Makes room for that many fields.
  public mutating func reserveCapacity(_ count: Int) { fields.reserveCapacity(count) }

  /// Adds a field behind the ones of the same name. For a `-bin` name the text's UTF-8 bytes become the value.
  public mutating func add(_ name: String, _ text: String) {
    let name = name.lowercased()
    fields.append(Field(name: name, value: Self.isBinary(name) ? .binary(Array(text.utf8)) : .text(text)))
  }

  /// Adds a field of bytes. The name must end in `-bin`.
  public mutating func add(_ name: String, binary bytes: [UInt8]) {
    let name = name.lowercased()
    precondition(Self.isBinary(name), "a metadata name with a binary value ends in -bin: \(name)")
    fields.append(Field(name: name, value: .binary(bytes)))
  }

  /// Adds a field behind the ones of the same name.
  public mutating func append(_ field: Field) { fields.append(field) }

  /// Adds all fields of other metadata.
  public mutating func add(_ other: Metadata) { fields.append(contentsOf: other.fields) }

  /// Removes every field of that name.
  public mutating func removeAll(_ name: String) {
    let name = name.lowercased()
    fields.removeAll { $0.name == name }
  }

  /// The first text of that name, or nil. Setting it replaces every field of that name; nil removes them.
  public subscript(_ name: String) -> String? {
    get { all(name).first }
    set {
      removeAll(name)
      if let newValue { add(name, newValue) }
    }
  }

  /// Every text of that name, in order.
  public func all(_ name: String) -> [String] {
    let name = name.lowercased()
    return fields.compactMap { field in
      guard field.name == name, case .text(let text) = field.value else { return nil }
      return text
    }
  }

  /// Every value of bytes of that name, in order. The name ends in `-bin`.
  public func allBinary(_ name: String) -> [[UInt8]] {
    let name = name.lowercased()
    return fields.compactMap { field in
      guard field.name == name, case .binary(let bytes) = field.value else { return nil }
      return bytes
    }
  }

  /// The first value of bytes of that name, or nil.
  public func binary(_ name: String) -> [UInt8]? { allBinary(name).first }

  /// Whether values of that name are bytes.
  static func isBinary(_ name: some StringProtocol) -> Bool { name.hasSuffix("-bin") }
}

extension Metadata: ExpressibleByDictionaryLiteral {
  /// Creates metadata from a literal; the same name may stand in it more than once.
  public init(dictionaryLiteral elements: (String, String)...) {
    self.init()
    for (name, text) in elements { add(name, text) }
  }
}
