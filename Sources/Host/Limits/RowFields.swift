import Wire

/// Which fields of a message hold rows: repeated messages at its top level, as `wishes` in ListWishesResponse. A message
/// with an identifier of its own is one row, whatever it holds, as a Worker with their employments.
struct RowFields: Sendable, Equatable {
  /// Bit n stands for field number n; rows in fields above 63 are not counted.
  private let bits: UInt64

  init(_ numbers: [Int32]) {
    bits = numbers.filter { (1..<64).contains($0) }.reduce(0) { $0 | 1 << UInt64($1) }
  }

  /// The fields of a message type that hold rows.
  init(_ message: MessageSchema) {
    if message.fields.contains(where: { $0.name == "id" }) {
      self.init([])
      return
    }
    self.init(
      message.fields.filter { field in
        if case .message = field.kind { field.isRepeated && !field.isMap } else { false }
      }.map(\.number))
  }

  /// How many rows an encoded message holds; a message of a type without such fields is one row.
  ///
  /// Walks over the fields without looking into them: some nanoseconds for each. Ends at the first byte that is not
  /// protobuf's encoding.
  /// Source: protobuf.dev, "Encoding".
  func count(in message: UnsafeRawBufferPointer) -> Int {
    if bits == 0 { return 1 }
    var rows = 0
    var offset = 0
    while offset < message.count {
      guard let tag = Self.varint(message, &offset) else { break }
      switch tag & 7 {
      case 0: guard Self.varint(message, &offset) != nil else { return rows }
      case 1: offset += 8
      case 2:
        guard let length = Self.varint(message, &offset), length <= UInt64(message.count - offset) else {
          return rows
        }
        offset += Int(length)
        let number = tag >> 3
        if number < 64, bits & (1 << number) != 0 { rows += 1 }
      case 5: offset += 4
      default: return rows
      }
    }
    return rows
  }

  @inline(__always)
  private static func varint(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> UInt64? {
    // Nearly every number here is below 128.
    if offset < bytes.count, bytes[offset] < 0x80 {
      offset += 1
      return UInt64(bytes[offset - 1])
    }
    return longVarint(bytes, &offset)
  }

  private static func longVarint(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while offset < bytes.count, shift < 64 {
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }
}

/// The row fields of a method's request and reply.
struct MethodRows: Sendable {
  let request: RowFields
  let reply: RowFields

  /// A method whose every message is one row.
  static let single = MethodRows(request: RowFields([]), reply: RowFields([]))

  /// The row fields of methods, by path, from the descriptors of everything served.
  /// - Throws: `SchemaError` for descriptors that refer to what is not there.
  static func all(in files: [[UInt8]]) throws(SchemaError) -> [String: MethodRows] {
    let schema = try Schema(files: files)
    var rows: [String: MethodRows] = [:]
    for method in schema.services.flatMap(\.methods) {
      rows[method.path] = MethodRows(
        request: RowFields(schema.messages[method.inputIndex]),
        reply: RowFields(schema.messages[method.outputIndex]))
    }
    return rows
  }
}
