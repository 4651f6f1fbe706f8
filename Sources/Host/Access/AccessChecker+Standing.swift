import ModuleKit

/// Whether a credential that let a call in still stands while the call goes on.
extension AccessChecker {
  /// Whether nothing was revoked or changed since the credential was looked up. Expiry counts at the headers alone.
  func isCurrent(_ credential: Credential) -> Bool { credential.generation == generation.current }

  /// Looks a credential up once more, in the snapshot or transaction that a streaming call is about to use: so that
  /// from its revocation on it reads and writes nothing.
  /// - Throws: `Status` UNAUTHENTICATED if it was revoked, has expired, or if what its principal may do was changed;
  ///   `StorageError`.
  func recheck(_ credential: Credential, in snapshot: Snapshot) throws {
    let snapshot = snapshot.entering(scope)
    let principalID: String?
    if let token = try TokenStore.token(id: credential.id, in: snapshot) {
      principalID = token.isValid(at: snapshot.now) ? token.principalID : nil
    } else {
      principalID = try CertificateStore.certificate(id: credential.id, in: snapshot)?.principalID
    }
    guard let principalID, let principal = try PrincipalStore.principal(id: principalID, in: snapshot),
      principal.disabledAt == nil, credential.isOf(principal)
    else { throw Self.changed }
  }

  private static let changed = Status(
    .unauthenticated,
    "the credential was revoked, has expired or was changed while the call was under way; what was done until then"
      + " stands; call again",
    reason: "CREDENTIAL_CHANGED", messageChinese: "调用过程中凭证已被吊销、过期或变更;此前已完成的部分有效,请重新调用")
}

extension Credential {
  /// Whether it lets its holder do what the principal may do now.
  fileprivate func isOf(_ principal: PrincipalRow) -> Bool {
    principal.roles.union(.authenticated) == roles && principal.organisationID == caller.organisationID
      && principal.areaCodes == caller.areaCodes
  }
}
