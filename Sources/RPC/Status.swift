public import Wire

/// The outcome of a call: a gRPC status with the typed details of google.rpc.
///
/// Thrown by handlers and by clients. On the wire it is `grpc-status`, `grpc-message` and, where it has
/// details, `grpc-status-details-bin`.
/// Source: gRPC core concepts, "Status codes and their use in gRPC"; AIP-193.
public struct Status: Error, Sendable, Equatable {
  /// The codes of gRPC, with their numbers on the wire.
  public enum Code: Int, Sendable, CaseIterable {
    case ok = 0
    case cancelled = 1
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case aborted = 10
    case outOfRange = 11
    case unimplemented = 12
    case internalError = 13
    case unavailable = 14
    case dataLoss = 15
    case unauthenticated = 16
  }

  /// What went wrong, as a class of errors.
  public var code: Code
  /// What went wrong and what to do about it, for a developer, in English.
  public var message: String
  /// The machine-readable reason (google.rpc.ErrorInfo), UPPER_SNAKE_CASE; empty for none.
  public var reason: String
  /// The module that gives `reason` its meaning: "wishes.yizhan".
  public var domain: String
  /// Facts about the error, for programs.
  public var metadata: [String: String]
  /// The same message in Chinese (google.rpc.LocalizedMessage, zh-CN); empty for none.
  public var messageChinese: String
  /// The fields at fault (google.rpc.BadRequest).
  public var violations: [FieldViolation]
  /// How long to wait before a retry (google.rpc.RetryInfo); nil for none.
  public var retryDelay: Duration?

  /// Creates a status.
  public init(
    _ code: Code, _ message: String, reason: String = "", domain: String = "",
    metadata: [String: String] = [:], messageChinese: String = "",
    violations: [FieldViolation] = [], retryDelay: Duration? = nil
  ) {
    self.code = code
    self.message = message
    self.reason = reason
    self.domain = domain
    self.metadata = metadata
    self.messageChinese = messageChinese
    self.violations = violations
    self.retryDelay = retryDelay
  }
}

/// An error that knows its status. Each module has one enum of errors that conforms.
public protocol StatusConvertible: Error {
  /// The status a caller gets.
  var status: Status { get }
}

extension Status: StatusConvertible {
  /// Itself.
  public var status: Status { self }
}
