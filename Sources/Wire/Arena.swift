public import CProtobufC

/// The memory of one decoding or encoding: a bump allocator that protobuf-c allocates from.
///
/// Freeing is a no-op; `reset` takes everything back at once and keeps the chunks for the next message. Decoding
/// has a budget, because a hostile message grows in memory: two bytes can stand for a whole empty submessage.
/// Encoding has none: what it encodes is in memory already.
///
/// One thread uses an arena at a time, and nothing may point into it after `reset`.
public final class Arena {
  /// What the arena's allocation function works on: reached through one pointer, without reference counting.
  @usableFromInline
  struct Region {
    /// The first free byte of the current chunk.
    @usableFromInline var next: UnsafeMutableRawPointer?
    /// Bytes left in the current chunk.
    @usableFromInline var freeBytes = 0
    /// Bytes taken since the last reset.
    @usableFromInline var takenBytes = 0
    /// Bytes that the current decoding may still take.
    @usableFromInline var budgetBytes = Int.max
    /// The budget has stopped an allocation.
    @usableFromInline var isExhausted = false
    /// Why what was read since decoding began is not a message.
    @usableFromInline var failure: DecodingError?
    /// protobuf-c has given up a message, so that a singular field may have occurred twice.
    @usableFromInline var hasDroppedMessage = false
    /// The arena, for when the chunk is full.
    @usableFromInline var owner: Unmanaged<Arena>?
  }

  /// The most memory that decoding one message may take, in bytes.
  public let limitBytes: Int
  /// The allocator to hand to protobuf-c.
  public let allocator: UnsafeMutablePointer<ProtobufCAllocator>
  @usableFromInline let region: UnsafeMutablePointer<Region>
  private var chunks: [UnsafeMutableRawBufferPointer] = []
  private var chunksInUse = 0

  /// What any message may take, however short: a list of small things is larger in memory than on the wire.
  static let floorBytes = 1 << 20
  /// What a message may take for each of its bytes, above the floor.
  static let growthLimit = 64
  private static let firstChunkBytes = 8 << 10
  private static let largestChunkBytes = 1 << 20
  /// How much memory an idle arena keeps.
  private static let keptBytes = 1 << 20

  /// Creates an arena; it takes its first memory when it is used.
  /// - Parameter limitBytes: the most that decoding one message may take. A message of n bytes may in any case
  ///   take no more than 1 MiB or 64 n, whichever is more.
  public init(limitBytes: Int = 64 << 20) {
    self.limitBytes = limitBytes
    region = .allocate(capacity: 1)
    region.initialize(to: Region())
    allocator = .allocate(capacity: 1)
    allocator.initialize(
      to: ProtobufCAllocator(
        alloc: { data, size in
          data.flatMap { Arena.allocate(size, in: $0.assumingMemoryBound(to: Region.self)) }
        },
        free: { data, pointer in
          guard let data, let pointer else { return }
          Arena.noteRelease(of: pointer, in: data.assumingMemoryBound(to: Region.self))
        },
        allocator_data: UnsafeMutableRawPointer(region)))
    region.pointee.owner = Unmanaged.passUnretained(self)
  }

  deinit {
    for chunk in chunks { chunk.deallocate() }
    allocator.deallocate()
    region.deallocate()
  }

  /// Takes back everything that was allocated.
  public func reset() {
    var kept = 0
    while chunks.count > 1, let last = chunks.last {
      kept = chunks.reduce(0) { $0 + $1.count }
      if kept <= Self.keptBytes { break }
      last.deallocate()
      chunks.removeLast()
    }
    chunksInUse = chunks.isEmpty ? 0 : 1
    region.pointee.next = chunks.first?.baseAddress
    region.pointee.freeBytes = chunks.first?.count ?? 0
    region.pointee.takenBytes = 0
    region.pointee.budgetBytes = .max
    region.pointee.isExhausted = false
    region.pointee.failure = nil
    region.pointee.hasDroppedMessage = false
  }

  /// Memory that is there to be used again or in use, in bytes.
  public var reservedBytes: Int { chunks.reduce(0) { $0 + $1.count } }

  /// Sets the budget for decoding a message of `length` bytes.
  @usableFromInline
  func beginDecoding(length: Int) {
    let relative = length.multipliedReportingOverflow(by: Self.growthLimit)
    let grown = relative.overflow ? Int.max : relative.partialValue
    region.pointee.budgetBytes = min(limitBytes, max(Self.floorBytes, grown))
    region.pointee.isExhausted = false
    region.pointee.failure = nil
    region.pointee.hasDroppedMessage = false
  }

  /// Charges memory that decoding takes outside the arena, for Swift arrays and dictionaries.
  /// - Throws: `DecodingError.tooLarge` when the budget is used up.
  @inlinable
  public func charge(_ count: Int, of strideBytes: Int) throws(DecodingError) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: strideBytes)
    if overflow || bytes > region.pointee.budgetBytes { throw .tooLarge }
    region.pointee.budgetBytes -= bytes
  }

  /// Memory for `count` bytes, aligned to 16, not initialised. Encoding only: it has no budget.
  @inlinable
  func take(_ count: Int) -> UnsafeMutableRawPointer {
    let rounded = (max(count, 1) + 15) & ~15
    if rounded > region.pointee.freeBytes { Self.grow(region, by: rounded) }
    guard let memory = region.pointee.next else { preconditionFailure("no memory for encoding") }
    region.pointee.takenBytes &+= rounded
    region.pointee.next = memory + rounded
    region.pointee.freeBytes -= rounded
    return memory
  }

  /// What protobuf-c calls to allocate. Nil when the budget does not suffice.
  @inlinable
  static func allocate(_ size: Int, in region: UnsafeMutablePointer<Region>) -> UnsafeMutableRawPointer? {
    guard size >= 0, size <= region.pointee.budgetBytes else {
      region.pointee.isExhausted = true
      return nil
    }
    let rounded = (max(size, 1) + 15) & ~15
    if rounded > region.pointee.freeBytes { grow(region, by: rounded) }
    guard let memory = region.pointee.next else { return nil }
    region.pointee.budgetBytes -= min(rounded, region.pointee.budgetBytes)
    region.pointee.takenBytes &+= rounded
    region.pointee.next = memory + rounded
    region.pointee.freeBytes -= rounded
    return memory
  }

  /// What protobuf-c calls to free. Nothing is freed, but a message given up is noted: protobuf-c clears the
  /// descriptor, a message's first eight bytes, before it frees one.
  @usableFromInline
  static func noteRelease(of pointer: UnsafeMutableRawPointer, in region: UnsafeMutablePointer<Region>) {
    if pointer.load(as: UInt.self) == 0 { region.pointee.hasDroppedMessage = true }
  }

  @usableFromInline
  @inline(never)
  static func grow(_ region: UnsafeMutablePointer<Region>, by size: Int) {
    region.pointee.owner?._withUnsafeGuaranteedRef { $0.openChunk(for: size) }
  }

  private func openChunk(for size: Int) {
    while chunksInUse < chunks.count, chunks[chunksInUse].count < size {
      chunks.remove(at: chunksInUse).deallocate()
    }
    if chunksInUse == chunks.count {
      let doubled = min((chunks.last?.count ?? Self.firstChunkBytes / 2) * 2, Self.largestChunkBytes)
      chunks.append(.allocate(byteCount: max(doubled, size), alignment: 16))
    }
    region.pointee.next = chunks[chunksInUse].baseAddress
    region.pointee.freeBytes = chunks[chunksInUse].count
    chunksInUse += 1
  }
}
