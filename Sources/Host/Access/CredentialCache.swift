import Glibc
import Storage

/// One event loop's checked credentials, by the bytes that the call presents: its `authorization` header, or the hash
/// of its certificate's key. A call whose credential was seen lately costs one hash and one comparison, which takes
/// the same time wherever a guess is wrong.
///
/// Two-way set associative and of fixed size: more tokens than it holds cost look-ups, never memory. Only what was found
/// valid is put in.
struct CredentialCache {
  private struct Slot {
    var header: [UInt8] = []
    var credential: Credential?
    var generation: UInt64 = 0
    var staleAtMilliseconds: Int64 = 0
    var hash = 0
  }

  private var slots: [Slot]
  private let sets: Int
  private let lifetimeMilliseconds: Int64

  /// - Parameters:
  ///   - sets: How many pairs of slots there are; a power of two.
  ///   - lifetimeMilliseconds: How long an entry is taken unasked.
  init(sets: Int = 1024, lifetimeMilliseconds: Int64) {
    precondition(sets > 0 && sets & (sets - 1) == 0)
    self.sets = sets
    self.lifetimeMilliseconds = lifetimeMilliseconds
    slots = Array(repeating: Slot(), count: sets * 2)
  }

  /// The credential of a header, if it is known and still to be trusted.
  func credential(for header: UnsafeBufferPointer<UInt8>, generation: UInt64) -> Credential? {
    let hash = Self.hash(header)
    let first = (hash & (sets - 1)) * 2
    for index in first...(first + 1) {
      guard slots[index].hash == hash, slots[index].generation == generation,
        slots[index].header.count == header.count, slots[index].staleAtMilliseconds > Self.nowMilliseconds(),
        slots[index].header.withUnsafeBufferPointer({ ConstantTime.areEqual($0, header) })
      else { continue }
      return slots[index].credential
    }
    return nil
  }

  /// Whether a header carried a valid token when it was last looked up, however long ago that was. What stands here for a
  /// certificate that is bound to nobody has no identifier, and is not known.
  func knows(_ header: UnsafeBufferPointer<UInt8>) -> Bool {
    let hash = Self.hash(header)
    let first = (hash & (sets - 1)) * 2
    return (first...(first + 1)).contains { index in
      slots[index].hash == hash && slots[index].credential?.id.isEmpty == false
        && slots[index].header.withUnsafeBufferPointer { ConstantTime.areEqual($0, header) }
    }
  }

  /// Remembers a checked credential.
  /// - Parameters:
  ///   - generation: Read before the token was looked up, so that a revocation in between makes the entry stale.
  ///   - holdsMilliseconds: How long until the token expires; nil for never.
  mutating func store(
    _ credential: Credential, for header: UnsafeBufferPointer<UInt8>, generation: UInt64,
    holdsMilliseconds: Int64?
  ) {
    let hash = Self.hash(header)
    let first = (hash & (sets - 1)) * 2
    let index = slots[first].staleAtMilliseconds <= slots[first + 1].staleAtMilliseconds ? first : first + 1
    let lifetime = min(lifetimeMilliseconds, holdsMilliseconds ?? .max)
    slots[index] = Slot(
      header: Array(header), credential: credential, generation: generation,
      staleAtMilliseconds: Self.nowMilliseconds() + lifetime, hash: hash)
  }

  private static func hash(_ header: UnsafeBufferPointer<UInt8>) -> Int {
    Int(truncatingIfNeeded: SeededHash.hash(UnsafeRawBufferPointer(header)))
  }

  /// The coarse monotonic clock: a few milliseconds behind, a few nanoseconds to read.
  private static func nowMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}
