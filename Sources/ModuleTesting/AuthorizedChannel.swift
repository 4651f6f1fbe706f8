import ModuleKit

/// Adds a token, and a purpose, to every call of another channel.
struct AuthorizedChannel: ClientChannel {
  let channel: any ClientChannel
  /// nil for calls without a token.
  let token: String?
  /// What personal data is wanted for; nil for masked.
  var purpose: String?

  func unary(_ path: String, _ message: [UInt8], _ options: CallOptions) async throws -> ClientReply {
    try await channel.unary(path, message, authorized(options))
  }

  func open(_ path: String, _ options: CallOptions) async throws -> any ClientStream {
    try await channel.open(path, authorized(options))
  }

  private func authorized(_ options: CallOptions) -> CallOptions {
    var options = options
    if let token { options.metadata.add("authorization", "Bearer \(token)") }
    if let purpose { options.metadata.add("yizhan-purpose", purpose) }
    return options
  }
}
