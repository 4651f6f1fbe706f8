import HTTP2
import RPC

/// What the transport itself reads from a request's headers, in one pass and without allocating.
struct RequestHead {
  var methodIndex: Int?
  var timeout: Duration?
  /// Set when the request is refused for its headers alone.
  var refusal: Refusal?
  /// Whether it is.
  var isRefused: Bool { refusal != nil }

  enum Refusal {
    /// Not gRPC: a plain HTTP status.
    case http(HTTP2Headers)
    /// A gRPC status.
    case status(Status)
  }

  private var isPost = false
  private var contentType = ContentType.other
  private var hasTrailersTE = false

  init(_ headers: HTTP2Headers, _ methods: MethodTable) {
    headers.forEach { name, value in
      read(name, value, methods)
      return true
    }
    if !isPost {
      refusal = .http(ReplyHeaders.plain("405", [("allow", "POST")]))
    } else if contentType == .other {
      refusal = .http(ReplyHeaders.plain("415", [("accept-post", "application/grpc")]))
    } else if refusal == nil {
      refusal = refuse().map { .status($0) }
    }
  }

  private func refuse() -> Status? {
    if contentType == .otherFormat {
      return Status(
        .unimplemented, "messages are taken as protobuf only; send content-type application/grpc+proto")
    }
    if !hasTrailersTE {
      return Status(
        .internalError, "the header \"te: trailers\" is missing; a proxy on the way may not support gRPC")
    }
    if methodIndex == nil {
      return Status(.unimplemented, "the server has no method of that path")
    }
    return nil
  }

  private mutating func read(
    _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>, _ methods: MethodTable
  ) {
    switch name.count {
    case 2 where HTTP2Headers.isEqual(name, "te"):
      hasTrailersTE = HTTP2Headers.isEqual(value, "trailers")
    case 5 where HTTP2Headers.isEqual(name, ":path"):
      methodIndex = methods.index(of: value)
    case 7 where HTTP2Headers.isEqual(name, ":method"):
      isPost = HTTP2Headers.isEqual(value, "POST")
    case 12 where HTTP2Headers.isEqual(name, "content-type"):
      contentType = ContentType(value)
    case 12 where HTTP2Headers.isEqual(name, "grpc-timeout"):
      timeout = CallTimeout.parse(value)
      if timeout == nil {
        refuse(.internalError, "grpc-timeout is not one to eight digits and a unit of HMSmun")
      }
    case 13 where HTTP2Headers.isEqual(name, "grpc-encoding"):
      if !HTTP2Headers.isEqual(value, "identity") {
        refuse(.unimplemented, "messages are taken uncompressed only; grpc-encoding must be identity")
      }
    default:
      guard name.count > 4, name[name.count - 1] == UInt8(ascii: "n"),
        name[name.count - 4] == UInt8(ascii: "-")
      else { return }
      do throws(Status) {
        try Metadata.validateReceived(name: name, value: value)
      } catch {
        refusal = .status(error)
      }
    }
  }

  private mutating func refuse(_ code: Status.Code, _ message: String) {
    refusal = .status(Status(code, message))
  }
}
