import ModuleKit

/// Makes file descriptor sets by hand, for modules that have no proto.
enum Descriptors {
  /// A set of one file with one service.
  static func set(file: String, package: String, service: String, methods: [String]) -> [UInt8] {
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
    descriptor.field(6, declaration.bytes)
    descriptor.field(12, "proto3")
    var set = WireWriter()
    set.field(1, descriptor.bytes)
    return set.bytes
  }
}
