import Crypto
import Storage
import Synchronization

/// The data keys of persons that were used lately, unwrapped.
///
/// 1. It holds keys of committed rows only: whoever stores one has read it from a snapshot, or from a transaction of
///    a later batch than the one that made it (`Vault.isCommitted`). A person's key never
///    changes, so that what is held stays right until it is destroyed.
/// 2. `condemn` comes before the commit that destroys a key. It drops the key and keeps it from being stored ever
///    again, also by a reader whose snapshot is older than that commit.
/// 3. Its size is fixed: four keys in each set, the oldest of a set makes room.
final class KeyCache: Sendable {
  private struct Slot {
    var person: String
    var key: SymmetricKey
  }

  private struct Shard {
    var slots: [Slot?]
    /// The hash of the person in each slot, so that other persons' slots are passed over without a look.
    var hashes: [UInt64]
    /// In each set, the slot that makes room next.
    var victims: [UInt8]
    /// A set of hashes of those who were condemned, made with the first of them. Two persons may share a bit: the
    /// other's key is then not kept either, which costs time and nothing else.
    var condemned: [UInt64] = []
  }

  private static let shardCount = 16
  private static let ways = 4
  private static let condemnedBits = 1 << 16
  private let shards: [ShardLock]
  private let sets: Int

  /// Sharing a lock by reference: an array cannot hold a `Mutex`.
  private final class ShardLock: Sendable {
    let value: Mutex<Shard>
    init(sets: Int) {
      value = Mutex(
        Shard(
          slots: Array(repeating: nil, count: sets * ways), hashes: Array(repeating: 0, count: sets * ways),
          victims: Array(repeating: 0, count: sets)))
    }
  }

  /// - Parameter sets: How many sets each of the sixteen shards has; a power of two.
  init(sets: Int = 256) {
    precondition(sets > 0 && sets & (sets - 1) == 0)
    self.sets = sets
    shards = (0..<Self.shardCount).map { _ in ShardLock(sets: sets) }
  }

  func key(of person: String) -> SymmetricKey? {
    let place = place(of: person)
    return shards[place.shard].value.withLock { shard in
      for index in place.slots where shard.hashes[index] == place.hash {
        if let slot = shard.slots[index], slot.person == person { return slot.key }
      }
      return nil
    }
  }

  func store(_ key: SymmetricKey, of person: String) {
    let place = place(of: person)
    let bit = place.condemnedBit
    shards[place.shard].value.withLock { shard in
      if !shard.condemned.isEmpty, shard.condemned[bit >> 6] & (1 << UInt64(bit & 63)) != 0 { return }
      for index in place.slots
      where shard.hashes[index] == place.hash && shard.slots[index]?.person == person { return }
      let victim = Int(shard.victims[place.set])
      shard.victims[place.set] = UInt8((victim + 1) % Self.ways)
      shard.slots[place.slots.lowerBound + victim] = Slot(person: person, key: key)
      shard.hashes[place.slots.lowerBound + victim] = place.hash
    }
  }

  func condemn(_ person: String) {
    let place = place(of: person)
    let bit = place.condemnedBit
    shards[place.shard].value.withLock { shard in
      if shard.condemned.isEmpty { shard.condemned = Array(repeating: 0, count: Self.condemnedBits / 64) }
      shard.condemned[bit >> 6] |= 1 << UInt64(bit & 63)
      for index in place.slots where shard.slots[index]?.person == person { shard.slots[index] = nil }
    }
  }

  /// Where a person's key is, if it is held.
  private struct Place {
    let hash: UInt64
    let shard: Int
    let set: Int
    let condemnedBit: Int
    var slots: Range<Int> { (set * KeyCache.ways)..<(set * KeyCache.ways + KeyCache.ways) }
  }

  private func place(of person: String) -> Place {
    let hash = SeededHash.hash(person)
    return Place(
      hash: hash, shard: Int(hash & 15), set: Int((hash >> 4) & UInt64(sets - 1)),
      condemnedBit: Int((hash >> 40) & UInt64(Self.condemnedBits - 1)))
  }
}
