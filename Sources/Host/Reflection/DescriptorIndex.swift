import Wire

/// The descriptors of all served protos: files by name, by the symbols they declare and by the extensions they add.
struct DescriptorIndex: Sendable {
  /// A google.protobuf.FileDescriptorProto, encoded, and what reflection needs to know of it.
  struct File: Sendable {
    let name: String
    let bytes: [UInt8]
    let dependencies: [String]
    fileprivate(set) var symbols: [String] = []
    fileprivate(set) var services: [String] = []
    fileprivate(set) var methods: [String] = []
    fileprivate(set) var extensions: [(extendee: String, number: Int32)] = []
  }

  /// The full names of all services declared.
  private(set) var services: Set<String> = []
  /// The paths of all methods declared: "/package.Service/Method".
  private(set) var methodPaths: Set<String> = []
  private var files: [String: File] = [:]
  private var fileOfSymbol: [String: String] = [:]
  private var fileOfExtension: [String: [Int32: String]] = [:]

  /// Adds the files of a google.protobuf.FileDescriptorSet. A file that is there already is left as it is: modules
  /// share imports.
  /// - Throws: `DecodingError` for bytes that are no such set.
  mutating func add(fileDescriptorSet bytes: [UInt8]) throws {
    var reader = WireReader(bytes)
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      guard number == 1, type == .lengthDelimited else {
        try reader.skip(type, number: number)
        continue
      }
      add(try File(reading: reader.lengthDelimited()))
    }
  }

  private mutating func add(_ file: File) {
    guard files[file.name] == nil else { return }
    files[file.name] = file
    services.formUnion(file.services)
    methodPaths.formUnion(file.methods)
    for symbol in file.symbols { fileOfSymbol[symbol] = file.name }
    for added in file.extensions { fileOfExtension[added.extendee, default: [:]][added.number] = file.name }
  }

  /// Every file, encoded.
  var fileBytes: [[UInt8]] { files.values.map(\.bytes) }

  /// A file and everything that it imports, importers first; nil if there is none of that name.
  func files(named name: String) -> [[UInt8]]? {
    guard files[name] != nil else { return nil }
    var found: [[UInt8]] = []
    var seen: Set<String> = [name]
    var waiting = [name]
    while let next = waiting.popLast() {
      guard let file = files[next] else { continue }
      found.append(file.bytes)
      for dependency in file.dependencies where seen.insert(dependency).inserted {
        waiting.append(dependency)
      }
    }
    return found
  }

  /// The file that declares a service, method, message, field, enum or enum value, with what it imports.
  func files(declaring symbol: String) -> [[UInt8]]? {
    fileOfSymbol[symbol].flatMap { files(named: $0) }
  }

  /// The file that adds an extension to a message, with what it imports.
  func files(extending message: String, number: Int32) -> [[UInt8]]? {
    fileOfExtension[message]?[number].flatMap { files(named: $0) }
  }

  /// The numbers of all extensions of a message; nil if the message is unknown.
  func extensionNumbers(of message: String) -> [Int32]? {
    if let known = fileOfExtension[message] { return known.keys.sorted() }
    return fileOfSymbol[message] == nil ? nil : []
  }
}

/// Reads names out of descriptors. Field numbers are those of google/protobuf/descriptor.proto.
extension DescriptorIndex.File {
  /// Deepest nesting of messages in messages.
  private static let depthLimit = 32

  fileprivate init(reading source: WireReader) throws {
    var name = ""
    var package = ""
    var dependencies: [String] = []
    var declarations: [(number: Int32, reader: WireReader)] = []
    var reader = source
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      switch (number, type) {
      case (1, .lengthDelimited): name = try reader.string()
      case (2, .lengthDelimited): package = try reader.string()
      case (3, .lengthDelimited): dependencies.append(try reader.string())
      case (4...7, .lengthDelimited): declarations.append((number, try reader.lengthDelimited()))
      default: try reader.skip(type, number: number)
      }
    }
    self.init(name: name, bytes: source.remaining(), dependencies: dependencies)
    let prefix = package.isEmpty ? "" : package + "."
    for (number, declaration) in declarations {
      switch number {
      case 4: try readMessage(declaration, prefix, depth: 0)
      case 5: try readEnum(declaration, prefix)
      case 6: try readService(declaration, prefix)
      default: try readExtension(declaration, prefix)
      }
    }
  }

  private init(name: String, bytes: [UInt8], dependencies: [String]) {
    self.name = name
    self.bytes = bytes
    self.dependencies = dependencies
  }

  private mutating func readMessage(_ source: WireReader, _ prefix: String, depth: Int) throws {
    guard depth < Self.depthLimit else { throw DecodingError.tooLarge }
    let parts = try Self.parts(of: source, nested: [2, 3, 4, 6, 8])
    let name = prefix + parts.name
    symbols.append(name)
    for (number, part) in parts.nested {
      switch number {
      case 2, 8: symbols.append("\(name).\(try Self.parts(of: part, nested: []).name)")
      case 3: try readMessage(part, name + ".", depth: depth + 1)
      case 4: try readEnum(part, name + ".")
      default: try readExtension(part, name + ".")
      }
    }
  }

  private mutating func readEnum(_ source: WireReader, _ prefix: String) throws {
    let parts = try Self.parts(of: source, nested: [2])
    symbols.append(prefix + parts.name)
    // Values of an enum stand beside it, not in it (protobuf follows C++ here).
    for (_, value) in parts.nested { symbols.append(prefix + (try Self.parts(of: value, nested: []).name)) }
  }

  private mutating func readService(_ source: WireReader, _ prefix: String) throws {
    let parts = try Self.parts(of: source, nested: [2])
    let name = prefix + parts.name
    symbols.append(name)
    services.append(name)
    for (_, method) in parts.nested {
      let methodName = try Self.parts(of: method, nested: []).name
      symbols.append("\(name).\(methodName)")
      methods.append("/\(name)/\(methodName)")
    }
  }

  private mutating func readExtension(_ source: WireReader, _ prefix: String) throws {
    var name = ""
    var extendee = ""
    var added: Int32 = 0
    var reader = source
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      switch (number, type) {
      case (1, .lengthDelimited): name = try reader.string()
      case (2, .lengthDelimited): extendee = try reader.string()
      case (3, .varint): added = Int32(truncatingIfNeeded: try reader.varint())
      default: try reader.skip(type, number: number)
      }
    }
    symbols.append(prefix + name)
    extensions.append(
      (extendee: extendee.hasPrefix(".") ? String(extendee.dropFirst()) : extendee, number: added))
  }

  /// The name of a declaration (field 1 in all of them) and the submessages with the given numbers.
  private static func parts(
    of source: WireReader, nested wanted: Set<Int32>
  ) throws -> (name: String, nested: [(Int32, WireReader)]) {
    var name = ""
    var nested: [(Int32, WireReader)] = []
    var reader = source
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      if number == 1, type == .lengthDelimited {
        name = try reader.string()
      } else if type == .lengthDelimited, wanted.contains(number) {
        nested.append((number, try reader.lengthDelimited()))
      } else {
        try reader.skip(type, number: number)
      }
    }
    return (name, nested)
  }
}
