import ModuleKit

/// What one event loop keeps for its calls.
///
/// Sendable because it is touched from that loop's thread only: the handler reaches it through the index of the
/// loop that it is called on, and hands it to no other thread.
final class LoopState: @unchecked Sendable {
  private(set) var reader: Reader!
  let arena: Arena
  /// Tokens, by the header that they came in.
  var credentials: CredentialCache
  /// Client certificates, by the hash of their key. Apart from tokens, because the hash is no secret: a header with
  /// its bytes must find nothing.
  var certificates: CredentialCache
  /// The generation of credentials that was read before the reader's snapshot was taken, and is still current as far as
  /// this loop knows.
  var snapshotGeneration: UInt64 = 0
  var identifiers = RequestIdentifiers()
  var failedCallers: FailedCallers

  init(reader: Reader, arenaLimitBytes: Int, tokenCache: Duration, failedCallers: FailedCallers) {
    self.reader = reader
    self.failedCallers = failedCallers
    arena = Arena(limitBytes: arenaLimitBytes)
    let lifetimeMilliseconds =
      tokenCache.components.seconds * 1_000 + tokenCache.components.attoseconds / 1_000_000_000_000_000
    credentials = CredentialCache(lifetimeMilliseconds: lifetimeMilliseconds)
    certificates = CredentialCache(sets: 256, lifetimeMilliseconds: lifetimeMilliseconds)
  }

  /// Lets the read connection go. Called when the loop serves no more calls, before the database is closed.
  func close() { reader = nil }
}
