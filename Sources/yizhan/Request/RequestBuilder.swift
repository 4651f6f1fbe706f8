import Wire

/// Makes a request from options.
struct RequestBuilder {
  let type: MessageSchema
  let schema: Schema
  let flags: [FieldFlag]
  let parser: ValueParser

  init(type: MessageSchema, schema: Schema, flags: [FieldFlag]) {
    self.type = type
    self.schema = schema
    self.flags = flags
    parser = ValueParser(schema: schema)
  }

  /// Builds the request: `--request` first, then the options over it.
  /// - Throws: `UsageError` that names the option at fault.
  func build(_ parsed: ParsedArguments, base: [UInt8]?) throws -> DynamicMessage {
    var message = DynamicMessage(type, in: schema)
    if let base {
      do throws(JSONError) {
        message = try DynamicMessage(json: try JSONValue(parsing: base), as: type, in: schema)
      } catch {
        throw UsageError("the request is not a \(type.name): \(error)")
      }
    }
    for flag in flags {
      let given = parsed.options.filter { $0.name == flag.name }
      if given.isEmpty { continue }
      let value = try value(of: flag, given.map { $0.value ?? "true" })
      message.set(value, at: flag.path[...])
    }
    return message
  }

  private func value(of flag: FieldFlag, _ texts: [String]) throws -> DynamicValue {
    do {
      if let (key, value) = schema.mapEntry(of: flag.field) {
        var entries: [DynamicMapKey: DynamicValue] = [:]
        for text in texts {
          let (mapKey, mapped) = try parser.entry(text, key: key, value: value)
          entries[mapKey] = mapped
        }
        return .map(entries)
      }
      guard flag.field.isRepeated else { return try parser.value(texts[texts.count - 1], of: flag.field) }
      return .list(try elements(texts, of: flag.field))
    } catch let problem as ValueParser.Problem {
      throw UsageError("--\(flag.name) \(problem.message)", hint: problem.hint)
    }
  }

  /// The elements of a repeated field. Enums and numbers may stand in one value with commas between.
  private func elements(_ texts: [String], of field: FieldSchema) throws -> [DynamicValue] {
    var elements: [DynamicValue] = []
    for text in texts {
      switch field.kind {
      case .string, .bytes, .message: elements.append(try parser.value(text, of: field))
      default:
        for part in text.split(separator: ",") { elements.append(try parser.value(part.trimmed, of: field)) }
      }
    }
    return elements
  }

  /// The options of required fields that are unset, so that the caller hears it before anything is sent.
  func missing(in message: DynamicMessage) -> [FieldFlag] {
    flags.filter { flag in
      guard flag.field.check?.isRequired == true else { return false }
      var holder = message
      for field in flag.path.dropLast() {
        guard case .message(let child)? = holder[field] else { return false }
        holder = child
      }
      return holder[flag.field] == nil
    }
  }
}

extension DynamicMessage {
  /// Sets a field of a submessage, and makes the submessages on the way to it.
  mutating func set(_ value: DynamicValue, at path: ArraySlice<FieldSchema>) {
    guard let field = path.first else { return }
    if path.count == 1 {
      self[field] = value
      return
    }
    guard let type = schema.message(of: field) else { return }
    var child = DynamicMessage(type, in: schema)
    if case .message(let present)? = self[field] { child = present }
    child.set(value, at: path.dropFirst())
    self[field] = .message(child)
  }
}
