/// What the host's own data keys are for. Each is random, made at the first start, and wrapped as persons' keys are.
public enum DataKeyPurpose: String, Sendable, CaseIterable {
  /// Keyed hashes by which a person is found; never changed, because every hash hangs on it.
  case lookup
  /// Seals what the audit record says of changed rows.
  case audit
  /// The Ed25519 private key that signs heads of the audit log; never changed, because kept heads name it.
  case auditSigning = "audit-signing"
}
