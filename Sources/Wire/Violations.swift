/// What a message breaks of its declared checks, with a path to each field at fault.
public struct Violations: Sendable, Equatable {
  /// The most items that are kept; further ones are not reported.
  public static let limit = 100

  /// What was found, in the order of the message's fields.
  public var items: [FieldViolation] = []
  /// Whether nothing is at fault.
  public var isEmpty: Bool { items.isEmpty }

  /// Creates an empty list.
  public init() {}

  /// Adds a field at fault, unless the list is full.
  public mutating func add(field: String, reason: String, description: String, descriptionChinese: String) {
    if items.count >= Self.limit { return }
    items.append(FieldViolation(field, reason, description, descriptionChinese))
  }

  /// Checks a submessage; the paths of what it adds get this field's name in front.
  /// - Parameter index: the element's position in a repeated field, nil for a singular one.
  @inlinable
  public mutating func nested(_ field: String, index: Int? = nil, _ body: (inout Violations) -> Void) {
    let before = items.count
    body(&self)
    if items.count > before { prefix(index.map { "\(field)[\($0)]" } ?? field, from: before) }
  }

  /// Checks a map's value; the paths of what it adds get this field's name and key in front.
  @inlinable
  public mutating func nested<Key>(_ field: String, key: Key, _ body: (inout Violations) -> Void) {
    let before = items.count
    body(&self)
    if items.count > before { prefix("\(field)[\(Self.shortened("\(key)"))]", from: before) }
  }

  /// Puts a path in front of the items from a position on. An item with an empty path is about the field itself.
  @usableFromInline
  mutating func prefix(_ path: String, from start: Int) {
    for index in start..<items.count {
      items[index].field = items[index].field.isEmpty ? path : "\(path).\(items[index].field)"
    }
  }

  /// A key as a path shows it: 64 characters of it.
  @usableFromInline
  static func shortened(_ key: String) -> String { String(key.prefix(64)) }
}
