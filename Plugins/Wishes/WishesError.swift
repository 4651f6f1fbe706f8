import ModuleKit

/// What the wishes module refuses, with a machine-readable reason and a sentence in English and Chinese.
enum WishesError: Error, Equatable {
  /// There is no such wish, or the caller may not see it.
  case wishNotFound(String)
  /// There is no such claim, or the caller may not see it.
  case claimNotFound(String)
  /// There is no such report, or the caller may not see it.
  case reportNotFound(String)
  /// There is no such worker, or the caller does not serve the worker.
  case workerNotFound(String)
  /// There is no such area.
  case areaNotFound(String)
  /// There is no such organisation.
  case organisationNotFound(String)
  /// The organisation is closed and takes no new part.
  case organisationClosed(String)
  /// The area is not within the caller's.
  case areaNotYours(String)
  /// The caller acts for no organisation, and the call needs one.
  case organisationNeeded(String)
  /// The caller acts for another organisation than the one named.
  case organisationNotYours
  /// Only staff may list this.
  case listForStaff(String)
  /// The wish's state does not allow the step.
  case wishStateConflict(step: String, state: String, allowed: [String])
  /// The claim's state does not allow the step.
  case claimStateConflict(step: String, state: String, allowed: String)
  /// The report's state does not allow the step.
  case reportStateConflict(step: String, state: String, allowed: [String])
  /// Some of the wish is claimed, so what it asks for can no longer change.
  case wishPartlyClaimed
  /// Somebody else has claimed all of the wish.
  case alreadyClaimed(wishID: String, expiresAtSeconds: Int64)
  /// Less is left of the wish than the claim asks for.
  case exceedsNeed(field: String, asked: Int64, open: Int64)
  /// The version given is not the current one.
  case staleEtag(resource: String, current: String)
  /// The worker has too many wishes that are not finished.
  case tooManyWishes(limit: Int)
  /// The wish was claimed too often over its life.
  case tooManyClaims(limit: Int)
  /// There are too many reports about the wish.
  case tooManyReports(limit: Int)
  /// A text that is to become public holds personal data.
  case personalDataInText(field: String, finding: String)
  /// The organisation that delivered cannot confirm or dispute its own delivery.
  case ownDelivery
  /// The claim was extended as often as is allowed.
  case noExtensionLeft(limit: Int32)
  /// The claim would hold longer than is allowed.
  case holdTooLong(limitDays: Int64)
  /// The wisher has not agreed to publication.
  case consentMissing
  /// Nobody has claimed the wish, so there is nothing to report.
  case nothingToReport
  /// The values at fault, each by its field.
  case invalid([Flaw])
  /// The module's own tables contradict each other; the transaction is undone.
  case invariantBroken(String)
}

/// A value at fault: of a request's field, by itself or together with others.
struct Flaw: Sendable, Equatable {
  /// The field.
  var field: String
  /// A machine-readable reason.
  var reason: String
  /// What is wrong and what is expected, in English.
  var description: String
  /// The same in Chinese.
  var chinese: String

  init(_ field: String, _ reason: String, _ description: String, _ chinese: String) {
    self.field = field
    self.reason = reason
    self.description = description
    self.chinese = chinese
  }
}

extension WishesError: StatusConvertible {
  /// The domain of the module's reasons.
  static let domain = "wishes.yizhan"

  /// The status that a caller gets.
  var status: Status {
    let (code, reason, message, chinese) = facts
    return Status(
      code, message, reason: reason, domain: WishesError.domain, metadata: metadata, messageChinese: chinese,
      violations: violations)
  }

  private var violations: [Status.FieldViolation] {
    guard case .invalid(let flaws) = self else { return [] }
    return flaws.map {
      Status.FieldViolation(
        field: $0.field, reason: $0.reason, description: $0.description, descriptionChinese: $0.chinese)
    }
  }

  private var metadata: [String: String] {
    switch self {
    case .wishStateConflict(let step, let state, let allowed),
      .reportStateConflict(let step, let state, let allowed):
      ["step": step, "state": state, "allowed": allowed.joined(separator: ",")]
    case .claimStateConflict(let step, let state, let allowed):
      ["step": step, "state": state, "allowed": allowed]
    case .alreadyClaimed(let id, let seconds): ["wish_id": id, "earliest_expire_time_seconds": "\(seconds)"]
    case .exceedsNeed(let field, let asked, let open):
      ["field": field, "asked": "\(asked)", "open": "\(open)"]
    case .staleEtag(let resource, let current): ["resource": resource, "current_etag": current]
    case .tooManyWishes(let limit), .tooManyClaims(let limit), .tooManyReports(let limit):
      ["limit": "\(limit)"]
    case .personalDataInText(let field, let finding): ["field": field, "finding": finding]
    case .noExtensionLeft(let limit): ["limit": "\(limit)"]
    case .holdTooLong(let days): ["limit_days": "\(days)"]
    default: [:]
    }
  }
}

extension WishesError {
  private typealias Facts = (Status.Code, reason: String, message: String, chinese: String)

  private var facts: Facts {
    switch self {
    case .wishNotFound(let id): Self.missing("WISH_NOT_FOUND", "wish", "心愿", id)
    case .claimNotFound(let id): Self.missing("CLAIM_NOT_FOUND", "claim", "认领", id)
    case .reportNotFound(let id): Self.missing("REPORT_NOT_FOUND", "report", "报道", id)
    case .workerNotFound(let id): Self.missing("WORKER_NOT_FOUND", "worker", "从业人员", id)
    case .areaNotFound(let code): Self.missing("AREA_NOT_FOUND", "area", "区划", code)
    case .organisationNotFound(let id): Self.missing("ORGANISATION_NOT_FOUND", "organisation", "单位", id)
    case .organisationClosed(let id):
      (
        .failedPrecondition, "ORGANISATION_CLOSED",
        "the organisation \(id) is closed and takes no new part", "单位 \(id) 已停用,不能再参与"
      )
    case .areaNotYours, .organisationNeeded, .organisationNotYours, .listForStaff, .ownDelivery: deniedFacts
    case .wishStateConflict, .claimStateConflict, .reportStateConflict, .wishPartlyClaimed: stateFacts
    case .alreadyClaimed, .exceedsNeed, .staleEtag, .noExtensionLeft, .holdTooLong: claimFacts
    case .tooManyWishes, .tooManyClaims, .tooManyReports: limitFacts
    case .personalDataInText, .consentMissing, .nothingToReport: publicationFacts
    case .invalid(let flaws):
      (
        .invalidArgument, "FIELDS_INVALID",
        flaws.map { "\($0.field): \($0.description)" }.joined(separator: "; "),
        flaws.map { "\($0.field):\($0.chinese)" }.joined(separator: ";")
      )
    case .invariantBroken(let what):
      (
        .internalError, "INVARIANT_BROKEN", "the wishes module found its tables inconsistent: \(what)",
        "数据不一致,操作已撤销"
      )
    }
  }

  private static func missing(_ reason: String, _ what: String, _ chinese: String, _ id: String) -> Facts {
    (
      .notFound, reason, "there is no \(what) \(id), or it is not yours to see",
      "没有该\(chinese)(\(id)),或您无权查看"
    )
  }

  private var deniedFacts: Facts {
    switch self {
    case .areaNotYours(let code):
      (
        .permissionDenied, "AREA_NOT_YOURS",
        "the area \(code) is not within the area that your token acts for",
        "区划 \(code) 不在您的管辖范围内"
      )
    case .organisationNeeded(let step):
      (
        .permissionDenied, "ORGANISATION_NEEDED",
        "\(step) needs an organisation: use a token that acts for one, or, as staff, name one",
        "该操作须以单位名义进行:请使用单位凭证,或由工作人员指定单位"
      )
    case .organisationNotYours:
      (
        .permissionDenied, "ORGANISATION_NOT_YOURS",
        "your token acts for another organisation; only staff act for others",
        "您的凭证属于其他单位,只有工作人员可以代办"
      )
    case .ownDelivery:
      (
        .permissionDenied, "OWN_DELIVERY",
        "the organisation that delivered cannot speak for the wisher; the platform or other staff has to",
        "交付单位不能代心愿人确认或提出异议,须由平台或其他工作人员办理"
      )
    default:
      (
        .permissionDenied, "LIST_FOR_STAFF",
        "only staff list this way; list LISTED or CLAIMED wishes, or your own with collected_by_caller",
        "该查询仅限工作人员;请查询待认领或已认领的心愿,或用 collected_by_caller 查询本单位收集的心愿"
      )
    }
  }

  private var stateFacts: Facts {
    switch self {
    case .wishStateConflict(let step, let state, let allowed):
      (
        .failedPrecondition, "WISH_STATE_CONFLICT",
        "the wish is \(state), and \(step) is allowed in \(allowed.joined(separator: ", ")) only"
          + (step == WishStep.withdrawWish.rawValue && state == "CONFIRMED"
            ? "; to take it out of public view call SetPublicationConsent" : ""),
        "心愿当前状态为 \(state),\(step) 仅可在 \(allowed.joined(separator: "、")) 状态下进行"
      )
    case .claimStateConflict(let step, let state, let allowed):
      (
        .failedPrecondition, "CLAIM_STATE_CONFLICT",
        "the claim is \(state), and \(step) is allowed in \(allowed) only",
        "认领当前状态为 \(state),\(step) 仅可在 \(allowed) 状态下进行"
      )
    case .reportStateConflict(let step, let state, let allowed):
      (
        .failedPrecondition, "REPORT_STATE_CONFLICT",
        "the report is \(state), and \(step) is allowed in \(allowed.joined(separator: ", ")) only",
        "报道当前状态为 \(state),\(step) 仅可在 \(allowed.joined(separator: "、")) 状态下进行"
      )
    default:
      (
        .failedPrecondition, "WISH_PARTLY_CLAIMED",
        "some of the wish is claimed, so it can no longer be changed; ask the claimants to release it first",
        "心愿已有认领,不能再修改;须先由认领单位放弃认领"
      )
    }
  }

  private var claimFacts: Facts {
    switch self {
    case .alreadyClaimed:
      (
        .failedPrecondition, "WISH_ALREADY_CLAIMED",
        "somebody else has claimed the wish; it comes back to the list if that claim lapses or is released",
        "心愿已被其他单位认领;若对方逾期或放弃,心愿将重新开放"
      )
    case .exceedsNeed(let field, let asked, let open):
      (
        .failedPrecondition, "CLAIM_EXCEEDS_NEED",
        "\(field): \(asked) asked for, and \(open) still open; claim less",
        "\(field):申请认领 \(asked),尚余 \(open),请减少后重试"
      )
    case .staleEtag(let resource, let current):
      (
        .aborted, "ETAG_STALE",
        "the \(resource) has changed since it was read; read it again (now \(current)) and retry",
        "数据已被他人修改,请重新读取后再试"
      )
    case .noExtensionLeft(let limit):
      (
        .failedPrecondition, "NO_EXTENSION_LEFT",
        "the claim was extended \(limit) times already; release it, or fulfil it in time",
        "该认领已延期 \(limit) 次,不能再延期"
      )
    case .holdTooLong(let days):
      (
        .failedPrecondition, "HOLD_TOO_LONG",
        "a claim holds \(days) days at most from the claim on, extensions included; ask for less",
        "认领自认领之日起最长保留 \(days) 天(含延期)"
      )
    default: preconditionFailure("not an error about claims")
    }
  }

  private var limitFacts: Facts {
    switch self {
    case .tooManyWishes(let limit):
      (
        .failedPrecondition, "WISHER_HAS_TOO_MANY_WISHES",
        "the worker has \(limit) wishes that are not finished; finish or withdraw one first",
        "该从业人员已有 \(limit) 个未完成的心愿,请先完成或撤回"
      )
    case .tooManyClaims(let limit):
      (
        .failedPrecondition, "WISH_HAS_TOO_MANY_CLAIMS",
        "the wish was claimed \(limit) times; collect it anew", "该心愿累计认领已达 \(limit) 次,请重新登记"
      )
    case .tooManyReports(let limit):
      (
        .failedPrecondition, "WISH_HAS_TOO_MANY_REPORTS", "there are \(limit) reports about the wish already",
        "该心愿的报道已达 \(limit) 篇"
      )
    default: preconditionFailure("not an error about limits")
    }
  }

  private var publicationFacts: Facts {
    switch self {
    case .personalDataInText(let field, let finding):
      (
        .failedPrecondition, "TEXT_HOLDS_PERSONAL_DATA",
        "\(field) becomes public and holds \(finding); take it out first", "\(field) 将公开,其中含有个人信息,请先删去"
      )
    case .consentMissing:
      (
        .failedPrecondition, "CONSENT_MISSING",
        "the wisher has not agreed to publication; record consent with SetPublicationConsent first",
        "心愿人未同意公开,请先登记同意"
      )
    case .nothingToReport:
      (
        .failedPrecondition, "NOTHING_TO_REPORT",
        "nobody has claimed the wish, so there is nothing to report yet",
        "心愿尚无人认领,没有可报道的内容"
      )
    default: preconditionFailure("not an error about publication")
    }
  }
}
