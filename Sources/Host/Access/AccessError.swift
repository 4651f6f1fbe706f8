import ModuleKit

/// Why a call on tokens is refused.
enum AccessError: StatusConvertible {
  case roleInvalid(Int32)
  case expiryInvalid
  case expiryInPast
  case expiryTooFar
  case principalNameInvalid
  case tokenUnknown
  case lastAdministrator

  var status: Status {
    switch self {
    case .roleInvalid(let number):
      refusal(
        .invalidArgument, "ROLE_INVALID",
        "roles: \(number) is not a role that a token can carry; see yizhan.access.v1.Role",
        "roles:\(number) 不是令牌可以具有的角色")
    case .expiryInvalid:
      refusal(
        .invalidArgument, "EXPIRY_INVALID", "expire_time: is not a time from year 1 to 9999",
        "expire_time:不是有效的时间")
    case .expiryInPast:
      refusal(.invalidArgument, "EXPIRY_IN_PAST", "expire_time: must be in the future", "expire_time:必须晚于现在")
    case .expiryTooFar:
      refusal(
        .invalidArgument, "EXPIRY_TOO_FAR", "expire_time: must be within ten years", "expire_time:不得超过十年")
    case .principalNameInvalid:
      refusal(
        .invalidArgument, "PRINCIPAL_NAME_INVALID",
        "principal_name: must not begin or end with a space or hold control characters",
        "principal_name:首尾不得有空格,不得含控制字符")
    case .tokenUnknown:
      refusal(.notFound, "TOKEN_NOT_FOUND", "there is no token with this id", "没有此编号的令牌")
    case .lastAdministrator:
      refusal(
        .failedPrecondition, "LAST_ADMINISTRATOR",
        "this is the last valid administrator's token; create another one first, then revoke this one",
        "这是最后一个有效的管理员令牌;请先创建另一个再吊销")
    }
  }

  private func refusal(_ code: Status.Code, _ reason: String, _ message: String, _ chinese: String) -> Status
  {
    Status(code, message, reason: reason, domain: "access.yizhan", messageChinese: chinese)
  }
}
