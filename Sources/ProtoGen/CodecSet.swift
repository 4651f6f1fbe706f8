import Foundation
import SwiftProtobuf
import SwiftProtobufPluginLibrary

/// The copy of the descriptors that protoc-gen-c gets.
///
/// It describes the same encoding in the words that make protobuf-c do the right thing:
/// - strings become length and data (`string_as_bytes`), because protobuf-c's own end at the first U+0000;
/// - files become proto2 without proto3's rule that a zero is not written: presence is then explicit, which
///   `optional` needs, and minus zero is not taken for zero;
/// - enums become int32, which has the same encoding and lets every value through;
/// - repeated numbers are packed, as proto3 packs them;
/// - members get names that are free in C and in Swift;
/// - options, services and comments go, because nothing in C needs them.
struct CodecSet {
  private let library: Library

  init(_ library: Library) { self.library = library }

  /// The encoded copy of some files and everything that they import.
  func encoded(_ files: [String]) throws -> Data {
    var set = Google_Protobuf_FileDescriptorSet()
    let kept = library.closure(of: files).filter { library.files[$0.name].flatMap(library.unit(of:)) != nil }
    let names = Set(kept.map(\.name))
    for original in kept {
      guard let file = library.files[original.name] else { continue }
      var copy = Google_Protobuf_FileDescriptorProto()
      copy.name = original.name
      copy.package = original.package
      copy.dependency = original.dependency.filter(names.contains)
      copy.messageType = try file.messages.map(message)
      // (pb_c_file).gen_pack_helpers = false: Wire calls the library's functions through the descriptor.
      copy.options = try Google_Protobuf_FileOptions(serializedBytes: [0xda, 0x3f, 2, 0x10, 0] as [UInt8])
      set.file.append(copy)
    }
    return try set.serializedData()
  }

  private func message(_ descriptor: Descriptor) throws -> Google_Protobuf_DescriptorProto {
    let names = CNames.members(descriptor)
    var copy = Google_Protobuf_DescriptorProto()
    copy.name = descriptor.name
    copy.nestedType = try descriptor.messages.map(message)
    for oneof in descriptor.realOneofs {
      var declared = Google_Protobuf_OneofDescriptorProto()
      declared.name = names.oneofs[oneof.index] ?? oneof.name
      copy.oneofDecl.append(declared)
    }
    copy.field = try descriptor.fields.map { try field($0, named: names.fields[$0.number] ?? $0.name) }
    return copy
  }

  private func field(_ descriptor: FieldDescriptor, named name: String) throws
    -> Google_Protobuf_FieldDescriptorProto
  {
    var copy = Google_Protobuf_FieldDescriptorProto()
    copy.name = name
    copy.number = descriptor.number
    copy.label = descriptor.isRepeated ? .repeated : .optional
    copy.type = descriptor.type == .enum ? .int32 : descriptor.type
    if descriptor.type == .message { copy.typeName = ".\(descriptor.messageType.fullName)" }
    if let oneof = descriptor.realContainingOneof { copy.oneofIndex = Int32(oneof.index) }
    if descriptor.type == .string {
      // (pb_c_field).string_as_bytes = true
      copy.options = try Google_Protobuf_FieldOptions(serializedBytes: [0xda, 0x3f, 2, 8, 1] as [UInt8])
    } else if descriptor.isRepeated, descriptor.isPackable {
      copy.options.packed = true
    }
    return copy
  }
}
