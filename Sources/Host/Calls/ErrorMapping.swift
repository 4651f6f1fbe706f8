import ModuleKit

/// Turns whatever a call threw into the status that its caller gets.
enum ErrorMapping {
  /// A caller's status and, for an error that nobody foresaw, what the log is to say of it.
  struct Outcome {
    var status: Status
    var unexpected: String?
  }

  /// - Parameter requestID: Named in every status, so that a caller's report leads to the log.
  static func outcome(_ error: any Error, requestID: String) -> Outcome {
    var outcome = unmarked(error, requestID: requestID)
    if outcome.status.reason.isEmpty { outcome.status.reason = outcome.status.code.protocolName }
    if outcome.status.domain.isEmpty { outcome.status.domain = "yizhan" }
    outcome.status.metadata["request_id"] = requestID
    return outcome
  }

  private static func unmarked(_ error: any Error, requestID: String) -> Outcome {
    switch error {
    case let error as any StatusConvertible: Outcome(status: error.status)
    case let error as StorageError: storage(error, requestID: requestID)
    case VaultError.erased: erased
    case let fault as CallFault: unexpected(fault.description, requestID: requestID)
    case is CancellationError:
      Outcome(status: Status(.cancelled, "the call was cancelled", reason: "CANCELLED"))
    default: unexpected(describe(error), requestID: requestID)
    }
  }

  private static func storage(_ error: StorageError, requestID: String) -> Outcome {
    func known(
      _ code: Status.Code, _ message: String, _ reason: String, _ chinese: String, retry: Duration? = nil
    ) -> Outcome {
      Outcome(status: Status(code, message, reason: reason, messageChinese: chinese, retryDelay: retry))
    }
    switch error {
    case .constraint(let violation) where violation.kind == .unique:
      return known(.alreadyExists, "there is such a thing already", "ALREADY_EXISTS", "同样的内容已存在")
    case .constraint(let violation) where violation.kind == .foreignKey:
      return known(
        .failedPrecondition,
        "the request refers to a thing that does not exist, or removes one that is in use",
        "REFERENCE_BROKEN", "请求引用了不存在的内容,或删除了仍被引用的内容")
    case .constraint:
      return known(
        .failedPrecondition, "the request would leave a value that is not allowed", "CONSTRAINT_BROKEN",
        "请求会产生不允许的值")
    case .deadlineExceeded:
      return known(
        .deadlineExceeded, "the call took longer than its deadline allows; narrow it, or allow more time",
        "DEADLINE_EXCEEDED", "调用超过了期限;请缩小范围或放宽期限")
    case .cancelled:
      return known(.cancelled, "the caller gave up before the write began", "CANCELLED", "调用方已取消")
    case .overloaded(let delay):
      return known(
        .resourceExhausted, "the host has more writes waiting than it takes; try again a little later",
        "HOST_OVERLOADED", "服务繁忙,请稍后重试", retry: delay)
    case .busy:
      return known(
        .unavailable, "the database was locked for too long; try again", "DATABASE_BUSY", "数据库繁忙,请重试",
        retry: .milliseconds(200))
    case .diskFull:
      return known(
        .unavailable, "the host's disk is full and nothing was written; the operator must free some space",
        "DISK_FULL",
        "服务器磁盘已满,未写入任何内容;请联系运维人员", retry: .seconds(30))
    case .outOfMemory:
      return known(
        .resourceExhausted, "the host had too little memory for this call; nothing was written",
        "OUT_OF_MEMORY",
        "服务器内存不足,未写入任何内容", retry: .seconds(1))
    case .idempotencyMismatch:
      return known(
        .failedPrecondition,
        """
        this idempotency key was used before, for another request or with other roles, areas or another \
        organisation; that write was done: read what came of it, and use a new key for a new request only
        """,
        "IDEMPOTENCY_KEY_REUSED",
        "此幂等键已用于另一请求,或使用时的角色、区域或机构与现在不同;当时的写入已完成,请查询其结果;仅新请求可用新键")
    case .replyErased:
      return known(
        .failedPrecondition,
        "this idempotency key was used before, and its reply is gone with the person that it was about",
        "REPLY_ERASED", "此幂等键已使用过,其应答已随当事人信息一并删除")
    case .limitExceeded(let what, let limit, let actual):
      return known(
        .invalidArgument, "\(what) is \(actual), and the limit is \(limit)", "LIMIT_EXCEEDED", "超出限制")
    case .closed:
      return known(
        .unavailable, "the host is stopping; try again", "HOST_STOPPING", "服务正在停止,请重试",
        retry: .seconds(1))
    default:
      return unexpected(error.description, requestID: requestID)
    }
  }

  private static let erased = Outcome(
    status: Status(
      .failedPrecondition, "the personal data of this person was erased and cannot be used or added to",
      reason: "PERSON_ERASED", messageChinese: "此人的个人信息已被删除,不能再使用或补充"))

  private static func unexpected(_ description: String, requestID: String) -> Outcome {
    Outcome(
      status: Status(
        .internalError, "the host failed; its operator finds the cause in the log under \(requestID)",
        reason: "INTERNAL", messageChinese: "服务器内部错误,编号 \(requestID)"),
      unexpected: description)
  }

  /// What the log says of an error that nobody foresaw: its type and case, never its values, which may be
  /// personal data.
  private static func describe(_ error: any Error) -> String {
    let mirror = Mirror(reflecting: error)
    let type = String(reflecting: Swift.type(of: error))
    guard mirror.displayStyle == .enum else { return type }
    return "\(type).\(mirror.children.first?.label ?? "\(error)")"
  }
}
