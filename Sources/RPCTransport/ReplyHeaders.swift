import HTTP2
import RPC

/// The header blocks of replies.
enum ReplyHeaders {
  /// What every reply with a body begins with.
  static let begin = HTTP2FixedHeaders([(":status", "200"), ("content-type", "application/grpc")])
  /// What an OK reply ends with.
  static let ok = HTTP2FixedHeaders([("grpc-status", "0")])

  /// A reply without a body: status and metadata in one block.
  static func only(_ status: Status) -> HTTP2Headers {
    var headers = HTTP2Headers()
    headers.append(":status", "200")
    headers.append("content-type", "application/grpc")
    append(status, to: &headers)
    return headers
  }

  /// What a reply with a body ends with.
  static func trailers(_ status: Status) -> HTTP2Headers {
    var headers = HTTP2Headers()
    append(status, to: &headers)
    return headers
  }

  /// What an OK reply with metadata of its own ends with; INTERNAL if the metadata cannot be sent.
  static func trailers(_ metadata: Metadata) -> HTTP2Headers {
    var headers = HTTP2Headers()
    headers.append("grpc-status", "0")
    do throws(Status) {
      try metadata.encodeForSending { headers.append($0, $1) }
      return headers
    } catch {
      return trailers(error)
    }
  }

  /// An answer to a request that is not gRPC at all.
  static func plain(_ httpStatus: String, _ extra: [(String, String)]) -> HTTP2Headers {
    HTTP2Headers([(":status", httpStatus), ("content-length", "0")] + extra)
  }

  private static func append(_ status: Status, to headers: inout HTTP2Headers) {
    headers.append("grpc-status", "\(status.code.rawValue)")
    if !status.message.isEmpty { headers.append("grpc-message", StatusMessage.encode(status.message)) }
    if let details = status.encodedDetails() { headers.append("grpc-status-details-bin", details) }
    if status.code == .unimplemented { headers.append("grpc-accept-encoding", "identity") }
  }
}
