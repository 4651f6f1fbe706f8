import ModuleKit

/// Calls the echo module.
struct EchoClient {
  let channel: any ClientChannel

  init(_ channel: any ClientChannel) { self.channel = channel }

  func call(_ method: String, _ text: String, _ options: CallOptions = CallOptions()) async throws -> String {
    try await reply(method, text, options).text
  }

  func reply(
    _ method: String, _ text: String, _ options: CallOptions = CallOptions()
  ) async throws -> (text: String, trailers: Metadata) {
    let reply = try await channel.unary(
      EchoModule.path(method), ProtoStringValue(value: text).encoded(), options)
    return (try ProtoStringValue(decoding: reply.message).value, reply.trailers)
  }

  /// The status that a call fails with.
  func failure(_ method: String, _ text: String, _ options: CallOptions = CallOptions()) async -> Status {
    do {
      return Status(.ok, "answered \(try await call(method, text, options))")
    } catch {
      return error as? Status ?? Status(.unknown, "\(error)")
    }
  }
}
