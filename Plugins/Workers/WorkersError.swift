import ModuleKit

/// What the register refuses. Every case has one status; import rows show the same reasons and words.
enum WorkersError: Error, Equatable {
  /// No such worker, or none that the caller may see.
  case workerNotFound
  /// No area of that code in the tree.
  case areaNotFound(code: String)
  /// No organisation of that id, code or name.
  case organisationNotFound
  /// The caller began no import of that name.
  case importNotFound(id: String)
  /// The values at fault, each by its field.
  case invalid([Flaw])
  /// The code is taken.
  case areaExists(code: String)
  /// Another organisation has the same value in that field.
  case organisationExists(field: String)
  /// The organisation is closed.
  case organisationClosed
  /// The organisation is open.
  case organisationOpen
  /// Workers are employed with the organisation that is to be closed.
  case organisationHasWorkers
  /// The organisation is of a kind that employs no workers.
  case organisationEmploysNobody
  /// The register says something else in these fields about the person with the given numbers.
  case conflict(fields: [String])
  /// Identity number and phone lead to two entries of what seems to be one person.
  case twoEntries
  /// The person is registered in an area that the caller does not serve.
  case registeredElsewhere
  /// The area is outside of the caller's own.
  case areaNotYours(code: String)
  /// A platform acts for another organisation.
  case organisationNotYours
  /// A platform changes what only staff change.
  case fieldsNotYours([String])
  /// A platform registers a worker who does not work for it.
  case employmentMissing
  /// The worker works for the platform already.
  case employmentExists
  /// The worker does not work for the platform, and never did.
  case employmentNotFound
  /// The employment has ended already.
  case employmentEnded
  /// An entry cannot be merged into itself.
  case mergeWithItself
  /// Two entries with identity numbers are two persons.
  case mergeOfTwoPersons
  /// The thing was changed since the caller read it.
  case staleETag
  /// Rows are missing between those that are committed and those that came.
  case importGap(lastRow: Int64, firstRow: Int64)
  /// The stream had no message.
  case importEmpty
  /// Messages of one stream name different imports.
  case importMixed
  /// A dry run of more rows than are kept in memory.
  case importTooLong(limit: Int)
}

/// A value at fault: of a request's field or of a row's column.
struct Flaw: Sendable, Equatable {
  /// The field or column.
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

extension WorkersError: StatusConvertible {
  /// The domain of the module's reasons.
  static let domain = "workers.yizhan"

  var status: Status {
    let (code, reason, message, chinese) = facts
    return Status(
      code, message, reason: reason, domain: WorkersError.domain, metadata: metadata, messageChinese: chinese,
      violations: violations)
  }

  private typealias Facts = (Status.Code, reason: String, message: String, chinese: String)

  /// The fields that are at fault, for the rows of an import; empty for the row as a whole.
  var fields: [String] {
    switch self {
    case .invalid(let flaws): flaws.map(\.field)
    case .conflict(let fields): fields
    case .areaNotFound, .areaNotYours, .registeredElsewhere: ["area_code"]
    case .organisationNotFound, .organisationClosed, .organisationEmploysNobody, .organisationNotYours,
      .employmentMissing:
      ["organisation"]
    case .twoEntries: ["phone"]
    default: []
    }
  }

  private var metadata: [String: String] {
    switch self {
    case .conflict(let fields): ["conflicts": fields.joined(separator: ",")]
    case .fieldsNotYours(let fields): ["fields": fields.joined(separator: ",")]
    case .areaNotFound(let code), .areaNotYours(let code), .areaExists(let code): ["area_code": code]
    case .organisationExists(let field): ["field": field]
    case .importGap(let lastRow, let firstRow): ["last_row": "\(lastRow)", "first_row": "\(firstRow)"]
    default: [:]
    }
  }

  private var violations: [Status.FieldViolation] {
    guard case .invalid(let flaws) = self else { return [] }
    return flaws.map {
      Status.FieldViolation(
        field: $0.field, reason: $0.reason, description: $0.description, descriptionChinese: $0.chinese)
    }
  }

  private var facts: Facts {
    switch self {
    case .workerNotFound, .areaNotFound, .organisationNotFound, .importNotFound, .employmentNotFound:
      missingFacts
    case .areaNotYours, .organisationNotYours, .fieldsNotYours, .employmentMissing, .registeredElsewhere:
      accessFacts
    case .importGap, .importEmpty, .importMixed, .importTooLong: importFacts
    case .areaExists, .organisationExists, .organisationClosed, .organisationOpen, .organisationHasWorkers,
      .organisationEmploysNobody:
      organisationFacts
    default: workerFacts
    }
  }

  private var missingFacts: Facts {
    switch self {
    case .areaNotFound(let code):
      (.notFound, "AREA_NOT_FOUND", "there is no area \(code)", "没有代码为 \(code) 的区域")
    case .organisationNotFound:
      (.notFound, "ORGANISATION_NOT_FOUND", "there is no such organisation", "没有这个单位")
    case .importNotFound(let id):
      (.notFound, "IMPORT_NOT_FOUND", "you have begun no import named \(id)", "没有名为 \(id) 的导入任务")
    case .employmentNotFound:
      (
        .notFound, "EMPLOYMENT_NOT_FOUND", "the worker does not work for this organisation",
        "该从业人员未在此单位从业"
      )
    default:
      (.notFound, "WORKER_NOT_FOUND", "there is no such worker", "没有该从业人员")
    }
  }

  private var accessFacts: Facts {
    switch self {
    case .areaNotYours(let code):
      (
        .permissionDenied, "AREA_NOT_YOURS", "area \(code) is not within the area that you serve",
        "区域 \(code) 不在您的管辖范围内"
      )
    case .organisationNotYours:
      (
        .permissionDenied, "ORGANISATION_NOT_YOURS", "a platform acts for itself only",
        "平台只能办理本单位的从业关系"
      )
    case .fieldsNotYours(let fields):
      (
        .permissionDenied, "FIELDS_NOT_YOURS",
        "\(fields.joined(separator: ", ")) can be changed by staff only; ask the street office",
        "\(fields.joined(separator: "、")) 只能由工作人员修改,请联系街道"
      )
    case .employmentMissing:
      (
        .invalidArgument, "EMPLOYMENT_MISSING", "a platform registers workers with their employment",
        "平台登记从业人员时须填写从业关系"
      )
    default:
      (
        .failedPrecondition, "REGISTERED_ELSEWHERE",
        "this person is registered in another area; its staff can move the entry to yours",
        "此人已在其他区域登记,请联系原登记地办理迁移"
      )
    }
  }

  private var importFacts: Facts {
    switch self {
    case .importGap(let lastRow, let firstRow):
      (
        .failedPrecondition, "IMPORT_GAP",
        "row \(firstRow) came, and row \(lastRow) is the last one committed; go on with row \(lastRow + 1)",
        "收到第 \(firstRow) 行,而已提交到第 \(lastRow) 行;请从第 \(lastRow + 1) 行继续"
      )
    case .importMixed:
      (
        .invalidArgument, "IMPORT_MIXED",
        "import_id and dry_run must be the same in every message of a stream",
        "同一个流中 import_id 与 dry_run 必须一致"
      )
    case .importTooLong(let limit):
      (
        .resourceExhausted, "DRY_RUN_TOO_LONG", "a dry run looks at \(limit) rows at most; split the file",
        "试运行最多 \(limit) 行,请拆分文件"
      )
    default:
      (.invalidArgument, "IMPORT_EMPTY", "the stream had no message", "没有收到任何数据")
    }
  }

  private var organisationFacts: Facts {
    switch self {
    case .areaExists(let code):
      (.alreadyExists, "AREA_EXISTS", "area \(code) is in the tree already", "区域 \(code) 已存在")
    case .organisationExists(let field):
      (
        .alreadyExists, "ORGANISATION_EXISTS", "another organisation has this \(field)",
        "已有单位使用相同的 \(field)"
      )
    case .organisationClosed:
      (.failedPrecondition, "ORGANISATION_CLOSED", "the organisation is closed", "该单位已停用")
    case .organisationOpen:
      (.failedPrecondition, "ORGANISATION_OPEN", "the organisation is open", "该单位未停用")
    case .organisationHasWorkers:
      (
        .failedPrecondition, "ORGANISATION_HAS_WORKERS",
        "workers are employed with the organisation; end their employments first",
        "该单位仍有在册从业人员,请先办理离职"
      )
    default:
      (
        .failedPrecondition, "ORGANISATION_EMPLOYS_NOBODY",
        "workers work for organisations of kind PLATFORM or ENTERPRISE only",
        "从业关系只能登记在平台企业或其他企业名下"
      )
    }
  }

  private var workerFacts: Facts {
    switch self {
    case .invalid(let flaws):
      (
        .invalidArgument, "FIELDS_INVALID",
        flaws.map { "\($0.field): \($0.description)" }.joined(separator: "; "),
        flaws.map { "\($0.field):\($0.chinese)" }.joined(separator: ";")
      )
    case .conflict(let fields):
      (
        .failedPrecondition, "WORKER_CONFLICT",
        "the register has a person with this number and another \(fields.joined(separator: ", ")); "
          + "check the values, or ask the street office to correct the entry",
        "登记册中此号码对应的人员信息不一致(\(fields.joined(separator: "、"))),请核对,或联系街道更正"
      )
    case .twoEntries:
      (
        .failedPrecondition, "TWO_ENTRIES",
        "identity number and phone lead to two entries of one name; staff can merge them (MergeWorkers)",
        "身份证号与电话对应两条同名登记,请由工作人员合并"
      )
    case .employmentExists:
      (
        .alreadyExists, "EMPLOYMENT_EXISTS", "the worker works for this organisation already",
        "该从业人员已在此单位从业"
      )
    case .employmentEnded:
      (.failedPrecondition, "EMPLOYMENT_ENDED", "the employment has ended already", "该从业关系已结束")
    case .mergeWithItself:
      (
        .failedPrecondition, "MERGE_WITH_ITSELF",
        "both identifiers lead to one entry; it may be merged already",
        "两个编号是同一条登记,可能已经合并"
      )
    case .mergeOfTwoPersons:
      (
        .failedPrecondition, "MERGE_OF_TWO_PERSONS",
        "both entries have identity numbers, so they are two persons",
        "两条登记都有身份证号,是不同的人"
      )
    default:
      (
        .aborted, "ETAG_STALE", "it was changed since you read it; read it again and repeat the change",
        "内容已被他人修改,请重新读取后再改"
      )
    }
  }
}
