/// Why a value cannot be sealed or opened.
public enum VaultError: Error, Equatable {
  /// The person's key was destroyed: what was sealed with it is gone for good, and nothing new is sealed.
  case erased
  /// The value was not sealed for this person and column, or has been changed since, or the person's key is lost.
  case damaged
  /// A person's identifier or a value's label holds a control character (U+0000 to U+001F, U+007F).
  case identifierInvalid
  /// The vault has no keys yet: the host unlocks it before it serves.
  case locked
}
