/// A message type of a `Schema`.
public final class MessageSchema: Sendable {
  /// The name with package and outer messages: "yizhan.wishes.v1.Wish".
  public let fullName: String
  /// The last part of the name: "Wish".
  public let name: String
  /// The comment in the `.proto`; empty if there is none.
  public let comment: String
  /// The fields in the order of their declaration.
  public let fields: [FieldSchema]
  /// The oneofs, without those that the compiler makes for `optional`.
  public let oneofs: [OneofSchema]
  /// Whether the message is the entry of a map field.
  public let isMapEntry: Bool

  private let positionsByNumber: [Int32: Int]
  private let positionsByName: [String: Int]

  init(
    fullName: String, name: String, comment: String, fields: [FieldSchema], oneofs: [OneofSchema],
    isMapEntry: Bool
  ) {
    self.fullName = fullName
    self.name = name
    self.comment = comment
    self.fields = fields
    self.oneofs = oneofs
    self.isMapEntry = isMapEntry
    var byNumber: [Int32: Int] = [:]
    var byName: [String: Int] = [:]
    for (position, field) in fields.enumerated() {
      byNumber[field.number] = position
      byName[field.jsonName] = position
    }
    // A proto name wins over another field's JSON name: proto names are unique by themselves.
    for (position, field) in fields.enumerated() { byName[field.name] = position }
    positionsByNumber = byNumber
    positionsByName = byName
  }

  /// The field of that number.
  public func field(number: Int32) -> FieldSchema? { positionsByNumber[number].map { fields[$0] } }

  /// The field of that name, as the `.proto` or as JSON spells it.
  public func field(named name: String) -> FieldSchema? { positionsByName[name].map { fields[$0] } }
}

/// A field of a `MessageSchema`.
public final class FieldSchema: Sendable {
  /// What a field holds. Messages and enums are positions in `Schema.messages` and `Schema.enums`.
  public enum Kind: Sendable, Equatable {
    case double, float, int64, uint64, int32, fixed64, fixed32, bool, string
    case bytes, uint32, sfixed32, sfixed64, sint32, sint64
    case message(Int)
    case enumeration(Int)
  }

  /// The name in the `.proto`: "contact_phone".
  public let name: String
  /// The name in JSON: "contactPhone".
  public let jsonName: String
  /// The number on the wire.
  public let number: Int32
  /// What it holds; for a repeated field, what each element holds.
  public let kind: Kind
  /// Whether it holds any number of elements; true for maps too.
  public let isRepeated: Bool
  /// Whether it is a map.
  public let isMap: Bool
  /// Whether elements are written without a tag each.
  public let isPacked: Bool
  /// Whether unset differs from the default value: `optional`, submessages, members of a oneof, proto2.
  public let hasPresence: Bool
  /// The position of its oneof in `MessageSchema.oneofs`; nil if it is in none.
  public let oneofIndex: Int?
  /// The comment in the `.proto`; empty if there is none.
  public let comment: String
  /// Whether it is marked `deprecated`.
  public let isDeprecated: Bool
  /// The option `(yizhan.check)`.
  public let check: FieldCheck?
  /// The option `(yizhan.personal)`.
  public let personal: PersonalData?

  init(
    _ record: FieldRecord, kind: Kind, isMap: Bool, isPacked: Bool, hasPresence: Bool, oneofIndex: Int?,
    comment: String, check: FieldCheck?, personal: PersonalData?
  ) {
    name = record.name
    jsonName = record.jsonName.isEmpty ? Self.jsonName(of: record.name) : record.jsonName
    number = record.number
    self.kind = kind
    isRepeated = record.label == 3
    self.isMap = isMap
    self.isPacked = isPacked
    self.hasPresence = hasPresence
    self.oneofIndex = oneofIndex
    self.comment = comment
    isDeprecated = record.isDeprecated
    self.check = check
    self.personal = personal
  }

  /// The name that JSON uses where none is declared: underscores go, the letter behind each is upper case.
  static func jsonName(of name: String) -> String {
    var result = ""
    var raises = false
    for scalar in name.unicodeScalars {
      if scalar == "_" {
        raises = true
      } else {
        result.unicodeScalars += raises ? Array(scalar.properties.uppercaseMapping.unicodeScalars) : [scalar]
        raises = false
      }
    }
    return result
  }
}

/// A oneof: at most one of its fields is set.
public struct OneofSchema: Sendable {
  /// The name in the `.proto`.
  public let name: String
  /// The comment in the `.proto`; empty if there is none.
  public let comment: String
  /// The numbers of its fields.
  public let fieldNumbers: [Int32]
}

/// An enum type of a `Schema`. Enums are open: a number without a name is a value too.
public final class EnumSchema: Sendable {
  /// One named value.
  public struct Value: Sendable, Equatable {
    /// The name in the `.proto`: "STATE_LISTED".
    public let name: String
    /// The number on the wire.
    public let number: Int32
    /// The comment in the `.proto`; empty if there is none.
    public let comment: String
  }

  /// The name with package and outer messages.
  public let fullName: String
  /// The last part of the name: "State".
  public let name: String
  /// The comment in the `.proto`; empty if there is none.
  public let comment: String
  /// The values in the order of their declaration.
  public let values: [Value]

  private let namesByNumber: [Int32: String]
  private let numbersByName: [String: Int32]

  init(fullName: String, name: String, comment: String, values: [Value]) {
    self.fullName = fullName
    self.name = name
    self.comment = comment
    self.values = values
    // Aliases: the first name of a number is the one that is written.
    namesByNumber = Dictionary(values.map { ($0.number, $0.name) }, uniquingKeysWith: { first, _ in first })
    numbersByName = Dictionary(values.map { ($0.name, $0.number) }, uniquingKeysWith: { first, _ in first })
  }

  /// The name of a number; nil if it has none.
  public func name(of number: Int32) -> String? { namesByNumber[number] }

  /// The number of a name, as the `.proto` spells it.
  public func number(of name: String) -> Int32? { numbersByName[name] }
}

/// A service of a `Schema`.
public final class ServiceSchema: Sendable {
  /// The name with its package: "yizhan.wishes.v1.WishService".
  public let fullName: String
  /// The last part of the name: "WishService".
  public let name: String
  /// The package: "yizhan.wishes.v1".
  public let package: String
  /// The comment in the `.proto`; empty if there is none.
  public let comment: String
  /// The methods in the order of their declaration.
  public let methods: [MethodSchema]

  init(fullName: String, name: String, package: String, comment: String, methods: [MethodSchema]) {
    self.fullName = fullName
    self.name = name
    self.package = package
    self.comment = comment
    self.methods = methods
  }
}

/// A method of a `ServiceSchema`.
public final class MethodSchema: Sendable {
  /// How the host runs a method, from the option `(yizhan.method)`.
  public enum Kind: Sendable {
    case unspecified, read, report, write, stream

    init(number: UInt64) {
      switch number {
      case 1: self = .read
      case 2: self = .report
      case 3: self = .write
      case 4: self = .stream
      default: self = .unspecified
      }
    }
  }

  /// The name: "ClaimWish".
  public let name: String
  /// The `:path` of its calls: "/yizhan.wishes.v1.WishService/ClaimWish".
  public let path: String
  /// The comment in the `.proto`; empty if there is none.
  public let comment: String
  /// The position of the request's type in `Schema.messages`.
  public let inputIndex: Int
  /// The position of the reply's type in `Schema.messages`.
  public let outputIndex: Int
  /// Whether the client sends a stream.
  public let isClientStreaming: Bool
  /// Whether the server sends a stream.
  public let isServerStreaming: Bool
  /// Whether it is marked `deprecated`.
  public let isDeprecated: Bool
  /// How the host runs it; `unspecified` where the option is missing.
  public let kind: Kind
  /// Who may call it, by the names of `yizhan.Method.Role`: ["PARTNER", "STAFF"].
  public let roles: [String]
  /// Which of the things that exist a caller may reach, by the name of `yizhan.Method.Scope`: "AREA"; empty where the
  /// option is missing.
  public let scope: String

  init(
    _ record: MethodRecord, service: String, comment: String, inputIndex: Int, outputIndex: Int,
    roles: [String], scope: String
  ) {
    name = record.name
    path = "/\(service)/\(record.name)"
    self.comment = comment
    self.inputIndex = inputIndex
    self.outputIndex = outputIndex
    isClientStreaming = record.isClientStreaming
    isServerStreaming = record.isServerStreaming
    isDeprecated = record.isDeprecated
    kind = record.kind
    self.roles = roles
    self.scope = scope
  }
}
