import SwiftProtobuf
import SwiftProtobufPluginLibrary

/// What things of a proto are called in Swift and in protobuf-c's C.
enum Names {
  /// Names that generated code uses and that a message must not take.
  static let reservedTypes: Set<String> = [
    "AccessPolicy", "Any", "Arena", "Array", "Bool", "BoundService", "CallOptions", "Codec", "DecodingError",
    "Dictionary", "Double", "Float", "GeneratedMessage", "Int32", "Int64", "Message", "MessageEnum",
    "MethodDescriptor", "Optional", "Protocol", "RequestStream", "ResponseWriter", "Self", "Snapshot",
    "StreamContext", "String", "Transaction", "Type", "UInt32", "UInt64", "UInt8", "Violations",
  ]
  /// Names that a scaffolded module's own code uses, beside `reservedTypes`, and that its resource must not take.
  static let scaffoldTypes: Set<String> = [
    "AreaCode", "Error", "Int", "Migration", "Module", "ModuleContract", "Page", "ProtoTimestamp", "Query",
    "Reach", "Refusal", "RefusalError", "Registrar", "Row", "Status", "TestHost",
  ]
  /// Swift modules that a module stands beside, in small letters: the compiler takes one of each name, and a host one
  /// module of each.
  static let reservedModules: Set<String> = [
    // The host's own modules and targets.
    "access", "audit", "cnghttp2", "cprotobufc", "csqlite", "formats", "host", "http2", "kernel", "limits",
    "modulekit", "moduletesting", "privacy", "protogen", "rpc", "rpctransport", "sqlite", "storage", "wire",
    "yizhan", "yizhand",
    // Namespaces of the protos beside those.
    "bulk", "events", "google",
    // What they are built on.
    "argumentparser", "configuration", "crypto", "foundation", "glibc", "logging", "niocore", "nioposix",
    "niossl",
    "swift", "swiftprotobuf", "synchronization", "testing", "unixsignals", "x509",
  ]
  private static let keywords: Set<String> = [
    "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer", "deinit", "do",
    "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard", "if",
    "import",
    "in", "init", "inout", "internal", "is", "let", "nil", "operator", "precedencegroup", "private",
    "protocol",
    "public", "repeat", "rethrows", "return", "static", "struct", "subscript", "super", "switch", "throw",
    "throws", "true", "try", "typealias", "var", "where", "while", "Any",
  ]
  /// Words that are written in capitals, except at the beginning of a name.
  private static let initialisms = ["id": "ID", "ids": "IDs", "url": "URL", "urls": "URLs", "uri": "URI"]

  /// A message's Swift type with the types that it is nested in: "HealthCheckResponse".
  static func type(_ message: Descriptor) -> String {
    qualified(message.name, in: message.containingType, message.file)
  }

  /// An enum's Swift type with the types that it is nested in.
  static func type(_ enumeration: EnumDescriptor) -> String {
    qualified(enumeration.name, in: enumeration.containingType, enumeration.file)
  }

  private static func qualified(_ name: String, in container: Descriptor?, _ file: FileDescriptor) -> String {
    if let container { return "\(type(container)).\(simple(name))" }
    let prefix = file.package == "google.protobuf" ? "Proto" : file.options.swiftPrefix
    return simple(prefix + name)
  }

  /// A type's own name. Swift has uses of its own for two names.
  static func simple(_ name: String) -> String {
    ["Type", "Protocol", "Self"].contains(name) ? "\(name)Value" : name
  }

  /// The nested enum of a oneof: its name, unless a nested type has that.
  static func type(_ oneof: OneofDescriptor) -> String {
    let name = capitalised(lowerCamel(oneof.name))
    let container: Descriptor = oneof.containingType
    let taken =
      container.messages.contains { $0.name == name } || container.enums.contains { $0.name == name }
    return simple(taken ? "\(name)Choice" : name)
  }

  /// A property: `worker_id` is `workerID`.
  static func property(_ name: String) -> String { escaped(lowerCamel(name)) }

  /// A property as generated code reaches it: through `self` where a parameter has the name.
  static func access(_ property: String) -> String {
    ["arena", "c", "entry", "index", "key", "raw", "value", "violations"].contains(property)
      ? "self.\(property)" : property
  }

  /// An enum's case without the enum's name in front: `STATE_ON_HOLD` of `State` is `onHold`.
  static func enumCase(_ value: EnumValueDescriptor) -> String {
    let prefix = upperSnake(value.enumType.name) + "_"
    var name = value.name
    if name.hasPrefix(prefix), name.count > prefix.count { name = String(name.dropFirst(prefix.count)) }
    let camel = lowerCamel(name.lowercased())
    return escaped(camel.first?.isNumber == true ? "_\(camel)" : camel)
  }

  /// A method in Swift: `ClaimWish` is `claimWish`.
  static func method(_ name: String) -> String {
    let upper = name.prefix { $0.isUppercase }
    // An initialism at the beginning is written small as a whole: `URLFor` is `urlFor`.
    let count = upper.count > 1 && upper.count < name.count ? upper.count - 1 : upper.count
    return escaped(name.prefix(count).lowercased() + name.dropFirst(count))
  }

  static func capitalised(_ name: String) -> String { name.prefix(1).uppercased() + name.dropFirst() }

  private static func lowerCamel(_ name: String) -> String {
    let words = name.split(separator: "_").map(String.init)
    guard let first = words.first else { return name }
    return first.prefix(1).lowercased() + first.dropFirst()
      + words.dropFirst().map { initialisms[$0] ?? capitalised($0) }.joined()
  }

  private static func upperSnake(_ name: String) -> String {
    var result = ""
    var previous: Character = "_"
    for character in name {
      if character.isUppercase, previous.isLowercase || previous.isNumber { result += "_" }
      result += character.uppercased()
      previous = character
    }
    return result
  }

  /// A name as Swift can read it where it is a word of the language too: `` `case` ``.
  static func escaped(_ name: String) -> String {
    if name == "self" { return "self_" }
    return keywords.contains(name) ? "`\(name)`" : name
  }
}

/// The names that protoc-gen-c gives to things.
enum CNames {
  /// The C struct of a message.
  static func structure(_ message: Descriptor) -> String {
    message.fullName.split(separator: ".").map { piece in
      piece.split(separator: "_", omittingEmptySubsequences: true).map { Names.capitalised(String($0)) }
        .joined()
    }.joined(separator: "__")
  }

  /// What a message's C functions begin with.
  static func function(_ message: Descriptor) -> String {
    message.fullName.split(separator: ".").map { piece in
      var result = ""
      var wasUpper = true
      for character in piece {
        let isUpper = character.isUppercase
        if isUpper, !wasUpper { result += "_" }
        result += character.lowercased()
        wasUpper = isUpper
      }
      return result
    }.joined(separator: "__")
  }

  /// Names for a message's fields, by number, and its oneofs, by index, that collide neither with each other nor
  /// with the members that protobuf-c adds: `base`, `n_…`, `has_…` and `…_case`.
  static func members(_ message: Descriptor) -> (fields: [Int32: String], oneofs: [Int: String]) {
    var taken: Set<String> = ["base"]
    var fields: [Int32: String] = [:]
    var oneofs: [Int: String] = [:]
    func choose(_ name: String, _ added: [String]) -> String {
      var candidate = name.lowercased()
      if keywords.contains(candidate) { candidate += "_" }
      let names = { (base: String) in [base] + added.map { $0.replacing("*", with: base) } }
      while names(candidate).contains(where: taken.contains) { candidate += "_" }
      taken.formUnion(names(candidate))
      return candidate
    }
    for oneof in message.realOneofs { oneofs[oneof.index] = choose(oneof.name, ["*_case"]) }
    for field in message.fields { fields[field.number] = choose(field.name, ["n_*", "has_*"]) }
    return (fields, oneofs)
  }

  /// Words of C and C++, which protoc-gen-c would change, and of Swift, which cannot be a member's name there.
  private static let keywords: Set<String> = [
    "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char", "class",
    "compl",
    "const", "const_cast", "continue", "default", "delete", "do", "double", "dynamic_cast", "else", "enum",
    "explicit", "extern", "false", "float", "for", "friend", "goto", "if", "inline", "int", "long", "mutable",
    "namespace", "new", "not", "not_eq", "operator", "or", "or_eq", "private", "protected", "public",
    "register",
    "reinterpret_cast", "return", "short", "signed", "sizeof", "static", "static_cast", "struct", "switch",
    "template", "this", "throw", "true", "try", "typedef", "typeid", "typename", "union", "unsigned", "using",
    "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq", "init", "self", "type", "protocol",
    "linux", "unix", "null", "errno", "stdin", "stdout", "stderr", "assert", "inline_", "restrict",
  ]
}
