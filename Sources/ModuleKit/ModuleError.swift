/// What a module refuses, thrown by its handlers. A module's own error is a `RefusalError`.
///
/// The caller gets the refusal as a status; see `Refusal.status(domain:)`.
public protocol ModuleError: StatusConvertible, Equatable {
  /// What gives the module's reasons their meaning: its name and ".yizhan".
  static var domain: String { get }
  /// What the caller is told.
  var refusal: Refusal { get }
}

extension ModuleError {
  /// The refusal in the module's domain.
  public var status: Status { refusal.status(domain: Self.domain) }
}

/// Why a call is refused, without the domain of who refuses it.
public struct Refusal: Sendable, Equatable {
  /// The class of error.
  public var code: Status.Code
  /// The machine-readable reason in UPPER_SNAKE_CASE.
  public var reason: String
  /// What is wrong and what to do about it, in English.
  public var message: String
  /// The same in Chinese.
  public var messageChinese: String
  /// Facts about the error, for programs, by name in lower_snake_case.
  public var metadata: [String: String]
  /// The fields at fault; empty where it is not fields that are at fault.
  public var violations: [FieldViolation] = []
  /// The fields that it is about, for who shows it beside them, such as the row errors of an import. The caller is not
  /// sent them: violations are.
  public var fields: [String]

  /// Creates a refusal that is not about the values of fields.
  /// - Parameters:
  ///   - code: any code but `ok`.
  ///   - reason: in UPPER_SNAKE_CASE.
  ///   - message: what is wrong and what to do about it, in English.
  ///   - messageChinese: the same in Chinese.
  ///   - metadata: facts for programs.
  ///   - fields: the fields that it is about; empty for the request as a whole.
  public init(
    _ code: Status.Code, _ reason: String, _ message: String, _ messageChinese: String,
    metadata: [String: String] = [:], fields: [String] = []
  ) {
    precondition(code != .ok, "a refusal is not OK")
    self.code = code
    self.reason = reason
    self.message = message
    self.messageChinese = messageChinese
    self.metadata = metadata
    self.fields = fields
  }

  /// Refuses the values of fields: INVALID_ARGUMENT, FIELDS_INVALID, with a message made of the violations.
  public static func invalid(_ violations: [FieldViolation]) -> Refusal {
    var refusal = Refusal(
      .invalidArgument, "FIELDS_INVALID",
      violations.map { "\($0.field): \($0.description)" }.joined(separator: "; "),
      violations.map { "\($0.field):\($0.descriptionChinese)" }.joined(separator: ";"),
      fields: violations.map(\.field))
    refusal.violations = violations
    return refusal
  }

  /// The status that the caller gets.
  /// - Parameter domain: what gives the reason its meaning; the host's own is "yizhan".
  public func status(domain: String) -> Status {
    Status(
      code, message, reason: reason, domain: domain, metadata: metadata, messageChinese: messageChinese,
      violations: violations)
  }
}
