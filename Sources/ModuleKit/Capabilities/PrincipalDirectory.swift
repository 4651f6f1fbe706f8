/// The host's principals, for the module that keeps the organisations which they belong to.
///
/// Provided by the host; each call writes in the transaction that it is given.
public protocol PrincipalDirectory: Sendable {
  /// Disables all principals of an organisation that closes: once the transaction has committed, calls with their
  /// tokens and certificates are refused, late messages and streams too. They stay disabled until an administrator
  /// enables them, which the host refuses while `OrganisationDirectory` says that the organisation is closed.
  ///
  /// To be called by `PrincipalDisabling.closeOrganisationPath` alone: after another method's commit, what event loops
  /// remember of credentials would count a little longer.
  /// - Throws: a refusal, ORGANISATION_HAS_ADMINISTRATORS, if an administrator who is not disabled is among them;
  ///   `StorageError`.
  func disablePrincipals(ofOrganisation id: String, in transaction: Transaction) throws
}

/// Which of the modules' methods disable principals. The host knows no module, and has to know after which calls it
/// forgets what it remembers of credentials.
public enum PrincipalDisabling {
  /// The method that closes an organisation.
  public static let closeOrganisationPath = "/yizhan.workers.v1.OrganisationService/CloseOrganisation"
}
