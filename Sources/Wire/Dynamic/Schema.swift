/// Services and messages as a server describes them at run time, made from serialized
/// google.protobuf.FileDescriptorProto, the form in which gRPC reflection hands them out.
///
/// Proto2 and proto3 files are understood; groups are kept as unknown fields. Enums are open.
public final class Schema: Sendable {
  /// Most files in one schema.
  public static let filesLimit = 4096
  /// Most bytes of descriptors in one schema.
  public static let descriptorsLimitBytes = 64 << 20

  /// The files' names, in the order given.
  public let fileNames: [String]
  /// Every message, nested ones and map entries included.
  public let messages: [MessageSchema]
  /// Every enum, nested ones included.
  public let enums: [EnumSchema]
  /// Every service, in the order given.
  public let services: [ServiceSchema]

  private let packageComments: [String: String]
  private let messageIndexes: [String: Int]
  private let enumIndexes: [String: Int]

  /// Builds a schema.
  /// - Parameter files: serialized FileDescriptorProto, in any order, each import among them. A file that
  ///   comes twice under one name is taken once.
  /// - Throws: `SchemaError`.
  public init(files: [[UInt8]]) throws(SchemaError) {
    let builder = try SchemaBuilder(files)
    fileNames = builder.files.map(\.name)
    messages = try builder.buildMessages()
    enums = builder.buildEnums()
    services = try builder.buildServices()
    packageComments = builder.packageComments()
    messageIndexes = builder.messageIndexes
    enumIndexes = builder.enumIndexes
  }

  /// Builds a schema from one serialized google.protobuf.FileDescriptorSet, as `protoc -o` writes it.
  /// - Throws: `SchemaError`.
  public convenience init(fileDescriptorSet: [UInt8]) throws(SchemaError) {
    var files: [[UInt8]] = []
    do throws(DecodingError) {
      var reader = WireReader(fileDescriptorSet)
      while !reader.isAtEnd {
        let (number, type) = try reader.tag()
        if number == 1, type == .lengthDelimited {
          files.append(try reader.lengthDelimited().remaining())
        } else {
          try reader.skip(type, number: number)
        }
      }
    } catch {
      throw .undecodable(error)
    }
    try self.init(files: files)
  }

  /// The message of that full name: "yizhan.wishes.v1.Wish".
  public func message(_ fullName: String) -> MessageSchema? { messageIndexes[fullName].map { messages[$0] } }

  /// The enum of that full name.
  public func enumeration(_ fullName: String) -> EnumSchema? { enumIndexes[fullName].map { enums[$0] } }

  /// The service of that full name.
  public func service(_ fullName: String) -> ServiceSchema? { services.first { $0.fullName == fullName } }

  /// The comment at the package in the first file of that package that has one; empty if none has.
  public func comment(ofPackage package: String) -> String { packageComments[package] ?? "" }

  /// The message type of a field; nil if the field holds something else.
  public func message(of field: FieldSchema) -> MessageSchema? {
    if case .message(let index) = field.kind { return messages[index] }
    return nil
  }

  /// The enum type of a field; nil if the field holds something else.
  public func enumeration(of field: FieldSchema) -> EnumSchema? {
    if case .enumeration(let index) = field.kind { return enums[index] }
    return nil
  }

  /// The key and the value of a map field; nil if the field is not a map.
  public func mapEntry(of field: FieldSchema) -> (key: FieldSchema, value: FieldSchema)? {
    guard field.isMap, let entry = message(of: field), let key = entry.field(number: 1),
      let value = entry.field(number: 2)
    else { return nil }
    return (key, value)
  }

  /// A file's name and what it imports, so that a caller can ask for what is still missing.
  /// - Throws: `SchemaError` if the bytes are not a FileDescriptorProto.
  public static func imports(ofFile bytes: [UInt8]) throws(SchemaError) -> (name: String, imports: [String]) {
    do throws(DecodingError) {
      let record = try FileRecord(bytes)
      return (record.name, record.dependencies)
    } catch {
      throw .undecodable(error)
    }
  }
}

/// Why descriptors do not make a schema.
public enum SchemaError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The bytes are not a descriptor.
  case undecodable(DecodingError)
  /// More files or bytes than `Schema` takes.
  case tooLarge
  /// A name that a field or a method refers to is in none of the files.
  case unknownType(String, usedBy: String)
  /// Two declarations have one name.
  case duplicate(String)
  /// A declaration that makes no sense, for example a field of a type that does not exist.
  case invalid(String)
  /// An edition of protobuf that is not understood.
  case unsupportedSyntax(String, file: String)

  /// One line for a developer.
  public var description: String {
    switch self {
    case .undecodable(let error): "the descriptors cannot be decoded: \(error)"
    case .tooLarge: "the descriptors are larger than is allowed"
    case .unknownType(let name, let user): "\(user) refers to \(name), which none of the files declares"
    case .duplicate(let name): "\(name) is declared twice"
    case .invalid(let name): "\(name) is not a valid declaration"
    case .unsupportedSyntax(let syntax, let file):
      "\(file) uses syntax \"\(syntax)\"; only proto2 and proto3 are understood"
    }
  }
}
