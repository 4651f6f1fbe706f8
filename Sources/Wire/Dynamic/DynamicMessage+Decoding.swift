/// What decoding a `DynamicMessage` may cost.
public struct DynamicLimits: Sendable {
  /// How deep messages may be nested; protobuf's own limit is 100.
  public var depth = 100
  /// How many values, elements included, one message may have in all.
  public var values = 2_000_000

  /// Creates limits.
  public init(depth: Int = 100, values: Int = 2_000_000) {
    self.depth = depth
    self.values = values
  }
}

extension DynamicMessage {
  /// Decodes a message. A field whose value is not encoded as its type says is kept as unknown.
  /// - Throws: `DecodingError`; `.tooLarge` where a limit is passed.
  public init(
    decoding bytes: [UInt8], as type: MessageSchema, in schema: Schema,
    limits: DynamicLimits = DynamicLimits()
  ) throws(DecodingError) {
    self.init(type, in: schema)
    var budget = limits
    var reader = WireReader(bytes)
    try merge(&reader, &budget)
  }

  private mutating func merge(_ reader: inout WireReader, _ budget: inout DynamicLimits)
    throws(DecodingError)
  {
    guard budget.depth > 0 else { throw .tooLarge }
    budget.depth -= 1
    while !reader.isAtEnd {
      let (number, wireType) = try reader.tag()
      guard let field = type.field(number: number), Self.accepts(wireType, field) else {
        try reader.copyUnknown(wireType, number: number, into: &unknownFields)
        continue
      }
      if field.isMap {
        try mergeMapEntry(field, reader.lengthDelimited(), &budget)
      } else if field.isRepeated {
        try mergeElements(field, wireType, &reader, &budget)
      } else if case .message(let index) = field.kind {
        var child = DynamicMessage(schema.messages[index], in: schema)
        if case .message(let earlier)? = values[number] { child = earlier }
        try child.mergeChild(reader.lengthDelimited(), &budget)
        self[field] = .message(child)
      } else {
        self[field] = try Self.scalar(field.kind, &reader, &budget)
      }
    }
    budget.depth += 1
  }

  private mutating func mergeChild(_ part: WireReader, _ budget: inout DynamicLimits) throws(DecodingError) {
    try Self.count(&budget)
    var reader = part
    try merge(&reader, &budget)
  }

  private mutating func mergeElements(
    _ field: FieldSchema, _ wireType: WireType, _ reader: inout WireReader, _ budget: inout DynamicLimits
  ) throws(DecodingError) {
    // The list is taken out while it grows, so that it is not copied for each element.
    var elements: [DynamicValue] = []
    if case .list(let earlier)? = values.removeValue(forKey: field.number) { elements = earlier }
    if case .message(let index) = field.kind {
      var child = DynamicMessage(schema.messages[index], in: schema)
      try child.mergeChild(reader.lengthDelimited(), &budget)
      elements.append(.message(child))
    } else if wireType == .lengthDelimited, field.kind != .string, field.kind != .bytes {
      var packed = try reader.lengthDelimited()
      while !packed.isAtEnd { elements.append(try Self.scalar(field.kind, &packed, &budget)) }
    } else {
      elements.append(try Self.scalar(field.kind, &reader, &budget))
    }
    values[field.number] = elements.isEmpty ? nil : .list(elements)
  }

  private mutating func mergeMapEntry(_ field: FieldSchema, _ part: WireReader, _ budget: inout DynamicLimits)
    throws(DecodingError)
  {
    guard case .message(let index) = field.kind, let (key, value) = schema.mapEntry(of: field) else { return }
    var entry = DynamicMessage(schema.messages[index], in: schema)
    try entry.mergeChild(part, &budget)
    let keyValue = entry[key] ?? DynamicValue.defaultValue(of: key.kind)
    let mapped =
      entry[value] ?? DynamicValue.defaultValue(of: value.kind)
      ?? schema.message(of: value).map { .message(DynamicMessage($0, in: schema)) }
    guard let mapKey = keyValue.flatMap(DynamicMapKey.init), let mapped else { throw .malformed }
    var entries: [DynamicMapKey: DynamicValue] = [:]
    if case .map(let earlier)? = values.removeValue(forKey: field.number) { entries = earlier }
    entries[mapKey] = mapped
    values[field.number] = .map(entries)
  }

  private static func count(_ budget: inout DynamicLimits) throws(DecodingError) {
    guard budget.values > 0 else { throw .tooLarge }
    budget.values -= 1
  }

  /// Whether a value so encoded can belong to the field. Elements come packed or one by one.
  private static func accepts(_ wireType: WireType, _ field: FieldSchema) -> Bool {
    let own = field.kind.wireType
    return wireType == own || (field.isRepeated && wireType == .lengthDelimited)
  }

  private static func scalar(
    _ kind: FieldSchema.Kind, _ reader: inout WireReader, _ budget: inout DynamicLimits
  ) throws(DecodingError) -> DynamicValue {
    try count(&budget)
    switch kind {
    case .double: return .double(Double(bitPattern: try reader.fixed64()))
    case .float: return .float(Float(bitPattern: try reader.fixed32()))
    case .int32: return .int32(Int32(truncatingIfNeeded: try reader.varint()))
    case .int64: return .int64(Int64(bitPattern: try reader.varint()))
    case .uint32: return .uint32(UInt32(truncatingIfNeeded: try reader.varint()))
    case .uint64: return .uint64(try reader.varint())
    case .sint32: return .int32(ZigZag.decode(UInt32(truncatingIfNeeded: try reader.varint())))
    case .sint64: return .int64(ZigZag.decode(try reader.varint()))
    case .fixed32: return .uint32(try reader.fixed32())
    case .fixed64: return .uint64(try reader.fixed64())
    case .sfixed32: return .int32(Int32(bitPattern: try reader.fixed32()))
    case .sfixed64: return .int64(Int64(bitPattern: try reader.fixed64()))
    case .bool: return .bool(try reader.varint() != 0)
    case .enumeration: return .enumeration(Int32(truncatingIfNeeded: try reader.varint()))
    case .string: return .string(try reader.string())
    case .bytes: return .bytes(try reader.lengthDelimited().remaining())
    case .message: throw .malformed
    }
  }
}

extension FieldSchema.Kind {
  /// How one value of the kind is encoded.
  var wireType: WireType {
    switch self {
    case .double, .fixed64, .sfixed64: .fixed64
    case .float, .fixed32, .sfixed32: .fixed32
    case .int32, .int64, .uint32, .uint64, .sint32, .sint64, .bool, .enumeration: .varint
    case .string, .bytes, .message: .lengthDelimited
    }
  }
}
