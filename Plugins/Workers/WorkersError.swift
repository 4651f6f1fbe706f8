import ModuleKit

/// What the register refuses, beside what every module does. Import rows show the same reasons and words.
struct WorkersError: RefusalError {
  static let domain = "workers.yizhan"

  let refusal: Refusal

  init(_ refusal: Refusal) { self.refusal = refusal }
}

// Areas, organisations and who may act for whom.
extension WorkersError {
  /// The code is taken.
  static func areaExists(code: String) -> Self {
    Self(
      Refusal(
        .alreadyExists, "AREA_EXISTS", "area \(code) is in the tree already", "区域 \(code) 已存在",
        metadata: ["area_code": code]))
  }

  /// Another organisation has the same value in that field.
  static func organisationExists(field: String) -> Self {
    Self(
      Refusal(
        .alreadyExists, "ORGANISATION_EXISTS", "another organisation has this \(field)",
        "已有单位使用相同的 \(field)", metadata: ["field": field]))
  }

  /// The organisation is open.
  static let organisationOpen = Self(
    Refusal(.failedPrecondition, "ORGANISATION_OPEN", "the organisation is open", "该单位未停用"))

  /// Workers are employed with the organisation that is to be closed.
  static let organisationHasWorkers = Self(
    Refusal(
      .failedPrecondition, "ORGANISATION_HAS_WORKERS",
      "workers are employed with the organisation; end their employments first",
      "该单位仍有在册从业人员,请先办理离职"))

  /// The organisation is of a kind that employs no workers.
  static let organisationEmploysNobody = Self(
    Refusal(
      .failedPrecondition, "ORGANISATION_EMPLOYS_NOBODY",
      "workers work for organisations of kind PLATFORM or ENTERPRISE only",
      "从业关系只能登记在平台企业或其他企业名下", fields: ["organisation"]))

  /// The person is registered in an area that the caller does not serve. That a number is taken cannot be kept from
  /// who registers it, in a register where nobody stands twice; nothing else is said.
  static let registeredElsewhere = Self(
    Refusal(
      .failedPrecondition, "REGISTERED_ELSEWHERE",
      "a person with this number is registered in another area; its staff can correct the entry or move it "
        + "to yours",
      "此号码的人员已在其他区域登记,请联系原登记地更正或办理迁移"))

  /// A platform changes what only staff change.
  static func fieldsNotYours(_ fields: [String]) -> Self {
    Self(
      Refusal(
        .permissionDenied, "FIELDS_NOT_YOURS",
        "\(fields.joined(separator: ", ")) can be changed by staff only; ask the street office",
        "\(fields.joined(separator: "、")) 只能由工作人员修改,请联系街道",
        metadata: ["fields": fields.joined(separator: ",")]))
  }

  /// A platform registers a worker who does not work for it.
  static let employmentMissing = Self(
    Refusal(
      .invalidArgument, "EMPLOYMENT_MISSING", "a platform registers workers with their employment",
      "平台登记从业人员时须填写从业关系", fields: ["organisation"]))
}

// Workers and their employments.
extension WorkersError {
  /// The register says something else in these fields about the person with the given numbers.
  static func conflict(fields: [String]) -> Self {
    Self(
      Refusal(
        .failedPrecondition, "WORKER_CONFLICT",
        "the register has a person with this number and another \(fields.joined(separator: ", ")); "
          + "check the values, or ask the street office to correct the entry",
        "登记册中此号码对应的人员信息不一致(\(fields.joined(separator: "、"))),请核对,或联系街道更正",
        metadata: ["conflicts": fields.joined(separator: ",")], fields: fields))
  }

  /// The register says something else about a person with the given numbers who does not work for the calling
  /// platform. One answer whatever differs; as with `registeredElsewhere`, it tells that a number is taken.
  static let conflictOutOfReach = Self(
    Refusal(
      .failedPrecondition, "WORKER_CONFLICT",
      "the register has a person with this number and other values; check them, or ask the street office to "
        + "correct the entry",
      "登记册中此号码对应的人员信息不一致,请核对,或联系街道更正"))

  /// Identity number and phone lead to two entries of what seems to be one person.
  static let twoEntries = Self(
    Refusal(
      .failedPrecondition, "TWO_ENTRIES",
      "identity number and phone lead to two entries of one name; staff can merge them (MergeWorkers)",
      "身份证号与电话对应两条同名登记,请由工作人员合并", fields: ["phone"]))

  /// The worker works for the platform already.
  static let employmentExists = Self(
    Refusal(
      .alreadyExists, "EMPLOYMENT_EXISTS", "the worker works for this organisation already",
      "该从业人员已在此单位从业"))

  /// The worker does not work for the platform, and never did.
  static let employmentNotFound = Self(
    Refusal(
      .notFound, "EMPLOYMENT_NOT_FOUND", "the worker does not work for this organisation",
      "该从业人员未在此单位从业"))

  /// The employment has ended already.
  static let employmentEnded = Self(
    Refusal(.failedPrecondition, "EMPLOYMENT_ENDED", "the employment has ended already", "该从业关系已结束"))

  /// What a worker belongs to is kept with the worker's separate consent only.
  static let affiliationNeedsConsent = Self(
    Refusal(
      .failedPrecondition, "AFFILIATION_NEEDS_CONSENT",
      "party, union and youth league are kept with the worker's separate consent only (PIPL articles 28 and 29): "
        + "say in affiliation_consent how it was given, or record it first (yizhan privacy grant-consent WORKER "
        + "--purpose affiliation --separate --evidence ...)",
      "党群组织关系属敏感个人信息,须取得本人单独同意(《个人信息保护法》第二十八、二十九条):请在 affiliation_consent 中说明同意的取得方式,"
        + "或先行登记(yizhan privacy grant-consent 人员 --purpose affiliation --separate --evidence …)",
      metadata: ["purpose": AffiliationConsent.purpose], fields: ["affiliation_consent"]))

  /// A person cannot be erased who works for a platform now.
  static let stillEmployed = Self(
    Refusal(
      .failedPrecondition, "STILL_EMPLOYED",
      "the worker works for a platform now; end each open employment first (yizhan workers end-employment)",
      "该人员仍有从业关系;请先逐一结束(yizhan workers end-employment)"))

  /// The entry was merged into another one, and what is asked for concerns that one.
  static func mergedInto(id: String) -> Self {
    Self(
      Refusal(
        .failedPrecondition, "WORKER_MERGED", "the entry was merged into \(id); ask for that one",
        "该登记已合并到 \(id),请改用该编号", metadata: ["worker_id": id]))
  }

  /// An entry cannot be merged into itself.
  static let mergeWithItself = Self(
    Refusal(
      .failedPrecondition, "MERGE_WITH_ITSELF",
      "both identifiers lead to one entry; it may be merged already",
      "两个编号是同一条登记,可能已经合并"))

  /// Two entries with identity numbers are two persons.
  static let mergeOfTwoPersons = Self(
    Refusal(
      .failedPrecondition, "MERGE_OF_TWO_PERSONS",
      "both entries have identity numbers, so they are two persons",
      "两条登记都有身份证号,是不同的人"))

  /// Two entries have more phones than one worker can have. Which ones are given up is for who knows the worker.
  static func tooManyPhones(ofSource source: Int, ofTarget target: Int) -> Self {
    let limit = WorkerInput.maximumPhoneCount
    let excess = source + target - limit
    return Self(
      Refusal(
        .failedPrecondition, "TOO_MANY_PHONES",
        "the source has \(source) phones, the target \(target), and a worker \(limit) at most; "
          + "take \(excess) that are out of use away first with UpdateWorker (yizhan workers update)",
        "来源登记有 \(source) 个电话,目标登记有 \(target) 个,每人最多 \(limit) 个;"
          + "请先用 UpdateWorker(yizhan workers update)删去 \(excess) 个已停用的电话",
        metadata: ["source_phones": "\(source)", "target_phones": "\(target)", "limit": "\(limit)"]))
  }

  /// A phone to call first, for a worker who has as many phones as one can have. Which one goes is for who knows the
  /// worker.
  static let noRoomForPhone = Self(
    Refusal(
      .failedPrecondition, "TOO_MANY_PHONES",
      "the worker has \(WorkerInput.maximumPhoneCount) phones already, as many as one can have; say in other_phones "
        + "which of them stay beside the new one",
      "该人员已有 \(WorkerInput.maximumPhoneCount) 个电话,已达上限;请在 other_phones 中填写除新电话外要保留的电话",
      metadata: ["limit": "\(WorkerInput.maximumPhoneCount)"], fields: ["other_phones"]))
}

// Imports.
extension WorkersError {
  /// The caller began no import of that name.
  static func importNotFound(id: String) -> Self {
    Self(Refusal(.notFound, "IMPORT_NOT_FOUND", "you have begun no import named \(id)", "没有名为 \(id) 的导入任务"))
  }

  /// Rows are missing between those that are committed and those that came.
  static func importGap(lastRow: Int64, firstRow: Int64) -> Self {
    Self(
      Refusal(
        .failedPrecondition, "IMPORT_GAP",
        "row \(firstRow) came, and row \(lastRow) is the last one committed; go on with row \(lastRow + 1)",
        "收到第 \(firstRow) 行,而已提交到第 \(lastRow) 行;请从第 \(lastRow + 1) 行继续",
        metadata: ["last_row": "\(lastRow)", "first_row": "\(firstRow)"]))
  }

  /// A row came again that is not the one committed under its number.
  static func importDiffers(_ progress: ImportProgress, row: Int64) -> Self {
    let wayOn = wayOn(with: progress)
    return Self(
      Refusal(
        .failedPrecondition, "IMPORT_DIFFERS",
        "row \(row) is not the row \(row) that the import \(progress.importID) has committed, so it was not taken; "
          + wayOn.english,
        "第 \(row) 行与导入 \(progress.importID) 已提交的第 \(row) 行不同,未予导入;" + wayOn.chinese,
        metadata: ["row": "\(row)", "last_row": "\(progress.lastRow)"]))
  }

  /// A row came again, and what it would be compared with is deleted.
  static func importRowsForgotten(_ progress: ImportProgress, row: Int64) -> Self {
    let wayOn = wayOn(with: progress)
    let days = ImportRetention.durationDays
    return Self(
      Refusal(
        .failedPrecondition, "IMPORT_ROWS_FORGOTTEN",
        "row \(row) of the import \(progress.importID) is committed, and rows can be compared with it for \(days) days "
          + "only, which are over; " + wayOn.english,
        "导入 \(progress.importID) 的第 \(row) 行已提交,且已超过 \(days) 天的比对期限;" + wayOn.chinese,
        metadata: ["row": "\(row)", "last_row": "\(progress.lastRow)"]))
  }

  /// More rows came for an import that is completed.
  static func importCompleted(_ progress: ImportProgress) -> Self {
    let wayOn = wayOn(with: progress)
    return Self(
      Refusal(
        .failedPrecondition, "IMPORT_COMPLETED",
        "the import \(progress.importID) is completed with row \(progress.lastRow) and takes no further rows; "
          + wayOn.english,
        "导入 \(progress.importID) 已在第 \(progress.lastRow) 行完成,不再接收新的行;" + wayOn.chinese,
        metadata: ["last_row": "\(progress.lastRow)"]))
  }

  /// What who imports can do instead of sending such rows.
  private static func wayOn(with progress: ImportProgress) -> (english: String, chinese: String) {
    let other = (
      english: "import another file, or a changed one, with an import_id of its own",
      chinese: "其他文件或改动过的文件请另用 import_id 导入"
    )
    guard progress.state != .completed else { return other }
    return (
      "go on with row \(progress.lastRow + 1) of the same file, or " + other.english,
      "请用同一文件从第 \(progress.lastRow + 1) 行继续;" + other.chinese
    )
  }

  /// The stream had no message.
  static let importEmpty = Self(
    Refusal(.invalidArgument, "IMPORT_EMPTY", "the stream had no message", "没有收到任何数据"))

  /// Messages of one stream name different imports.
  static let importMixed = Self(
    Refusal(
      .invalidArgument, "IMPORT_MIXED",
      "import_id and dry_run must be the same in every message of a stream",
      "同一个流中 import_id 与 dry_run 必须一致"))

  /// A dry run of more rows than are kept in memory.
  static func importTooLong(limit: Int) -> Self {
    Self(
      Refusal(
        .resourceExhausted, "DRY_RUN_TOO_LONG", "a dry run looks at \(limit) rows at most; split the file",
        "试运行最多 \(limit) 行,请拆分文件"))
  }
}
