import Wire

/// A column of a table: a field of the rows, or a field of a submessage of theirs.
struct Column: Sendable {
  var path: [FieldSchema]

  /// The name that `--columns` takes: "employment.station".
  var name: String { path.map(\.name).joined(separator: ".") }
  var heading: String { ValueText.heading(path) }

  /// The cell of a row; empty where the field is unset.
  func text(_ row: DynamicMessage, _ values: ValueText) -> String {
    var holder = row
    for field in path.dropLast() {
      guard case .message(let child)? = holder[field] else { return "" }
      holder = child
    }
    guard let field = path.last, let value = holder[field] else { return "" }
    return values.text(value, of: field)
  }

  /// The cell of a row in a file that spreadsheets open.
  func csv(_ row: DynamicMessage, _ values: ValueText) -> String {
    let text = text(row, values)
    return path.last.map(values.isText) == true ? CSV.guarded(text) : text
  }

  /// Columns less important than this are shown only where there is room for everything.
  static let rarelyWanted = 30

  /// Whether a part of the text still says something: not so of identifiers, which are copied, and of times.
  var canBeCut: Bool {
    guard let field = path.last else { return true }
    return field.isRepeated || (field.kind == .string && importance < 100 && !field.name.hasSuffix("id"))
  }

  /// How much people want to see a column where not all fit; the highest stay.
  var importance: Int {
    guard let field = path.last else { return 0 }
    switch field.name {
    case "id", "code": return 100
    case "name", "title": return 95
    case "state", "status": return 90
    case "etag": return 0
    case "update_time": return 20
    case "phone", "contact_phone": return 65
    case "area_code": return 60
    default: break
    }
    if path.count > 1 { return 15 }
    if field.isRepeated { return 25 }
    switch field.kind {
    case .enumeration: return 70
    case .bool: return 35
    case .string: return field.name.hasSuffix("_id") ? 45 : 50
    // Times and the like: shorter than an identifier, and more telling.
    case .message: return 48
    case .bytes: return 5
    default: return 55
    }
  }

  /// The columns that a message's fields make: those that fit on one line.
  /// - Parameter nested: takes the fields of submessages too, for CSV.
  static func all(_ type: MessageSchema, in schema: Schema, nested: Bool) -> [Column] {
    var columns: [Column] = []
    var ancestors: Set<String> = []
    collect(type, schema, [], &ancestors, nested, into: &columns)
    return columns
  }

  private static func collect(
    _ type: MessageSchema, _ schema: Schema, _ prefix: [FieldSchema], _ ancestors: inout Set<String>,
    _ nested: Bool, into columns: inout [Column]
  ) {
    ancestors.insert(type.fullName)
    let values = ValueText(schema: schema)
    for field in type.fields {
      let path = prefix + [field]
      if values.isPlain(field) {
        columns.append(Column(path: path))
      } else if nested, let child = schema.message(of: field) {
        if field.isRepeated || ancestors.contains(child.fullName) {
          columns.append(Column(path: path))
        } else {
          collect(child, schema, path, &ancestors, nested, into: &columns)
        }
      }
    }
    ancestors.remove(type.fullName)
  }

  /// The columns of those names.
  /// - Throws: `UsageError` for a name that is no field of the rows.
  static func named(_ names: [String], of type: MessageSchema, in schema: Schema) throws -> [Column] {
    try names.map { name in
      var path: [FieldSchema] = []
      var holder: MessageSchema? = type
      for part in name.split(separator: ".") {
        let spelled = String(part).replacing("-", with: "_").lowercased()
        guard let field = holder?.field(named: spelled) ?? holder?.field(named: String(part)) else {
          let known = (holder ?? type).fields.map(\.name)
          throw UsageError(
            "\(type.name) has no column \"\(name)\"",
            hint: Suggestions.nearest(to: String(part), among: known).map { "did you mean \($0)?" }
              ?? "columns: \(known.joined(separator: ", "))")
        }
        path.append(field)
        holder = field.isRepeated ? nil : schema.message(of: field)
      }
      return Column(path: path)
    }
  }
}
