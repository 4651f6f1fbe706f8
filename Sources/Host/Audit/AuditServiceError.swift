import ModuleKit

/// Why a call on the audit log is refused.
enum AuditServiceError: ModuleError {
  static let domain = "audit.yizhan"

  case recordUnknown(Int64)
  case notYetMade(next: Int64)
  case timeInvalid(field: String)

  var refusal: Refusal {
    switch self {
    case .recordUnknown(let sequence):
      Refusal(
        .notFound, "RECORD_NOT_FOUND", "the audit log has no record \(sequence)", "审计日志中没有第 \(sequence) 条记录")
    case .notYetMade(let next):
      Refusal(
        .outOfRange, "RECORD_NOT_YET_MADE", "from_sequence: the next record will be \(next)",
        "from_sequence:下一条记录将是第 \(next) 条", metadata: ["next_sequence": String(next)])
    case .timeInvalid(let field):
      .invalid([FieldViolation(field, "TIME_INVALID", "is not a time from year 1 to 9999", "不是有效的时间")])
    }
  }
}
