import ModuleKit

/// Makes requests that keep to what their fields declare, from their descriptors alone.
struct RequestMaker {
  /// SplitMix64 (Steele, Lea, Flood 2014), so that a run can be repeated.
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var number = state
      number = (number ^ (number >> 30)) &* 0xbf58_476d_1ce4_e5b9
      number = (number ^ (number >> 27)) &* 0x94d0_49bb_1331_11eb
      return number ^ (number >> 31)
    }
  }

  /// Areas within each other, the wider ones first.
  static let areas = ["410000", "410300", "410304", "410304001"]
  /// Messages within messages that are filled at most.
  private static let depthLimit = 4
  /// For the digits of a number.
  private static let letters = Array("子丑寅卯辰巳午未申酉")
  /// Left out: what belongs to one page, one version or one selection, which nothing made up is.
  private static let left: Set<String> = ["page_token", "etag", "update_mask", "expire_time"]

  private var numbers: Numbers
  private var count = 0

  init(seed: UInt64) { numbers = Numbers(state: seed) }

  /// Whether a request holds one of the areas that requests are made with.
  static func namesArea(in request: [UInt8]) -> Bool {
    let text = String(decoding: request, as: UTF8.self)
    return areas.contains { text.contains($0) }
  }

  /// One of some elements; nil of none.
  mutating func one<T>(of elements: [T]) -> T? { elements.randomElement(using: &numbers) }

  /// A request of a type.
  /// - Parameters:
  ///   - noun: what kind of thing the method is about: the name of what it returns.
  ///   - known: what there is to refer to.
  mutating func request(_ type: MessageSchema, in schema: Schema, noun: String, known: KnownThings) -> [UInt8]
  {
    message(type, schema, noun, known, depth: 0).encoded()
  }

  private mutating func message(
    _ type: MessageSchema, _ schema: Schema, _ noun: String, _ known: KnownThings, depth: Int
  ) -> DynamicMessage {
    var message = DynamicMessage(type, in: schema)
    count += 1
    // Few fields get far; many find out what fields do to each other.
    let share: Double = [0, 0.15, 0.5].randomElement(using: &numbers) ?? 0
    for field in type.fields where !field.isMap && !Self.left.contains(field.name) {
      let check = field.check
      let isNeeded = check?.isRequired == true || (check?.minItems ?? 0) > 0 || (check?.min ?? 0) > 0
      guard isNeeded || (depth < Self.depthLimit && Double.random(in: 0..<1, using: &numbers) < share) else {
        continue
      }
      if field.isRepeated {
        let size = min(Int(max(check?.minItems ?? 0, 1)), 4)
        let elements = (0..<size).compactMap { _ in value(field, check, schema, noun, known, depth) }
        message[field] = .list(elements)
      } else if let value = value(field, check, schema, noun, known, depth) {
        message[field] = value
      }
    }
    return message
  }

  private mutating func value(
    _ field: FieldSchema, _ check: FieldCheck?, _ schema: Schema, _ noun: String, _ known: KnownThings,
    _ depth: Int
  ) -> DynamicValue? {
    let least = max(check?.min ?? 1, 1)
    let number = Int64.random(in: least...max(least, min(check?.max ?? 3, least + 3)), using: &numbers)
    switch field.kind {
    case .double: return .double(coordinate(field.name))
    case .float: return .float(Float(coordinate(field.name)))
    case .int32, .sint32, .sfixed32: return .int32(Int32(clamping: number))
    case .int64, .sint64, .sfixed64: return .int64(number)
    case .uint32, .fixed32: return .uint32(UInt32(clamping: number))
    case .uint64, .fixed64: return .uint64(UInt64(number))
    case .bool: return .bool(Bool.random(using: &numbers))
    case .bytes: return .bytes([7])
    case .string: return .string(text(field.name, check, noun, known))
    case .enumeration(let index):
      return one(of: schema.enums[index].values.filter { $0.number != 0 }).map { .enumeration($0.number) }
    case .message(let index):
      let type = schema.messages[index]
      guard depth < Self.depthLimit, !type.fullName.hasPrefix("google.protobuf.") else { return nil }
      return .message(message(type, schema, noun, known, depth: depth + 1))
    }
  }

  /// A place in Luoyang, or 1.
  private func coordinate(_ name: String) -> Double {
    name.hasSuffix("latitude") ? 34.7 : name.hasSuffix("longitude") ? 112.5 : 1
  }

  private mutating func text(_ name: String, _ check: FieldCheck?, _ noun: String, _ known: KnownThings)
    -> String
  {
    if let value = one(of: known.values(for: name, noun: noun)) { return value }
    switch check?.formatName {
    case "UUID": return identifier()
    case _ where name == "code" || name.contains("area"): return one(of: Self.areas) ?? ""
    // Decimal digits are hexadecimal ones too.
    case _ where name.hasSuffix("sha256"): return digits(64)
    case "DATE": return "2026-01-05"
    case "PHONE": return "139" + digits(8)
    // The example of GB 11643-1999.
    case "IDENTITY_NUMBER": return "11010519491231002X"
    case "KEY": return "key-" + digits(8)
    default: break
    }
    // Letters only: a name has no digits.
    let text = "甲" + String(count).map { Self.letters[$0.wholeNumberValue ?? 0] }
    let padded = text + String(repeating: "乙", count: Int(check?.minLength ?? 0))
    guard let longest = check?.maxLength, longest > 0 else { return padded }
    return String(padded.prefix(Int(longest)))
  }

  private mutating func digits(_ count: Int) -> String {
    (0..<count).reduce(into: "") { text, _ in text += String(Int.random(in: 0...9, using: &numbers)) }
  }

  /// A UUID that stands for nothing.
  private mutating func identifier() -> String { "018f3c5e-7b1a-7c3d-9e2f-0000" + digits(8) }
}
