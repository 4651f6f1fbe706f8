/// Turns descriptor records into the types of a `Schema`: gives every message and enum a position first,
/// so that fields can refer to types that stand behind them or in a cycle with them.
struct SchemaBuilder {
  private struct Located<Record> {
    let record: Record
    let fullName: String
    let file: Int
    let path: [Int32]
  }

  private(set) var files: [FileRecord] = []
  private(set) var messageIndexes: [String: Int] = [:]
  private(set) var enumIndexes: [String: Int] = [:]
  private var messages: [Located<MessageRecord>] = []
  private var enums: [Located<EnumRecord>] = []

  init(_ serialized: [[UInt8]]) throws(SchemaError) {
    guard serialized.count <= Schema.filesLimit,
      serialized.reduce(0, { $0 + $1.count }) <= Schema.descriptorsLimitBytes
    else { throw .tooLarge }
    var seen: Set<String> = []
    for bytes in serialized {
      let file: FileRecord
      do throws(DecodingError) { file = try FileRecord(bytes) } catch { throw .undecodable(error) }
      guard file.syntax == "" || file.syntax == "proto2" || file.syntax == "proto3" else {
        throw .unsupportedSyntax(file.syntax, file: file.name)
      }
      if seen.insert(file.name).inserted { files.append(file) }
    }
    for (position, file) in files.enumerated() {
      for (index, message) in file.messages.enumerated() {
        try add(message, in: file.package, file: position, path: [4, Int32(index)])
      }
      for (index, record) in file.enums.enumerated() {
        try add(record, in: file.package, file: position, path: [5, Int32(index)])
      }
    }
  }

  private static func join(_ scope: String, _ name: String) -> String {
    scope.isEmpty ? name : "\(scope).\(name)"
  }

  private mutating func add(_ record: MessageRecord, in scope: String, file: Int, path: [Int32])
    throws(SchemaError)
  {
    let fullName = Self.join(scope, record.name)
    guard messageIndexes.updateValue(messages.count, forKey: fullName) == nil else {
      throw .duplicate(fullName)
    }
    messages.append(Located(record: record, fullName: fullName, file: file, path: path))
    for (index, nested) in record.messages.enumerated() {
      try add(nested, in: fullName, file: file, path: path + [3, Int32(index)])
    }
    for (index, nested) in record.enums.enumerated() {
      try add(nested, in: fullName, file: file, path: path + [4, Int32(index)])
    }
  }

  private mutating func add(_ record: EnumRecord, in scope: String, file: Int, path: [Int32])
    throws(SchemaError)
  {
    let fullName = Self.join(scope, record.name)
    guard enumIndexes.updateValue(enums.count, forKey: fullName) == nil else { throw .duplicate(fullName) }
    enums.append(Located(record: record, fullName: fullName, file: file, path: path))
  }

  private func comment(_ file: Int, _ path: [Int32]) -> String { files[file].comments[path] ?? "" }

  /// The comment at each package, path 2 of a file; licences and the like stand above the syntax.
  func packageComments() -> [String: String] {
    var comments: [String: String] = [:]
    for file in files {
      if let comment = file.comments[[2]], comments[file.package] == nil { comments[file.package] = comment }
    }
    return comments
  }

  func buildEnums() -> [EnumSchema] {
    enums.map { located in
      EnumSchema(
        fullName: located.fullName, name: located.record.name, comment: comment(located.file, located.path),
        values: located.record.values.enumerated().map { index, value in
          EnumSchema.Value(
            name: value.name, number: value.number,
            comment: comment(located.file, located.path + [2, Int32(index)]))
        })
    }
  }

  func buildMessages() throws(SchemaError) -> [MessageSchema] {
    var built: [MessageSchema] = []
    for located in messages {
      let record = located.record
      // Oneofs that the compiler makes for `optional` fields come last and are not shown.
      let synthetic = Set(record.fields.filter(\.isProto3Optional).compactMap(\.oneofIndex))
      let shown = record.oneofs.indices.filter { !synthetic.contains($0) }
      var fields: [FieldSchema] = []
      for (index, field) in record.fields.enumerated() {
        let oneof = field.isProto3Optional ? nil : field.oneofIndex.flatMap { shown.firstIndex(of: $0) }
        let comment = comment(located.file, located.path + [2, Int32(index)])
        if let schema = try build(field, in: located.fullName, file: located.file, oneof: oneof, comment) {
          fields.append(schema)
        }
      }
      let oneofs = shown.enumerated().map { position, index in
        OneofSchema(
          name: record.oneofs[index], comment: comment(located.file, located.path + [8, Int32(index)]),
          fieldNumbers: fields.filter { $0.oneofIndex == position }.map(\.number))
      }
      built.append(
        MessageSchema(
          fullName: located.fullName, name: record.name, comment: comment(located.file, located.path),
          fields: fields, oneofs: oneofs, isMapEntry: record.isMapEntry))
    }
    return built
  }

  /// Builds a field; nil for a group, which stays among the unknown fields.
  private func build(
    _ record: FieldRecord, in message: String, file: Int, oneof: Int?, _ comment: String
  ) throws(SchemaError) -> FieldSchema? {
    let owner = "\(message).\(record.name)"
    guard record.number > 0, record.number <= 536_870_911, (1...3).contains(record.label) else {
      throw .invalid(owner)
    }
    if record.type == 10 { return nil }
    guard let kind = try kind(of: record, owner: owner) else { throw .invalid(owner) }
    var isMap = false
    if case .message(let index) = kind, record.label == 3, messages[index].record.isMapEntry { isMap = true }
    var isMessage = false
    if case .message = kind { isMessage = true }
    let isProto3 = files[file].syntax == "proto3"
    let isPackable = kind != .string && kind != .bytes && !isMessage
    var check = record.check
    if let format = check?.format, format != 0 {
      check?.formatName = valueName("yizhan.Check.Format", format)
    }
    var personal = record.personal?.data
    if let number = record.personal?.kind { personal?.kind = valueName("yizhan.Personal.Kind", number) }
    return FieldSchema(
      record, kind: kind, isMap: isMap,
      isPacked: record.label == 3 && isPackable && (record.isPacked ?? isProto3),
      hasPresence: record.label != 3
        && (isMessage || record.isProto3Optional || record.oneofIndex != nil || !isProto3),
      oneofIndex: oneof, comment: comment, check: check, personal: personal)
  }

  private func kind(of record: FieldRecord, owner: String) throws(SchemaError) -> FieldSchema.Kind? {
    switch record.type {
    case 1: .double
    case 2: .float
    case 3: .int64
    case 4: .uint64
    case 5: .int32
    case 6: .fixed64
    case 7: .fixed32
    case 8: .bool
    case 9: .string
    case 11: .message(try position(of: record.typeName, in: messageIndexes, usedBy: owner))
    case 12: .bytes
    case 13: .uint32
    case 14: .enumeration(try position(of: record.typeName, in: enumIndexes, usedBy: owner))
    case 15: .sfixed32
    case 16: .sfixed64
    case 17: .sint32
    case 18: .sint64
    default: nil
    }
  }

  private func position(of typeName: String, in indexes: [String: Int], usedBy user: String)
    throws(SchemaError) -> Int
  {
    let name = typeName.hasPrefix(".") ? String(typeName.dropFirst()) : typeName
    guard let index = indexes[name] else { throw .unknownType(name, usedBy: user) }
    return index
  }

  /// The name of an enum's value as the schema itself declares it, or its number.
  private func valueName(_ enumeration: String, _ number: Int32) -> String {
    let values = enumIndexes[enumeration].map { enums[$0].record.values } ?? []
    return values.first { $0.number == number }?.name ?? String(number)
  }

  func buildServices() throws(SchemaError) -> [ServiceSchema] {
    var built: [ServiceSchema] = []
    for (position, file) in files.enumerated() {
      for (index, service) in file.services.enumerated() {
        let fullName = Self.join(file.package, service.name)
        let path: [Int32] = [6, Int32(index)]
        var methods: [MethodSchema] = []
        for (methodIndex, method) in service.methods.enumerated() {
          let owner = "\(fullName).\(method.name)"
          methods.append(
            MethodSchema(
              method, service: fullName, comment: comment(position, path + [2, Int32(methodIndex)]),
              inputIndex: try self.position(of: method.inputType, in: messageIndexes, usedBy: owner),
              outputIndex: try self.position(of: method.outputType, in: messageIndexes, usedBy: owner),
              roles: method.roles.map { valueName("yizhan.Method.Role", $0) },
              scope: method.scope == 0 ? "" : valueName("yizhan.Method.Scope", method.scope)))
        }
        built.append(
          ServiceSchema(
            fullName: fullName, name: service.name, package: file.package,
            comment: comment(position, path), methods: methods))
      }
    }
    return built
  }
}
