import Foundation
import SwiftProtobuf
import SwiftProtobufPluginLibrary

/// The options of `yizhan/options.proto` on a method or a field, read from the bytes that they are in the
/// descriptor, where they are extensions.
enum DeclaredOptions {
  private static let methodNumber = 50100
  private static let checkNumber = 50101
  private static let personalNumber = 50102

  /// (yizhan.method).
  struct Method {
    var kind = 0
    var roles: [Int] = []
    var scope = 0
  }

  /// (yizhan.check).
  struct Check {
    var isRequired = false
    var minLength: Int?
    var maxLength: Int?
    var min: Int64?
    var max: Int64?
    var minItems: Int?
    var maxItems: Int?
    var format = 0
    var allowsUnknown = false
  }

  /// (yizhan.personal).
  struct Personal {
    var kind = 0
    var purpose = ""
    /// Who may see values unmasked: bit n stands for role number n. Staff unless others are named.
    var unmaskRoles: UInt32 = 1 << 2
  }

  static func method(_ descriptor: MethodDescriptor) throws -> Method? {
    try content(methodNumber, of: descriptor.options.unknownFields.data).map { fields in
      var method = Method()
      for field in fields {
        switch field.number {
        case 1: method.kind = Int(field.varint)
        case 2: method.roles += try field.varints().map { Int($0) }
        case 3: method.scope = Int(field.varint)
        default: break
        }
      }
      return method
    }
  }

  static func check(_ descriptor: FieldDescriptor) throws -> Check {
    var check = Check()
    for field in try content(checkNumber, of: descriptor.options.unknownFields.data) ?? [] {
      switch field.number {
      case 1: check.isRequired = field.varint != 0
      case 2: check.minLength = Int(field.varint)
      case 3: check.maxLength = Int(field.varint)
      case 4: check.min = Int64(bitPattern: field.varint)
      case 5: check.max = Int64(bitPattern: field.varint)
      case 6: check.minItems = Int(field.varint)
      case 7: check.maxItems = Int(field.varint)
      case 8: check.format = Int(field.varint)
      case 9: check.allowsUnknown = field.varint != 0
      default: break
      }
    }
    return check
  }

  static func personal(_ descriptor: FieldDescriptor) throws -> Personal? {
    try content(personalNumber, of: descriptor.options.unknownFields.data).map { fields in
      var personal = Personal()
      var roles: [UInt64] = []
      for field in fields {
        switch field.number {
        case 1: personal.kind = Int(field.varint)
        case 2: personal.purpose = field.text
        case 5: roles += try field.varints()
        default: break
        }
      }
      if !roles.isEmpty { personal.unmaskRoles = roles.reduce(0) { $0 | 1 << UInt32(min($1, 31)) } }
      return personal
    }
  }

  /// The fields of an option's message; nil if the option is not given. Occurrences are joined, which merges them.
  private static func content(_ number: Int, of options: Data) throws -> [EncodedField]? {
    let occurrences = try EncodedField.all(in: options).filter { $0.number == number }
    if occurrences.isEmpty { return nil }
    return try EncodedField.all(in: occurrences.reduce(into: Data()) { $0 += $1.content })
  }
}

/// One field of an encoded message.
struct EncodedField {
  var number: Int
  var varint: UInt64 = 0
  var content = Data()
  var text: String { String(decoding: content, as: UTF8.self) }

  /// The values of a repeated number, packed or not.
  func varints() throws -> [UInt64] {
    if content.isEmpty { return [varint] }
    var values: [UInt64] = []
    var rest = content[...]
    while !rest.isEmpty { values.append(try Self.takeVarint(&rest)) }
    return values
  }

  static func all(in data: Data) throws -> [EncodedField] {
    var fields: [EncodedField] = []
    var rest = data[...]
    while !rest.isEmpty {
      let tag = try takeVarint(&rest)
      var field = EncodedField(number: Int(tag >> 3))
      switch tag & 7 {
      case 0: field.varint = try takeVarint(&rest)
      case 1: rest = rest.dropFirst(8)
      case 2:
        let length = Int(try takeVarint(&rest))
        field.content = Data(rest.prefix(length))
        rest = rest.dropFirst(length)
      case 5: rest = rest.dropFirst(4)
      default: throw GenerationError("an option in a descriptor is not encoded as protobuf")
      }
      fields.append(field)
    }
    return fields
  }

  private static func takeVarint(_ rest: inout Data.SubSequence) throws -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = rest.popFirst(), shift < 70 {
      value |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return value }
      shift += 7
    }
    throw GenerationError("an option in a descriptor is not encoded as protobuf")
  }
}
