extension DynamicMessage {
  /// The encoded message: fields by number, map entries by key, then the unknown fields. The same message is
  /// always the same bytes, so that a request repeated with its idempotency key matches.
  public func encoded() -> [UInt8] {
    var writer = WireWriter()
    encode(into: &writer)
    return writer.bytes
  }

  private func encode(into writer: inout WireWriter) {
    for number in values.keys.sorted() {
      guard let field = type.field(number: number), let value = values[number] else { continue }
      switch value {
      case .map(let entries): encode(entries, of: field, into: &writer)
      case .list(let elements) where field.isPacked:
        var packed = WireWriter()
        for element in elements { Self.encode(element, as: field.kind, into: &packed) }
        writer.field(number, packed.bytes)
      case .list(let elements):
        for element in elements {
          writer.tag(number, field.kind.wireType)
          Self.encode(element, as: field.kind, into: &writer)
        }
      default:
        writer.tag(number, field.kind.wireType)
        Self.encode(value, as: field.kind, into: &writer)
      }
    }
    writer.raw(unknownFields)
  }

  private func encode(
    _ entries: [DynamicMapKey: DynamicValue], of field: FieldSchema, into writer: inout WireWriter
  ) {
    guard let (key, value) = schema.mapEntry(of: field) else { return }
    for (mapKey, mapped) in entries.sorted(by: { $0.key < $1.key }) {
      var entry = WireWriter()
      entry.tag(1, key.kind.wireType)
      Self.encode(mapKey.value(as: key.kind), as: key.kind, into: &entry)
      entry.tag(2, value.kind.wireType)
      Self.encode(mapped, as: value.kind, into: &entry)
      writer.field(field.number, entry.bytes)
    }
  }

  private static func encode(_ value: DynamicValue, as kind: FieldSchema.Kind, into writer: inout WireWriter)
  {
    switch value {
    case .double(let value): writer.fixed64(value.bitPattern)
    case .float(let value): writer.fixed32(value.bitPattern)
    case .int32(let value):
      switch kind {
      case .sint32: writer.varint(UInt64(ZigZag.encode(value)))
      case .sfixed32: writer.fixed32(UInt32(bitPattern: value))
      default: writer.varint(UInt64(bitPattern: Int64(value)))
      }
    case .int64(let value):
      switch kind {
      case .sint64: writer.varint(ZigZag.encode(value))
      case .sfixed64: writer.fixed64(UInt64(bitPattern: value))
      default: writer.varint(UInt64(bitPattern: value))
      }
    case .uint32(let value):
      if kind == .fixed32 { writer.fixed32(value) } else { writer.varint(UInt64(value)) }
    case .uint64(let value):
      if kind == .fixed64 { writer.fixed64(value) } else { writer.varint(value) }
    case .bool(let value): writer.varint(value ? 1 : 0)
    case .enumeration(let value): writer.varint(UInt64(bitPattern: Int64(value)))
    case .string(let value): writer.lengthDelimited(value.utf8)
    case .bytes(let value): writer.lengthDelimited(value)
    case .message(let value): writer.lengthDelimited(value.encoded())
    case .list, .map: preconditionFailure("a list has no encoding of its own")
    }
  }
}
