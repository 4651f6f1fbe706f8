internal import Glibc

/// Why methods cannot be served together.
public enum MethodTableError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Two methods have the same path.
  case duplicate(path: String)
  /// There are more than 65,534 methods.
  case tooMany(count: Int)

  /// One line for the operator.
  public var description: String {
    switch self {
    case .duplicate(let path): "the method \(path) is served twice; remove one of the two services"
    case .tooMany(let count): "\(count) methods are more than the 65,534 that one server can serve"
    }
  }
}

/// The methods of a server, found by the bytes of a call's path without allocating.
///
/// An open-addressing hash table that is at most a quarter full. Its keys are fixed when the server starts, so
/// no caller can make it slow.
public struct MethodTable: Sendable {
  /// The methods, in the order given; a method's position is its index.
  public var descriptors: [MethodDescriptor] { storage.descriptors }

  // One reference instead of five arrays: a table is looked at for every call.
  private let storage: Storage

  private final class Storage: Sendable {
    let descriptors: [MethodDescriptor]
    let isStream: [Bool]
    /// For each slot the index of a method, or `free`.
    let slots: [UInt16]
    /// The paths one after the other.
    let pathBytes: [UInt8]
    /// Where each path starts in `pathBytes`, and one more: where the last one ends.
    let pathStarts: [Int]

    init(_ descriptors: [MethodDescriptor], slotCount: Int) throws(MethodTableError) {
      var slots = [UInt16](repeating: MethodTable.free, count: slotCount)
      var pathBytes: [UInt8] = []
      var pathStarts = [0]
      var seen: Set<String> = []
      for (index, descriptor) in descriptors.enumerated() {
        guard seen.insert(descriptor.path).inserted else { throw .duplicate(path: descriptor.path) }
        let path = Array(descriptor.path.utf8)
        var slot = path.withUnsafeBufferPointer { MethodTable.hash($0) } & (slotCount - 1)
        while slots[slot] != MethodTable.free { slot = (slot + 1) & (slotCount - 1) }
        slots[slot] = UInt16(index)
        pathBytes += path
        pathStarts.append(pathBytes.count)
      }
      self.descriptors = descriptors
      isStream = descriptors.map { $0.kind == .stream }
      self.slots = slots
      self.pathBytes = pathBytes
      self.pathStarts = pathStarts
    }
  }

  private static let free = UInt16.max

  /// Creates a table.
  /// - Throws: `MethodTableError` for two methods of one path.
  public init(_ descriptors: [MethodDescriptor]) throws(MethodTableError) {
    guard descriptors.count < Int(Self.free) else { throw .tooMany(count: descriptors.count) }
    var slotCount = 16
    while slotCount < descriptors.count * 4 { slotCount *= 2 }
    storage = try Storage(descriptors, slotCount: slotCount)
  }

  /// How many methods there are.
  public var count: Int { storage.descriptors.count }

  /// The method at an index.
  public subscript(_ index: Int) -> MethodDescriptor { storage.descriptors[index] }

  /// Whether the method at an index is one of kind STREAM.
  public func isStream(_ index: Int) -> Bool { storage.isStream[index] }

  /// The index of the method with this `:path`, or nil.
  public func index(of path: UnsafeBufferPointer<UInt8>) -> Int? {
    let storage = self.storage
    let mask = storage.slots.count - 1
    var slot = Self.hash(path) & mask
    while storage.slots[slot] != Self.free {
      let index = Int(storage.slots[slot])
      let start = storage.pathStarts[index]
      let isEqual =
        storage.pathStarts[index + 1] - start == path.count
        && storage.pathBytes.withUnsafeBufferPointer { bytes in
          memcmp(bytes.baseAddress! + start, path.baseAddress!, path.count) == 0
        }
      if isEqual { return index }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// The index of the method with this `:path`, or nil.
  public func index(of path: String) -> Int? {
    var path = path
    return path.withUTF8 { index(of: $0) }
  }

  /// FNV-1a over eight bytes at a time, folded at the end because slots are taken from the low bits.
  private static func hash(_ path: UnsafeBufferPointer<UInt8>) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    var offset = 0
    let raw = UnsafeRawBufferPointer(path)
    while offset + 8 <= raw.count {
      hash = (hash ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash >> 29
      offset += 8
    }
    while offset < raw.count {
      hash = (hash ^ UInt64(raw[offset])) &* 0x0000_0100_0000_01B3
      offset += 1
    }
    hash ^= hash >> 32
    return Int(truncatingIfNeeded: hash & 0x7FFF_FFFF)
  }
}
