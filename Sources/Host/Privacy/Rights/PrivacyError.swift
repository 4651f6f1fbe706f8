import ModuleKit

/// What the module `privacy` refuses.
enum PrivacyError: ModuleError {
  static let domain = "privacy.yizhan"

  /// Nothing is known of the person, or the caller does not reach them.
  case personNotFound
  /// No field of any module is kept for the purpose.
  case purposeUnknown(String, known: [String])
  /// Consent to a purpose that sensitive data is kept for has to be asked for by itself.
  case separateNeeded(purpose: String)
  /// All of a child's data is sensitive, so consent to any purpose has to be asked for by itself.
  case separateNeededForChild
  /// A child's guardian has to consent.
  case guardianNeeded
  /// What a module says of a child's guardian breaks the declared checks.
  case guardianInvalid([FieldViolation])
  /// Neither the date of birth nor that the person is of age is given, of somebody who is in no register.
  case ageNeeded
  /// A module grants for a person of whose age it knows nothing, and who is in no register.
  case ageUnknown
  /// The date of birth is in the future.
  case birthDateInFuture
  /// The call has to say that it needs the data for the purpose "rights".
  case purposeNeeded
  /// What is held is not what the preview said.
  case previewStale
  /// The person was erased before.
  case alreadyErased(atSeconds: Int64)
  /// More records than one reply takes.
  case tooManyRecords(limit: Int)

  var refusal: Refusal {
    switch self {
    case .personNotFound:
      Refusal(.notFound, "PERSON_NOT_FOUND", "there is no such person within your reach", "您的管辖范围内没有此人")
    case .purposeUnknown(let purpose, let known):
      .invalid([
        FieldViolation(
          "purpose", "PURPOSE_UNKNOWN",
          "no module keeps data for \(purpose); there is: \(known.joined(separator: ", "))",
          "没有模块为“\(purpose)”保存信息;现有用途:\(known.joined(separator: "、"))")
      ])
    case .separateNeeded(let purpose):
      Refusal(
        .failedPrecondition, "CONSENT_NEEDS_SEPARATE",
        "sensitive personal information is kept for \(purpose): ask for this consent by itself, then set separate "
          + "(PIPL article 29)",
        "用途“\(purpose)”涉及敏感个人信息,须取得单独同意并设置 separate(《个人信息保护法》第二十九条)")
    case .separateNeededForChild:
      Refusal(
        .failedPrecondition, "CONSENT_NEEDS_SEPARATE",
        "all personal information of a child under 14 is sensitive: ask the guardian for this consent by itself, then "
          + "set separate (PIPL articles 28 and 29)",
        "不满十四周岁未成年人的个人信息均属敏感个人信息,须取得监护人的单独同意并设置 separate(《个人信息保护法》第二十八条、第二十九条)")
    case .guardianNeeded:
      Refusal(
        .failedPrecondition, "CONSENT_NEEDS_GUARDIAN",
        "for a child under 14 a guardian consents: give the guardian's name, relation, and phone or identity number "
          + "(PIPL article 31)",
        "不满十四周岁的未成年人须由监护人同意:请提供监护人姓名、关系及电话或身份证号(《个人信息保护法》第三十一条)")
    case .guardianInvalid(let violations): .invalid(violations)
    case .ageNeeded:
      .invalid([
        FieldViolation(
          "birth_date", "AGE_NEEDED",
          "give the date of birth, or say of_age for a person of 14 or older who consents; for a child give the guardian",
          "请填写出生日期;年满十四周岁本人同意的可设置 of_age;未满十四周岁的请填写监护人")
      ])
    case .ageUnknown:
      Refusal(
        .failedPrecondition, "CONSENT_AGE_UNKNOWN",
        "nothing says that this person is 14 or older: record the consent with ConsentService.GrantConsent first, "
          + "with of_age, the date of birth or a guardian (PIPL article 31)",
        "无法确认此人是否年满十四周岁:请先通过 ConsentService.GrantConsent 登记同意,并注明 of_age、出生日期或监护人(《个人信息保护法》第三十一条)")
    case .birthDateInFuture:
      .invalid([
        FieldViolation("birth_date", "DATE_IN_FUTURE", "must not be in the future", "不得晚于今天")
      ])
    case .purposeNeeded:
      Refusal(
        .failedPrecondition, "PURPOSE_NEEDED",
        "an export holds values in the clear and is put on record: send the metadata yizhan-purpose: rights "
          + "(yizhan … --unmask-for rights)",
        "导出内容为明文并将记录在案:请携带元数据 yizhan-purpose: rights(命令行 --unmask-for rights)")
    case .previewStale:
      Refusal(
        .aborted, "PREVIEW_STALE",
        "what is held about this person is not what that preview said; look at a new one (PreviewErasure), then "
          + "erase with its etag",
        "此人的信息与预览时不同;请重新预览(PreviewErasure),再以新的 etag 删除")
    case .alreadyErased(let seconds):
      Refusal(
        .failedPrecondition, "PERSON_ALREADY_ERASED", "this person was erased already; nothing is left to do",
        "此人的信息此前已删除,无需再次操作", metadata: ["erased_at_seconds": String(seconds)])
    case .tooManyRecords(let limit):
      Refusal(
        .resourceExhausted, "TOO_MANY_RECORDS",
        "more than \(limit) records are held about this person, which one reply does not take; ask the operator",
        "此人的记录超过 \(limit) 条,一次无法返回;请联系运维人员")
    }
  }
}
