import HTTP2
import RPC

/// How a client reads what a call ended with.
enum ReplyStatus {
  /// The status in a reply's trailers, or in its headers if it has nothing else.
  static func read(_ stream: HTTP2Stream) -> Status {
    if stream.isHeaderListTooLarge {
      return Status(.resourceExhausted, "the server's metadata is larger than this client accepts")
    }
    for block in [stream.trailers, stream.headers] {
      let status: Status? = block.withValue(of: "grpc-status") { code in
        guard let code else { return nil }
        return block.withValue(of: "grpc-message") { message in
          block.withValue(of: "grpc-status-details-bin") { details in
            Status(received: code, message: message, details: details)
          }
        }
      }
      if let status { return status }
    }
    return ofHTTP(stream.headers.text(of: ":status") ?? "")
  }

  /// Metadata of a block; values that cannot be read are left out.
  static func metadata(_ headers: HTTP2Headers) -> Metadata {
    var metadata = Metadata()
    headers.forEach { name, value in
      try? metadata.addReceived(name: name, value: value)
      return true
    }
    return metadata
  }

  /// Source: gRPC, "HTTP to gRPC Status Code Mapping".
  private static func ofHTTP(_ status: String) -> Status {
    let code: Status.Code =
      switch status {
      case "400": .internalError
      case "401": .unauthenticated
      case "403": .permissionDenied
      case "404": .unimplemented
      case "429", "502", "503", "504": .unavailable
      default: .unknown
      }
    return Status(code, "the answer has HTTP status \(status) and no grpc-status; is there a gRPC server?")
  }

  /// Source: gRPC over HTTP/2, "Errors".
  static func of(_ code: HTTP2ErrorCode) -> Status {
    let status: Status.Code =
      switch code {
      case .refusedStream: .unavailable
      case .cancel: .cancelled
      case .enhanceYourCalm: .resourceExhausted
      default: .internalError
      }
    return Status(status, "the server reset the call with HTTP/2 error \(code.rawValue)")
  }
}
