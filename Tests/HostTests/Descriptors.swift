import ModuleKit

/// Makes file descriptor sets by hand, for modules that have no proto.
enum Descriptors {
  /// A personal field of a message.
  struct PersonalField {
    var name: String
    var purpose: String
    var isSensitive = false
    var unmask: Roles = []

    fileprivate func encoded(number: Int) -> [UInt8] {
      var personal = WireWriter()
      personal.tag(1, .varint)
      personal.varint(8)
      personal.field(2, purpose)
      personal.tag(4, .varint)
      personal.varint(isSensitive ? 1 : 0)
      for role in UInt32(0)..<32 where unmask.rawValue & 1 << role != 0 {
        personal.tag(5, .varint)
        personal.varint(UInt64(role))
      }
      var options = WireWriter()
      options.field(50_102, personal.bytes)
      var field = WireWriter()
      field.field(1, name)
      field.tag(3, .varint)
      field.varint(UInt64(number))
      field.tag(4, .varint)
      field.varint(1)
      field.tag(5, .varint)
      field.varint(9)
      field.field(8, options.bytes)
      return field.bytes
    }
  }

  /// A set of one file with one service and, if it holds personal data, one message.
  static func set(
    file: String, package: String, service: String, methods: [String], personal: [PersonalField] = []
  ) -> [UInt8] {
    var declaration = WireWriter()
    declaration.field(1, service)
    for method in methods {
      var entry = WireWriter()
      entry.field(1, method)
      entry.field(2, ".google.protobuf.StringValue")
      entry.field(3, ".google.protobuf.StringValue")
      declaration.field(2, entry.bytes)
    }
    var descriptor = WireWriter()
    descriptor.field(1, file)
    descriptor.field(2, package)
    descriptor.field(3, "google/protobuf/wrappers.proto")
    if !personal.isEmpty {
      var message = WireWriter()
      message.field(1, "Personal")
      for (index, field) in personal.enumerated() { message.field(2, field.encoded(number: index + 1)) }
      descriptor.field(4, message.bytes)
    }
    descriptor.field(6, declaration.bytes)
    descriptor.field(12, "proto3")
    var set = WireWriter()
    set.field(1, descriptor.bytes)
    return set.bytes
  }
}
