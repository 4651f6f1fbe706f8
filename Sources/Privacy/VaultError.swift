/// Why a value cannot be sealed or opened.
public enum VaultError: Error, Equatable {
  /// The person's key was destroyed: what was sealed with it is gone for good, and nothing new is sealed.
  case erased
  /// The value was not sealed for this person and column, or has been changed since, or the person's key is lost.
  case damaged
  /// The vault has no keys yet: the host unlocks it before it serves.
  case locked
}
