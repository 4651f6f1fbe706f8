import CNghttp2
import Glibc

/// Memory for nghttp2's many small and short-lived objects: streams, outgoing frames, lists of fields. What is freed is
/// kept by size for the next one, so that a call costs no trip to the system's allocator.
///
/// Shared by the sessions of one thread, and used on that thread alone. Invariants:
/// 1. Sixteen bytes in front of each block say which size it has; blocks are aligned to sixteen bytes.
/// 2. No more than `keptBytes` wait to be used again; the rest goes back to the system.
public final class HTTP2Memory {
  /// How much freed memory is kept at most.
  static let keptBytes = 256 << 10
  /// The sizes kept are 64, 128, … 1,024 bytes.
  private static let smallestBytes = 64
  private static let classCount = 5
  private static let headerBytes = 16

  private struct State {
    var keptBytes = 0
    /// The first free block of each size; its first word is the address of the next one.
    var free: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  }

  private let state: UnsafeMutablePointer<State>

  /// Creates an allocator that holds nothing yet.
  public init() {
    let free = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: Self.classCount)
    free.initialize(repeating: nil, count: Self.classCount)
    state = .allocate(capacity: 1)
    state.initialize(to: State(free: free))
  }

  deinit {
    for index in 0..<Self.classCount {
      while let block = state.pointee.free[index] {
        state.pointee.free[index] = block.load(as: UnsafeMutableRawPointer?.self)
        Glibc.free(block - Self.headerBytes)
      }
    }
    state.pointee.free.deallocate()
    state.deallocate()
  }

  /// How much freed memory waits to be used again, in bytes.
  var waitingBytes: Int { state.pointee.keptBytes }

  /// The functions that nghttp2 allocates with. It copies them; the allocator has to outlive the session.
  var functions: nghttp2_mem {
    nghttp2_mem(
      mem_user_data: state,
      malloc: { size, state in HTTP2Memory.allocate(size, state) },
      free: { block, state in HTTP2Memory.release(block, state) },
      calloc: { count, size, state in
        let (bytes, isTooMuch) = count.multipliedReportingOverflow(by: size)
        guard !isTooMuch, let block = HTTP2Memory.allocate(bytes, state) else { return nil }
        memset(block, 0, bytes)
        return block
      },
      realloc: { block, size, state in HTTP2Memory.resize(block, size, state) })
  }

  private static func allocate(_ size: Int, _ state: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard size >= 0 else { return nil }
    let index = size <= smallestBytes ? 0 : Int.bitWidth - ((size - 1) / smallestBytes).leadingZeroBitCount
    guard index < classCount else { return take(size, size) }
    let state = state!.assumingMemoryBound(to: State.self)
    guard let block = state.pointee.free[index] else { return take(smallestBytes << index, index) }
    state.pointee.free[index] = block.load(as: UnsafeMutableRawPointer?.self)
    state.pointee.keptBytes -= smallestBytes << index
    return block
  }

  /// A block from the system; its mark is the index of its size or, beyond those, the size itself.
  private static func take(_ size: Int, _ mark: Int) -> UnsafeMutableRawPointer? {
    guard size >= 0, size <= Int.max - headerBytes, let memory = malloc(headerBytes + size) else {
      return nil
    }
    memory.storeBytes(of: mark, as: Int.self)
    return memory + headerBytes
  }

  private static func release(_ block: UnsafeMutableRawPointer?, _ state: UnsafeMutableRawPointer?) {
    guard let block else { return }
    let mark = (block - headerBytes).load(as: Int.self)
    let state = state!.assumingMemoryBound(to: State.self)
    guard mark < classCount, state.pointee.keptBytes + smallestBytes << mark <= keptBytes else {
      return Glibc.free(block - headerBytes)
    }
    block.storeBytes(of: state.pointee.free[mark], as: UnsafeMutableRawPointer?.self)
    state.pointee.free[mark] = block
    state.pointee.keptBytes += smallestBytes << mark
  }

  private static func resize(
    _ block: UnsafeMutableRawPointer?, _ size: Int, _ state: UnsafeMutableRawPointer?
  ) -> UnsafeMutableRawPointer? {
    guard let block else { return allocate(size, state) }
    let mark = (block - headerBytes).load(as: Int.self)
    let capacity = mark < classCount ? smallestBytes << mark : mark
    if size <= capacity { return block }
    guard let larger = allocate(size, state) else { return nil }
    larger.copyMemory(from: block, byteCount: capacity)
    release(block, state)
    return larger
  }
}
