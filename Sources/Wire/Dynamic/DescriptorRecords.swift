/// The parts of google.protobuf.FileDescriptorProto that a schema is made of, as they were sent.
///
/// Field numbers are those of google/protobuf/descriptor.proto.
struct FileRecord {
  var name = ""
  var package = ""
  var dependencies: [String] = []
  var messages: [MessageRecord] = []
  var enums: [EnumRecord] = []
  var services: [ServiceRecord] = []
  var syntax = ""
  /// Comments by the path of what they stand at, for example [4, 0, 2, 1].
  var comments: [[Int32]: String] = [:]

  init(_ bytes: [UInt8]) throws(DecodingError) {
    var reader = WireReader(bytes)
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      switch (number, type) {
      case (1, .lengthDelimited): name = try reader.string()
      case (2, .lengthDelimited): package = try reader.string()
      case (3, .lengthDelimited): dependencies.append(try reader.string())
      case (4, .lengthDelimited): messages.append(try MessageRecord(reader.lengthDelimited(), depth: 0))
      case (5, .lengthDelimited): enums.append(try EnumRecord(reader.lengthDelimited()))
      case (6, .lengthDelimited): services.append(try ServiceRecord(reader.lengthDelimited()))
      case (9, .lengthDelimited): try readComments(reader.lengthDelimited())
      case (12, .lengthDelimited): syntax = try reader.string()
      default: try reader.skip(type, number: number)
      }
    }
  }

  private mutating func readComments(_ part: WireReader) throws(DecodingError) {
    var reader = part
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      guard number == 1, type == .lengthDelimited else {
        try reader.skip(type, number: number)
        continue
      }
      try readLocation(reader.lengthDelimited())
    }
  }

  private mutating func readLocation(_ part: WireReader) throws(DecodingError) {
    var reader = part
    var path: [Int32] = []
    var leading = ""
    var trailing = ""
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      switch (number, type) {
      case (1, .lengthDelimited):
        var packed = try reader.lengthDelimited()
        while !packed.isAtEnd { path.append(Int32(truncatingIfNeeded: try packed.varint())) }
      case (1, .varint): path.append(Int32(truncatingIfNeeded: try reader.varint()))
      case (3, .lengthDelimited): leading = try reader.string()
      case (4, .lengthDelimited): trailing = try reader.string()
      default: try reader.skip(type, number: number)
      }
    }
    let comment = Self.paragraph(leading, trailing)
    if !comment.isEmpty { comments[path] = comment }
  }

  /// Joins a leading and a trailing comment; takes the space after `//` off each line.
  private static func paragraph(_ leading: String, _ trailing: String) -> String {
    [leading, trailing].map { comment in
      var lines = comment.split(separator: "\n", omittingEmptySubsequences: false).map { line in
        var line = line
        if line.first == " " { line.removeFirst() }
        while line.last == " " || line.last == "\r" { line.removeLast() }
        return String(line)
      }
      while lines.last?.isEmpty == true { lines.removeLast() }
      while lines.first?.isEmpty == true { lines.removeFirst() }
      return lines.joined(separator: "\n")
    }.filter { !$0.isEmpty }.joined(separator: "\n")
  }
}

struct MessageRecord {
  /// Deepest nesting of message declarations.
  static let depthLimit = 32

  var name = ""
  var fields: [FieldRecord] = []
  var messages: [MessageRecord] = []
  var enums: [EnumRecord] = []
  var oneofs: [String] = []
  var isMapEntry = false

  init(_ part: WireReader, depth: Int) throws(DecodingError) {
    guard depth < Self.depthLimit else { throw .tooLarge }
    var reader = part
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      switch (number, type) {
      case (1, .lengthDelimited): name = try reader.string()
      case (2, .lengthDelimited): fields.append(try FieldRecord(reader.lengthDelimited()))
      case (3, .lengthDelimited):
        messages.append(try MessageRecord(reader.lengthDelimited(), depth: depth + 1))
      case (4, .lengthDelimited): enums.append(try EnumRecord(reader.lengthDelimited()))
      case (7, .lengthDelimited):
        var options = try reader.lengthDelimited()
        isMapEntry = try options.lastFlag(7) ?? isMapEntry
      case (8, .lengthDelimited):
        var oneof = try reader.lengthDelimited()
        oneofs.append(try oneof.lastString(1) ?? "")
      default: try reader.skip(type, number: number)
      }
    }
  }
}

struct FieldRecord {
  var name = ""
  var number: Int32 = 0
  var label: UInt64 = 1
  var type: UInt64 = 0
  var typeName = ""
  var oneofIndex: Int?
  var jsonName = ""
  var isProto3Optional = false
  var isPacked: Bool?
  var isDeprecated = false
  var check: FieldCheck?
  var personal: (kind: Int32, data: PersonalData)?

  init(_ part: WireReader) throws(DecodingError) {
    var reader = part
    while !reader.isAtEnd {
      let (number, wireType) = try reader.tag()
      switch (number, wireType) {
      case (1, .lengthDelimited): name = try reader.string()
      case (3, .varint): self.number = Int32(truncatingIfNeeded: try reader.varint())
      case (4, .varint): label = try reader.varint()
      case (5, .varint): type = try reader.varint()
      case (6, .lengthDelimited): typeName = try reader.string()
      case (8, .lengthDelimited): try readOptions(reader.lengthDelimited())
      case (9, .varint): oneofIndex = Int(truncatingIfNeeded: try reader.varint())
      case (10, .lengthDelimited): jsonName = try reader.string()
      case (17, .varint): isProto3Optional = try reader.varint() != 0
      default: try reader.skip(wireType, number: number)
      }
    }
  }

  private mutating func readOptions(_ part: WireReader) throws(DecodingError) {
    var reader = part
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      switch (number, type) {
      case (2, .varint): isPacked = try reader.varint() != 0
      case (3, .varint): isDeprecated = try reader.varint() != 0
      case (50101, .lengthDelimited):
        var known = check ?? FieldCheck()
        try known.merge(reader.lengthDelimited())
        check = known
      case (50102, .lengthDelimited):
        var known = personal ?? (0, PersonalData())
        try known.data.merge(reader.lengthDelimited(), kind: &known.kind)
        personal = known
      default: try reader.skip(type, number: number)
      }
    }
  }
}

struct EnumRecord {
  var name = ""
  var values: [(name: String, number: Int32)] = []

  init(_ part: WireReader) throws(DecodingError) {
    var reader = part
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      switch (number, type) {
      case (1, .lengthDelimited): name = try reader.string()
      case (2, .lengthDelimited): values.append(try Self.value(reader.lengthDelimited()))
      default: try reader.skip(type, number: number)
      }
    }
  }

  private static func value(_ part: WireReader) throws(DecodingError) -> (name: String, number: Int32) {
    var reader = part
    var value: (name: String, number: Int32) = ("", 0)
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      switch (number, type) {
      case (1, .lengthDelimited): value.name = try reader.string()
      case (2, .varint): value.number = Int32(truncatingIfNeeded: try reader.varint())
      default: try reader.skip(type, number: number)
      }
    }
    return value
  }
}

struct ServiceRecord {
  var name = ""
  var methods: [MethodRecord] = []

  init(_ part: WireReader) throws(DecodingError) {
    var reader = part
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      switch (number, type) {
      case (1, .lengthDelimited): name = try reader.string()
      case (2, .lengthDelimited): methods.append(try MethodRecord(reader.lengthDelimited()))
      default: try reader.skip(type, number: number)
      }
    }
  }
}

struct MethodRecord {
  var name = ""
  var inputType = ""
  var outputType = ""
  var isClientStreaming = false
  var isServerStreaming = false
  var isDeprecated = false
  var kind: MethodSchema.Kind = .unspecified
  var roles: [Int32] = []
  var scope: Int32 = 0

  init(_ part: WireReader) throws(DecodingError) {
    var reader = part
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      switch (number, type) {
      case (1, .lengthDelimited): name = try reader.string()
      case (2, .lengthDelimited): inputType = try reader.string()
      case (3, .lengthDelimited): outputType = try reader.string()
      case (4, .lengthDelimited): try readOptions(reader.lengthDelimited())
      case (5, .varint): isClientStreaming = try reader.varint() != 0
      case (6, .varint): isServerStreaming = try reader.varint() != 0
      default: try reader.skip(type, number: number)
      }
    }
  }

  private mutating func readOptions(_ part: WireReader) throws(DecodingError) {
    var reader = part
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      switch (number, type) {
      case (33, .varint): isDeprecated = try reader.varint() != 0
      case (50100, .lengthDelimited): try readDeclaration(reader.lengthDelimited())
      default: try reader.skip(type, number: number)
      }
    }
  }

  /// Reads `yizhan.Method`, the declaration of how a method runs.
  private mutating func readDeclaration(_ part: WireReader) throws(DecodingError) {
    var reader = part
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      switch (number, type) {
      case (1, .varint): kind = MethodSchema.Kind(number: try reader.varint())
      case (2, .varint): roles.append(Int32(truncatingIfNeeded: try reader.varint()))
      case (2, .lengthDelimited):
        var packed = try reader.lengthDelimited()
        while !packed.isAtEnd { roles.append(Int32(truncatingIfNeeded: try packed.varint())) }
      case (3, .varint): scope = Int32(truncatingIfNeeded: try reader.varint())
      default: try reader.skip(type, number: number)
      }
    }
  }
}

extension WireReader {
  /// The last value of a text field in the rest of a message; nil if it is not there.
  mutating func lastString(_ wanted: Int32) throws(DecodingError) -> String? {
    var found: String?
    while !isAtEnd {
      let (number, type) = try tag()
      if number == wanted, type == .lengthDelimited {
        found = try string()
      } else {
        try skip(type, number: number)
      }
    }
    return found
  }

  /// The last value of a bool field in the rest of a message; nil if it is not there.
  mutating func lastFlag(_ wanted: Int32) throws(DecodingError) -> Bool? {
    var found: Bool?
    while !isAtEnd {
      let (number, type) = try tag()
      if number == wanted, type == .varint {
        found = try varint() != 0
      } else {
        try skip(type, number: number)
      }
    }
    return found
  }
}
