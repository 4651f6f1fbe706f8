import ModuleKit

/// Why a call on principals, tokens and certificates is refused.
enum AccessError: ModuleError {
  static let domain = "access.yizhan"

  case roleInvalid(Int32)
  case rolesMissing
  case areaInvalid
  case expiryInvalid
  case expiryInPast
  case expiryTooFar
  case expiryForAdministrators
  case principalNameInvalid
  case principalNameTaken
  case principalDiffers
  case principalDisabled
  case principalUnknown
  case reachesFurther
  case organisationUnknown
  case organisationClosed
  case organisationHasAdministrators
  case etagStale
  case tokenUnknown
  case tokenEnded
  case tokenLimit(Int)
  case keyHashInvalid
  case certificateBound
  case certificateLimit(Int)
  case certificateUnknown
  case lastAdministrator
  case methodUnknown

  var refusal: Refusal {
    switch self {
    case .roleInvalid(let number):
      Refusal(
        .invalidArgument, "ROLE_INVALID",
        "roles: \(number) is not a role that a principal can have; see yizhan.access.v1.Role",
        "roles:\(number) 不是主体可以具有的角色")
    case .rolesMissing:
      Refusal(
        .invalidArgument, "ROLES_MISSING",
        "roles: there is no principal of this name yet; say which roles it is to have",
        "roles:尚无此名称的主体,请填写其角色")
    case .areaInvalid:
      Refusal(
        .invalidArgument, "AREA_INVALID", "area_codes: holds what is no area code", "area_codes:含无效的区划代码")
    case .expiryInvalid:
      Refusal(
        .invalidArgument, "EXPIRY_INVALID", "expire_time: is not a time from year 1 to 9999",
        "expire_time:不是有效的时间")
    case .expiryInPast:
      Refusal(.invalidArgument, "EXPIRY_IN_PAST", "expire_time: must be in the future", "expire_time:必须晚于现在")
    case .expiryTooFar:
      Refusal(
        .invalidArgument, "EXPIRY_TOO_FAR", "expire_time: must be within ten years", "expire_time:不得超过十年")
    case .expiryForAdministrators:
      Refusal(
        .permissionDenied, "EXPIRY_FOR_ADMINISTRATORS",
        "expire_time: only an administrator chooses it; leave it out for the host's default",
        "expire_time:仅管理员可指定;留空则使用服务器默认期限")
    case .principalNameInvalid:
      Refusal(
        .invalidArgument, "PRINCIPAL_NAME_INVALID",
        "principal_name: must not begin or end with a space or hold control characters",
        "principal_name:首尾不得有空格,不得含控制字符")
    case .principalNameTaken:
      Refusal(
        .alreadyExists, "PRINCIPAL_NAME_TAKEN",
        "a principal of this name exists already; choose another name",
        "已有同名主体,请换一个名称")
    case .principalDiffers:
      Refusal(
        .failedPrecondition, "PRINCIPAL_DIFFERS",
        "the principal of this name has other roles, areas or another organisation; leave them out for a token with"
          + " what it has, or change it with UpdatePrincipal first",
        "同名主体的角色、区划或单位与请求不同;请留空以沿用,或先修改该主体")
    case .principalDisabled:
      Refusal(
        .failedPrecondition, "PRINCIPAL_DISABLED", "the principal is disabled; enable it first", "该主体已停用,请先启用"
      )
    case .principalUnknown:
      Refusal(.notFound, "PRINCIPAL_NOT_FOUND", "there is no such principal", "没有此主体")
    case .reachesFurther:
      Refusal(
        .permissionDenied, "AREA_NOT_YOURS",
        "the principal would act outside of the areas that you administer; give it areas within these",
        "该主体的区划超出您的管理范围;请指定范围内的区划")
    case .organisationUnknown:
      Refusal(
        .invalidArgument, "ORGANISATION_NOT_FOUND",
        "organisation_id: there is no such organisation in the register",
        "organisation_id:登记册中没有此单位")
    case .organisationClosed:
      Refusal(
        .failedPrecondition, "ORGANISATION_CLOSED", "the organisation is closed; reopen it first",
        "该单位已停用,请先恢复")
    case .organisationHasAdministrators:
      Refusal(
        .failedPrecondition, "ORGANISATION_HAS_ADMINISTRATORS",
        "an administrator of this host belongs to the organisation; an administrator has to disable that principal"
          + " first, with UpdatePrincipal",
        "该单位有本服务器的管理员;请先由管理员停用该主体")
    case .etagStale:
      Refusal(
        .aborted, "ETAG_STALE",
        "the principal was changed since it was read; read it again and repeat the change",
        "该主体已被修改,请重新读取后再提交")
    case .tokenUnknown:
      Refusal(.notFound, "TOKEN_NOT_FOUND", "there is no token with this id", "没有此编号的令牌")
    case .tokenEnded:
      Refusal(
        .failedPrecondition, "TOKEN_ENDED", "the token is expired or revoked; create another one instead",
        "该令牌已过期或已吊销,请另行创建")
    case .tokenLimit(let limit):
      Refusal(
        .failedPrecondition, "TOKEN_LIMIT",
        "the principal has \(limit) valid tokens, which is the most; revoke one first, with RevokeToken",
        "该主体已有 \(limit) 个有效令牌(上限);请先吊销一个")
    case .keyHashInvalid:
      Refusal(
        .invalidArgument, "KEY_HASH_INVALID", "public_key_sha256: must be 64 hexadecimal digits",
        "public_key_sha256:须为 64 位十六进制数字")
    case .certificateBound:
      Refusal(
        .alreadyExists, "CERTIFICATE_BOUND", "this key is bound already; unbind it first", "此密钥已绑定,请先解除绑定")
    case .certificateLimit(let limit):
      Refusal(
        .failedPrecondition, "CERTIFICATE_LIMIT",
        "the principal has \(limit) certificates, which is the most; unbind one first",
        "该主体已绑定 \(limit) 个证书(上限);请先解除一个")
    case .certificateUnknown:
      Refusal(.notFound, "CERTIFICATE_NOT_FOUND", "there is no such certificate", "没有此证书")
    case .lastAdministrator:
      Refusal(
        .failedPrecondition, "LAST_ADMINISTRATOR",
        "this would leave nobody who administers the whole host with a token that is valid for a day more; create one"
          + " that is valid for longer first",
        "此操作将使整个服务器再无有效期超过一天的管理员令牌;请先创建一个有效期更长的令牌")
    case .methodUnknown:
      Refusal(
        .notFound, "METHOD_NOT_FOUND",
        "no method, or more than one, has this name; give it as yizhan.wishes.v1.WishService/ClaimWish",
        "没有此方法或名称不唯一;请写全名,例如 yizhan.wishes.v1.WishService/ClaimWish")
    }
  }
}
