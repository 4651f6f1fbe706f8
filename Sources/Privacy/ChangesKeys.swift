import Crypto
import Synchronization

/// The key derived last for the changes of audit records: those that are written follow each other, and so do those
/// that are read. The host's own key never changes, so that what is held stays right.
final class ChangesKeys: Sendable {
  private let last = Mutex<(range: Int64, key: SymmetricKey)?>(nil)

  /// The key of a range of records, derived unless it is the last one.
  func key(of range: Int64, derive: () throws -> SymmetricKey) rethrows -> SymmetricKey {
    if let known = last.withLock({ $0 }), known.range == range { return known.key }
    let key = try derive()
    last.withLock { $0 = (range, key) }
    return key
  }
}
