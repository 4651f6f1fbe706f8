import ModuleKit
import Synchronization

/// What the modules of a host declare about personal data. The module `privacy` registers before all others, so
/// that this is empty then and settled once all are registered, before any call comes.
final class PersonalDataRegister: Sendable {
  /// A module that holds personal data.
  struct Holder: Sendable {
    let module: ModuleScope
    let holder: any PersonalDataHolder
  }

  /// What is declared.
  struct Content: Sendable {
    /// In the order in which the modules register, `privacy` itself first.
    var holders: [Holder] = []
    /// What fields are declared to be kept for.
    var purposes = DeclaredPurposes()
  }

  private let content = Mutex(Content())

  func settle(_ content: Content) { self.content.withLock { $0 = content } }

  var holders: [Holder] { content.withLock { $0.holders } }
  var purposes: DeclaredPurposes { content.withLock { $0.purposes } }
}

/// The purposes that the fields of modules declare with `(yizhan.personal)`.
struct DeclaredPurposes: Sendable {
  private var isSensitive: [String: Bool] = [:]
  private var roles: [String: Roles] = [:]

  /// The purposes that a caller may know of, in order: those that any field may be seen for in one of its roles. An
  /// employer is not to learn from a consent what it is not shown itself.
  /// - Returns: nil for all of them, those of modules that are gone included, where staff ask.
  func names(for caller: Roles) -> [String]? {
    if !caller.isDisjoint(with: [.staff, .administrator]) { return nil }
    return roles.filter { !$0.value.isDisjoint(with: caller) }.map(\.key).sorted()
  }

  /// All purposes, in order.
  var names: [String] { isSensitive.keys.sorted() }

  /// Whether any field is kept for a purpose.
  func contains(_ purpose: String) -> Bool { isSensitive[purpose] != nil }

  /// Whether any field that is kept for a purpose is sensitive personal information (PIPL article 28).
  func isSensitive(_ purpose: String) -> Bool { isSensitive[purpose] ?? false }

  /// Adds those of an encoded google.protobuf.FileDescriptorSet, but those of this module's own messages: nobody
  /// consents to a record of consents. Field numbers are those of
  /// google/protobuf/descriptor.proto and yizhan/options.proto.
  /// - Throws: `DecodingError` for bytes that are no such set.
  mutating func add(fileDescriptorSet bytes: [UInt8]) throws {
    for file in try Self.parts(1, of: WireReader(bytes)) {
      guard try Self.parts(2, of: file).first?.remaining() != Array("yizhan.privacy.v1".utf8) else {
        continue
      }
      for message in try Self.parts(4, of: file) { try add(message: message, depth: 0) }
    }
  }

  private mutating func add(message: WireReader, depth: Int) throws {
    guard depth < 32 else { throw DecodingError.tooLarge }
    for field in try Self.parts(2, of: message) {
      for options in try Self.parts(8, of: field) {
        for personal in try Self.parts(50_102, of: options) { try add(personal: personal) }
      }
    }
    for nested in try Self.parts(3, of: message) { try add(message: nested, depth: depth + 1) }
  }

  private mutating func add(personal: WireReader) throws {
    var reader = personal
    var purpose = ""
    var sensitive = false
    var unmask: Roles = []
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      switch (number, type) {
      case (2, .lengthDelimited): purpose = try reader.string()
      case (4, .varint): sensitive = try reader.varint() != 0
      case (5, .varint): unmask.formUnion(Roles(rawValue: 1 << UInt32(min(try reader.varint(), 31))))
      case (5, .lengthDelimited):
        var packed = try reader.lengthDelimited()
        while !packed.isAtEnd {
          unmask.formUnion(Roles(rawValue: 1 << UInt32(min(try packed.varint(), 31))))
        }
      default: try reader.skip(type, number: number)
      }
    }
    if purpose.isEmpty { return }
    isSensitive[purpose] = isSensitive(purpose) || sensitive
    roles[purpose, default: []].formUnion(unmask.isEmpty ? .staff : unmask)
  }

  /// The submessages of a message that stand under a number.
  private static func parts(_ wanted: Int32, of source: WireReader) throws -> [WireReader] {
    var reader = source
    var found: [WireReader] = []
    while !reader.isAtEnd {
      let (number, type) = try reader.tag()
      if number == wanted, type == .lengthDelimited {
        found.append(try reader.lengthDelimited())
      } else {
        try reader.skip(type, number: number)
      }
    }
    return found
  }
}
