/// A message whose type is known at run time only.
///
/// Fields that the schema does not know are kept and written again.
public struct DynamicMessage: Sendable {
  /// The schema that the type belongs to.
  public let schema: Schema
  /// The message's type.
  public let type: MessageSchema
  /// Fields that the schema does not know, encoded, in the order they came.
  public internal(set) var unknownFields: [UInt8] = []
  var values: [Int32: DynamicValue] = [:]

  /// Creates a message with every field unset.
  public init(_ type: MessageSchema, in schema: Schema) {
    self.type = type
    self.schema = schema
  }

  /// The value of a field; nil if it is unset or, in a field without presence, at its default.
  /// Setting a member of a oneof unsets the others. An empty list or map is unset.
  public subscript(_ field: FieldSchema) -> DynamicValue? {
    get { values[field.number] }
    set { set(field, newValue) }
  }

  /// The value of the field of that name, as the `.proto` or as JSON spells it; nil if it is unset.
  public subscript(_ name: String) -> DynamicValue? {
    type.field(named: name).flatMap { values[$0.number] }
  }

  private mutating func set(_ field: FieldSchema, _ value: DynamicValue?) {
    guard let value, field.hasPresence || !value.isDefault else {
      values[field.number] = nil
      return
    }
    precondition(value.fits(field), "\(type.fullName).\(field.name) was given a value of another type")
    if let oneof = field.oneofIndex {
      for number in type.oneofs[oneof].fieldNumbers where number != field.number { values[number] = nil }
    }
    values[field.number] = value
  }

  /// Whether no field is set.
  public var isEmpty: Bool { values.isEmpty && unknownFields.isEmpty }
}

extension DynamicMessage: Equatable {
  /// Whether two messages of one type have the same fields set to the same values.
  public static func == (left: DynamicMessage, right: DynamicMessage) -> Bool {
    left.type === right.type && left.values == right.values && left.unknownFields == right.unknownFields
  }
}

/// The value of a field of a `DynamicMessage`.
public enum DynamicValue: Sendable, Equatable {
  case double(Double)
  case float(Float)
  /// int32, sint32, sfixed32.
  case int32(Int32)
  /// int64, sint64, sfixed64.
  case int64(Int64)
  /// uint32, fixed32.
  case uint32(UInt32)
  /// uint64, fixed64.
  case uint64(UInt64)
  case bool(Bool)
  case string(String)
  case bytes([UInt8])
  /// An enum's number, whether it has a name or not.
  case enumeration(Int32)
  case message(DynamicMessage)
  /// The elements of a repeated field.
  case list([DynamicValue])
  case map([DynamicMapKey: DynamicValue])

  /// Whether a field without presence is unset with this value.
  var isDefault: Bool {
    switch self {
    case .double(let value): value.bitPattern == 0
    case .float(let value): value.bitPattern == 0
    case .int32(let value): value == 0
    case .int64(let value): value == 0
    case .uint32(let value): value == 0
    case .uint64(let value): value == 0
    case .bool(let value): !value
    case .string(let value): value.isEmpty
    case .bytes(let value): value.isEmpty
    case .enumeration(let value): value == 0
    case .message: false
    case .list(let values): values.isEmpty
    case .map(let entries): entries.isEmpty
    }
  }

  func fits(_ field: FieldSchema) -> Bool {
    switch self {
    case .list(let values): field.isRepeated && !field.isMap && values.allSatisfy { $0.fits(field.kind) }
    case .map: field.isMap
    default: !field.isRepeated && fits(field.kind)
    }
  }

  private func fits(_ kind: FieldSchema.Kind) -> Bool {
    switch (self, kind) {
    case (.double, .double), (.float, .float), (.bool, .bool), (.string, .string), (.bytes, .bytes),
      (.int32, .int32), (.int32, .sint32), (.int32, .sfixed32), (.uint32, .uint32), (.uint32, .fixed32),
      (.int64, .int64), (.int64, .sint64), (.int64, .sfixed64), (.uint64, .uint64), (.uint64, .fixed64),
      (.enumeration, .enumeration), (.message, .message):
      true
    default: false
    }
  }

  /// The default of a kind: zero, false, empty; nil for a message.
  public static func defaultValue(of kind: FieldSchema.Kind) -> DynamicValue? {
    switch kind {
    case .double: .double(0)
    case .float: .float(0)
    case .int32, .sint32, .sfixed32: .int32(0)
    case .int64, .sint64, .sfixed64: .int64(0)
    case .uint32, .fixed32: .uint32(0)
    case .uint64, .fixed64: .uint64(0)
    case .bool: .bool(false)
    case .string: .string("")
    case .bytes: .bytes([])
    case .enumeration: .enumeration(0)
    case .message: nil
    }
  }
}

/// A key of a map field. Texts are told apart by their bytes, as protobuf does, not as Swift's texts are.
public enum DynamicMapKey: Sendable, Hashable, Comparable {
  case bool(Bool)
  case signed(Int64)
  case unsigned(UInt64)
  case string(String)

  /// Whether two keys are one to protobuf.
  public static func == (left: DynamicMapKey, right: DynamicMapKey) -> Bool {
    switch (left, right) {
    case (.bool(let left), .bool(let right)): left == right
    case (.signed(let left), .signed(let right)): left == right
    case (.unsigned(let left), .unsigned(let right)): left == right
    case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
    default: false
    }
  }

  /// Hashes the key.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(rank)
    switch self {
    case .bool(let value): hasher.combine(value)
    case .signed(let value): hasher.combine(value)
    case .unsigned(let value): hasher.combine(value)
    case .string(let value):
      var value = value
      value.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
  }

  /// Numbers by size, texts by their UTF-8 bytes.
  public static func < (left: DynamicMapKey, right: DynamicMapKey) -> Bool {
    switch (left, right) {
    case (.bool(let left), .bool(let right)): !left && right
    case (.signed(let left), .signed(let right)): left < right
    case (.unsigned(let left), .unsigned(let right)): left < right
    case (.string(let left), .string(let right)):
      left.utf8.lexicographicallyPrecedes(right.utf8)
    default: left.rank < right.rank
    }
  }

  private var rank: Int {
    switch self {
    case .bool: 0
    case .signed: 1
    case .unsigned: 2
    case .string: 3
    }
  }

  /// The key as JSON writes it, without quotes.
  public var text: String {
    switch self {
    case .bool(let value): value ? "true" : "false"
    case .signed(let value): String(value)
    case .unsigned(let value): String(value)
    case .string(let value): value
    }
  }

  /// The key that a value of a map's key field stands for; nil for what cannot be a key.
  public init?(_ value: DynamicValue) {
    switch value {
    case .bool(let value): self = .bool(value)
    case .int32(let value): self = .signed(Int64(value))
    case .int64(let value): self = .signed(value)
    case .uint32(let value): self = .unsigned(UInt64(value))
    case .uint64(let value): self = .unsigned(value)
    case .string(let value): self = .string(value)
    default: return nil
    }
  }

  /// The key as a value of the map's key field.
  func value(as kind: FieldSchema.Kind) -> DynamicValue {
    switch self {
    case .bool(let value): return .bool(value)
    case .string(let value): return .string(value)
    case .signed(let value):
      if case .int64(0) = DynamicValue.defaultValue(of: kind) { return .int64(value) }
      return .int32(Int32(truncatingIfNeeded: value))
    case .unsigned(let value):
      if case .uint64(0) = DynamicValue.defaultValue(of: kind) { return .uint64(value) }
      return .uint32(UInt32(truncatingIfNeeded: value))
    }
  }
}
