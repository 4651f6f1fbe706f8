import Foundation
import SwiftProtobuf
import SwiftProtobufPluginLibrary

/// All descriptors of a generation, and which unit each file belongs to.
struct Library {
  /// The descriptors as protoc made them.
  let set: Google_Protobuf_FileDescriptorSet
  /// The same, linked.
  let files: [String: FileDescriptor]
  private let unitsByFile: [String: Unit]

  init(encoded: Data, units: [Unit]) throws {
    set = try Google_Protobuf_FileDescriptorSet(serializedBytes: encoded)
    files = Dictionary(uniqueKeysWithValues: DescriptorSet(proto: set).files.map { ($0.name, $0) })
    var unitsByFile: [String: Unit] = [:]
    for unit in units {
      for file in unit.files where unitsByFile[file] == nil { unitsByFile[file] = unit }
    }
    self.unitsByFile = unitsByFile
  }

  /// The unit whose Swift target has a file's types; nil for files that are only imported for options.
  func unit(of file: FileDescriptor) -> Unit? { unitsByFile[file.name] }

  /// Some files with everything that they import, in an order in which each comes after its imports.
  func closure(of names: [String]) -> [Google_Protobuf_FileDescriptorProto] {
    var wanted = Set(names)
    for file in set.file.reversed() where wanted.contains(file.name) { wanted.formUnion(file.dependency) }
    return set.file.filter { wanted.contains($0.name) }
  }
}

/// Where something was declared: "Proto/yizhan/wishes/v1/wishes.proto:17".
func place(_ file: FileDescriptor, _ thing: any ProvidesSourceCodeLocation) -> String {
  guard let line = thing.sourceCodeInfoLocation?.span.first else { return file.name }
  return "\(file.name):\(line + 1)"
}
