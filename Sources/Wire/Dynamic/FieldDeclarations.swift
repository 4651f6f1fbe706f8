/// What a field's value must be like: the option `(yizhan.check)`, field 50101 of FieldOptions.
public struct FieldCheck: Sendable, Equatable {
  /// The field must be set: not empty, not zero, not unspecified.
  public var isRequired = false
  /// Shortest text allowed, in Unicode scalars; 0 for none.
  public var minLength: UInt32 = 0
  /// Longest text (Unicode scalars) or bytes allowed; 0 for the default of 1,000 (bytes: 1 MiB).
  public var maxLength: UInt32 = 0
  /// Smallest number allowed; nil for any.
  public var min: Int64?
  /// Largest number allowed; nil for any.
  public var max: Int64?
  /// Fewest elements allowed; 0 for none.
  public var minItems: UInt32 = 0
  /// Most elements allowed; 0 for the default of 1,000.
  public var maxItems: UInt32 = 0
  /// The number of the standard a text has to follow, in the enum `yizhan.Check.Format`.
  public var format: Int32 = 0
  /// That standard's name: "PHONE"; empty for none.
  public var formatName = ""

  mutating func merge(_ part: WireReader) throws(DecodingError) {
    var reader = part
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      guard type == .varint else {
        try reader.skip(type, number: number)
        continue
      }
      let value = try reader.varint()
      switch number {
      case 1: isRequired = value != 0
      case 2: minLength = UInt32(truncatingIfNeeded: value)
      case 3: maxLength = UInt32(truncatingIfNeeded: value)
      case 4: min = Int64(bitPattern: value)
      case 5: max = Int64(bitPattern: value)
      case 6: minItems = UInt32(truncatingIfNeeded: value)
      case 7: maxItems = UInt32(truncatingIfNeeded: value)
      case 8: format = Int32(truncatingIfNeeded: value)
      default: break
      }
    }
  }
}

/// Why a field is personal data: the option `(yizhan.personal)`, field 50102 of FieldOptions.
public struct PersonalData: Sendable, Equatable {
  /// What a value identifies, as the enum `yizhan.Personal.Kind` names it: "PHONE".
  public var kind = ""
  /// What the value is kept for: "fulfilment".
  public var purpose = ""
  /// Days after its purpose ended until the value is deleted; 0 keeps it with the register entry.
  public var retentionDays: UInt32 = 0
  /// Whether it is sensitive personal information (PIPL article 28).
  public var isSensitive = false

  mutating func merge(_ part: WireReader, kind: inout Int32) throws(DecodingError) {
    var reader = part
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      switch (number, type) {
      case (1, .varint): kind = Int32(truncatingIfNeeded: try reader.varint())
      case (2, .lengthDelimited): purpose = try reader.string()
      case (3, .varint): retentionDays = UInt32(truncatingIfNeeded: try reader.varint())
      case (4, .varint): isSensitive = try reader.varint() != 0
      default: try reader.skip(type, number: number)
      }
    }
  }
}
