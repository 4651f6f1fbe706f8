import Crypto
import Synchronization

/// The key derived last for the changes of audit records: those that are written follow each other, and so do those
/// that are read. The host's own key never changes, so that what is held stays right.
final class ChangesKeys: Sendable {
  /// A key, and the start of every keyed hash under it.
  struct Derived: Sendable {
    let key: SymmetricKey
    let hash: HMAC<SHA256>
  }

  private let last = Mutex<(range: Int64, derived: Derived)?>(nil)

  /// The key of a range of records, derived unless it is the last one.
  func key(of range: Int64, derive: () throws -> SymmetricKey) rethrows -> Derived {
    if let known = last.withLock({ $0 }), known.range == range { return known.derived }
    let key = try derive()
    let derived = Derived(key: key, hash: HMAC(key: key))
    last.withLock { $0 = (range, derived) }
    return derived
  }
}
