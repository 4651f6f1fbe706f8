/// What is wrong with the text or bytes of an audit log.
public enum AuditError: Error, Equatable, CustomStringConvertible {
  /// The bytes are no row changes.
  case changesMalformed
  /// A line is no head, as `AuditHead.line` writes one.
  case headMalformed
  /// A key for signing heads is made of 32 bytes.
  case seedMalformed
  /// A record is longer than `AuditExport.maximumRecordBytes`.
  case recordTooLarge(sequence: Int64)

  /// One line for the operator.
  public var description: String {
    switch self {
    case .changesMalformed: "the changes of an audit record cannot be read"
    case .headMalformed: "not a head of an audit log; \"yizhan audit head\" prints one"
    case .seedMalformed: "the key that signs heads of the audit log does not have 32 bytes"
    case .recordTooLarge(let sequence): "audit record \(sequence) is too large to be exported"
    }
  }
}
