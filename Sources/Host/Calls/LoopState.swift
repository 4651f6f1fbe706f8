import ModuleKit

/// What one event loop keeps for its calls.
///
/// Sendable because it is touched from that loop's thread only: the handler reaches it through the index of the
/// loop that it is called on, and hands it to no other thread.
final class LoopState: @unchecked Sendable {
  private(set) var reader: Reader!
  let arena: Arena
  var credentials: CredentialCache
  var identifiers = RequestIdentifiers()

  init(reader: Reader, arenaLimitBytes: Int, tokenCache: Duration) {
    self.reader = reader
    arena = Arena(limitBytes: arenaLimitBytes)
    credentials = CredentialCache(
      lifetimeMilliseconds: tokenCache.components.seconds * 1_000
        + tokenCache.components.attoseconds / 1_000_000_000_000_000)
  }

  /// Lets the read connection go. Called when the loop serves no more calls, before the database is closed.
  func close() { reader = nil }
}
