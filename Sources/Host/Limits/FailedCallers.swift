import Glibc

/// One event loop's buckets for calls without a valid token, by the address that they come from: an IPv4 address,
/// or the first 64 bits of an IPv6 address, which is what one subscriber is given (RFC 6177).
///
/// Four-way set associative and of fixed size: more addresses than it holds push out those that are closest to a
/// full bucket. The hash is keyed with the process's own secret (Swift's Hasher).
struct FailedCallers {
  private struct Slot {
    var hash = 0
    var fullAtNanoseconds = Int64.min
  }

  private static let ways = 4
  let rate: CallRate
  private let sets: Int
  private var slots: [Slot]
  /// Until when some bucket is empty: before the first failure, and nearly always, in the past.
  private(set) var emptyUntilNanoseconds = Int64.min

  /// - Parameters:
  ///   - rate: Failed calls of one address on one event loop.
  ///   - sets: A power of two; a fourth of the number of addresses remembered.
  init(_ rate: CallRate, sets: Int = 256) {
    precondition(sets > 0 && sets & (sets - 1) == 0)
    self.rate = rate
    self.sets = sets
    slots = Array(repeating: Slot(), count: sets * Self.ways)
  }

  /// The nanoseconds until an address may fail again; 0 if it may now.
  func wait(of peer: String, at now: Int64) -> Int64 {
    guard emptyUntilNanoseconds > now else { return 0 }
    let hash = Self.hash(peer)
    guard let index = range(hash).first(where: { slots[$0].hash == hash }) else { return 0 }
    return max(0, slots[index].fullAtNanoseconds - rate.toleranceNanoseconds - now)
  }

  /// A call from an address had no valid token.
  mutating func failed(_ peer: String, at now: Int64) {
    guard rate.intervalNanoseconds > 0 else { return }
    let hash = Self.hash(peer)
    let range = range(hash)
    var index = range.lowerBound
    for candidate in range {
      if slots[candidate].hash == hash {
        index = candidate
        break
      }
      if slots[candidate].fullAtNanoseconds < slots[index].fullAtNanoseconds { index = candidate }
    }
    if slots[index].hash != hash { slots[index] = Slot(hash: hash) }
    // No further ahead than one call beyond the burst, so that the wait after a flood stays short.
    let latest = now + rate.toleranceNanoseconds + rate.intervalNanoseconds
    let full = min(latest, max(slots[index].fullAtNanoseconds, now) + rate.intervalNanoseconds)
    slots[index].fullAtNanoseconds = full
    emptyUntilNanoseconds = max(emptyUntilNanoseconds, full - rate.toleranceNanoseconds)
  }

  private func range(_ hash: Int) -> Range<Int> {
    let first = (hash & (sets - 1)) * Self.ways
    return first..<first + Self.ways
  }

  private static func hash(_ peer: String) -> Int {
    var hasher = Hasher()
    let host = peer.utf8.lastIndex(of: UInt8(ascii: ":")).map { peer.utf8[..<$0] } ?? peer.utf8[...]
    var address = in6_addr()
    if host.first == UInt8(ascii: "["),
      inet_pton(AF_INET6, String(decoding: host.dropFirst().dropLast(), as: UTF8.self), &address) == 1
    {
      withUnsafeBytes(of: &address) { bytes in
        // An IPv4 caller of an IPv6 socket: ::ffff:192.0.2.1 (RFC 4291, section 2.5.5.2).
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
        hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: isMapped ? bytes[12...] : bytes[..<8]))
      }
    } else {
      for byte in host { hasher.combine(byte) }
    }
    return hasher.finalize()
  }
}
