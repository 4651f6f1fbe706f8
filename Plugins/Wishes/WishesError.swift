import ModuleKit

/// What the wishes module refuses, beside what every module does, with a machine-readable reason and a sentence in
/// English and Chinese.
struct WishesError: RefusalError {
  static let domain = "wishes.yizhan"

  let refusal: Refusal

  init(_ refusal: Refusal) { self.refusal = refusal }
}

// Who may see and do what.
extension WishesError {
  /// There is no such wish, or the caller may not see it.
  static func wishNotFound(_ id: String) -> Self {
    Self(.missing("WISH_NOT_FOUND", "wish", "心愿", id))
  }

  /// There is no such claim, or the caller may not see it.
  static func claimNotFound(_ id: String) -> Self {
    Self(.missing("CLAIM_NOT_FOUND", "claim", "认领", id))
  }

  /// There is no such report, or the caller may not see it.
  static func reportNotFound(_ id: String) -> Self {
    Self(.missing("REPORT_NOT_FOUND", "report", "报道", id))
  }

  /// The caller acts for no organisation, and the call needs one.
  static func organisationNeeded(_ step: String) -> Self {
    Self(
      Refusal(
        .permissionDenied, "ORGANISATION_NEEDED",
        "\(step) needs an organisation: use a token that acts for one, or, as staff, name one",
        "该操作须以单位名义进行:请使用单位凭证,或由工作人员指定单位"))
  }

  /// Only staff may list this.
  static let listForStaff = Self(
    Refusal(
      .permissionDenied, "LIST_FOR_STAFF",
      "only staff list this way; list LISTED or CLAIMED wishes, or your own with collected_by_caller",
      "该查询仅限工作人员;请查询待认领或已认领的心愿,或用 collected_by_caller 查询本单位收集的心愿"))

  /// The organisation that delivered cannot confirm or dispute its own delivery.
  static let ownDelivery = Self(
    Refusal(
      .permissionDenied, "OWN_DELIVERY",
      "the organisation that delivered cannot speak for the wisher; the platform or other staff has to",
      "交付单位不能代心愿人确认或提出异议,须由平台或其他工作人员办理"))
}

// What the state of a wish, a claim or a report allows.
extension WishesError {
  /// The wish's state does not allow the step.
  static func wishStateConflict(step: String, state: String, allowed: [String]) -> Self {
    Self(
      Refusal(
        .failedPrecondition, "WISH_STATE_CONFLICT",
        "the wish is \(state), and \(step) is allowed in \(allowed.joined(separator: ", ")) only"
          + (step == WishStep.withdrawWish.rawValue && state == "CONFIRMED"
            ? "; to take it out of public view call SetPublicationConsent" : ""),
        "心愿当前状态为 \(state),\(step) 仅可在 \(allowed.joined(separator: "、")) 状态下进行",
        metadata: ["step": step, "state": state, "allowed": allowed.joined(separator: ",")]))
  }

  /// The claim's state does not allow the step.
  static func claimStateConflict(step: String, state: String, allowed: String) -> Self {
    Self(
      Refusal(
        .failedPrecondition, "CLAIM_STATE_CONFLICT",
        "the claim is \(state), and \(step) is allowed in \(allowed) only",
        "认领当前状态为 \(state),\(step) 仅可在 \(allowed) 状态下进行",
        metadata: ["step": step, "state": state, "allowed": allowed]))
  }

  /// The report's state does not allow the step.
  static func reportStateConflict(step: String, state: String, allowed: [String]) -> Self {
    Self(
      Refusal(
        .failedPrecondition, "REPORT_STATE_CONFLICT",
        "the report is \(state), and \(step) is allowed in \(allowed.joined(separator: ", ")) only",
        "报道当前状态为 \(state),\(step) 仅可在 \(allowed.joined(separator: "、")) 状态下进行",
        metadata: ["step": step, "state": state, "allowed": allowed.joined(separator: ",")]))
  }

  /// Some of the wish is claimed, so what it asks for can no longer change.
  static let wishPartlyClaimed = Self(
    Refusal(
      .failedPrecondition, "WISH_PARTLY_CLAIMED",
      "some of the wish is claimed, so it can no longer be changed; ask the claimants to release it first",
      "心愿已有认领,不能再修改;须先由认领单位放弃认领"))

  /// The module's own tables contradict each other; the transaction is undone.
  static func invariantBroken(_ what: String) -> Self {
    Self(
      Refusal(
        .internalError, "INVARIANT_BROKEN", "the wishes module found its tables inconsistent: \(what)",
        "数据不一致,操作已撤销"))
  }
}

// Claims and how much there may be of what.
extension WishesError {
  /// Somebody else has claimed all of the wish.
  static func alreadyClaimed(wishID id: String, expiresAtSeconds seconds: Int64) -> Self {
    Self(
      Refusal(
        .failedPrecondition, "WISH_ALREADY_CLAIMED",
        "somebody else has claimed the wish; it comes back to the list if that claim lapses or is released",
        "心愿已被其他单位认领;若对方逾期或放弃,心愿将重新开放",
        metadata: ["wish_id": id, "earliest_expire_time_seconds": "\(seconds)"]))
  }

  /// Less is left of the wish than the claim asks for.
  static func exceedsNeed(field: String, asked: Int64, open: Int64) -> Self {
    Self(
      Refusal(
        .failedPrecondition, "CLAIM_EXCEEDS_NEED",
        "\(field): \(asked) asked for, and \(open) still open; claim less",
        "\(field):申请认领 \(asked),尚余 \(open),请减少后重试",
        metadata: ["field": field, "asked": "\(asked)", "open": "\(open)"]))
  }

  /// The claim was extended as often as is allowed.
  static func noExtensionLeft(limit: Int32) -> Self {
    Self(
      Refusal(
        .failedPrecondition, "NO_EXTENSION_LEFT",
        "the claim was extended \(limit) times already; release it, or fulfil it in time",
        "该认领已延期 \(limit) 次,不能再延期", metadata: ["limit": "\(limit)"]))
  }

  /// The claim would hold longer than is allowed.
  static func holdTooLong(limitDays days: Int64) -> Self {
    Self(
      Refusal(
        .failedPrecondition, "HOLD_TOO_LONG",
        "a claim holds \(days) days at most from the claim on, extensions included; ask for less",
        "认领自认领之日起最长保留 \(days) 天(含延期)", metadata: ["limit_days": "\(days)"]))
  }

  /// The worker has too many wishes that are not finished.
  static func tooManyWishes(limit: Int) -> Self {
    Self(
      Refusal(
        .failedPrecondition, "WISHER_HAS_TOO_MANY_WISHES",
        "the worker has \(limit) wishes that are not finished; finish or withdraw one first",
        "该从业人员已有 \(limit) 个未完成的心愿,请先完成或撤回", metadata: ["limit": "\(limit)"]))
  }

  /// The wish was claimed too often over its life.
  static func tooManyClaims(limit: Int) -> Self {
    Self(
      Refusal(
        .failedPrecondition, "WISH_HAS_TOO_MANY_CLAIMS",
        "the wish was claimed \(limit) times; collect it anew", "该心愿累计认领已达 \(limit) 次,请重新登记",
        metadata: ["limit": "\(limit)"]))
  }

  /// There are too many reports about the wish.
  static func tooManyReports(limit: Int) -> Self {
    Self(
      Refusal(
        .failedPrecondition, "WISH_HAS_TOO_MANY_REPORTS", "there are \(limit) reports about the wish already",
        "该心愿的报道已达 \(limit) 篇", metadata: ["limit": "\(limit)"]))
  }
}

// What may be published and recorded.
extension WishesError {
  /// A text that is to become public holds personal data.
  static func personalDataInText(field: String, finding: String) -> Self {
    Self(
      Refusal(
        .failedPrecondition, "TEXT_HOLDS_PERSONAL_DATA",
        "\(field) becomes public and holds \(finding); take it out first", "\(field) 将公开,其中含有个人信息,请先删去",
        metadata: ["field": field, "finding": finding]))
  }

  /// The wisher has not agreed to publication.
  static let consentMissing = Self(
    Refusal(
      .failedPrecondition, "CONSENT_MISSING",
      "the wisher has not agreed to publication; record consent with SetPublicationConsent first",
      "心愿人未同意公开,请先登记同意"))

  /// The wisher has wishes that nobody can fulfil without the data.
  static func wishesOpen(count: Int) -> Self {
    Self(
      Refusal(
        .failedPrecondition, "WISHES_OPEN",
        "\(count) of the person's wishes have not ended and cannot be fulfilled without the data; withdraw them first "
          + "with WithdrawWish (yizhan wishes withdraw), then withdraw the consent",
        "此人尚有 \(count) 个心愿未结束,没有其信息则无法实现;请先撤回心愿(WithdrawWish),再撤回同意",
        metadata: ["count": "\(count)"]))
  }

  /// The wisher's data was erased, so nothing more is kept or published about the wisher.
  static let wisherErased = Self(
    Refusal(
      .failedPrecondition, "WISHER_ERASED",
      "the wisher's data was erased, so nothing more is recorded or published about the wisher",
      "心愿人的个人信息已删除,不能再登记或公开其信息"))

  /// Nobody has claimed the wish, so there is nothing to report.
  static let nothingToReport = Self(
    Refusal(
      .failedPrecondition, "NOTHING_TO_REPORT",
      "nobody has claimed the wish, so there is nothing to report yet",
      "心愿尚无人认领,没有可报道的内容"))
}

extension Refusal {
  fileprivate static func missing(_ reason: String, _ what: String, _ chinese: String, _ id: String)
    -> Refusal
  {
    Refusal(
      .notFound, reason, "there is no \(what) \(id), or it is not yours to see",
      "没有该\(chinese)(\(id)),或您无权查看")
  }
}
