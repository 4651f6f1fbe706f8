/// A connection that is being ended because the client's certificate is no longer accepted.
public struct PeerEnded: Sendable, Equatable {
  /// The client's address.
  public let peer: String
  /// Why, in one sentence for the log.
  public let reason: String
}
