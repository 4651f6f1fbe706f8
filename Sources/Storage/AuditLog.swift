internal import Audit

/// The chain of records of each write that took effect and each answer that shows unmasked data, made in its
/// transaction.
/// Belongs to the writer thread.
final class AuditLog {
  private let connection: Connection
  private let workspace: TransactionWorkspace
  private let sealer: (any StorageSealer)?
  private let capture: ChangeCapture
  /// The number of the first event that the unit of work may emit.
  private var firstEvent: Int64 = 1

  static let maximumSubjectBytes = 512
  static let maximumPurposeBytes = 64
  static let maximumPersons = 10_000

  init(
    connection: Connection, workspace: TransactionWorkspace, sealer: (any StorageSealer)?,
    schemas: [ModuleSchema]
  ) throws {
    self.connection = connection
    self.workspace = workspace
    self.sealer = sealer
    capture = try ChangeCapture(connection: connection, schemas: schemas)
    let last = try connection.first(
      "SELECT sequence, hash, time FROM kernel_audit ORDER BY sequence DESC LIMIT 1"
    ) {
      (sequence: $0.int64(0), hash: $0.bytes(1), time: $0.instant(2))
    }
    workspace.nextAudit = (last?.sequence ?? 0) + 1
    workspace.auditHash = last?.hash ?? AuditRecord.firstPreviousHash
    workspace.auditTime = last?.time ?? Instant(milliseconds: .min)
    guard workspace.auditHash.count == 32 else {
      throw StorageError.corrupt(message: "the last audit record has no hash")
    }
    for shape in try ChangeCapture.shapes(of: connection) {
      try connection.execute(
        "INSERT INTO kernel_audit_shape (identifier, table_name, columns) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        shape.identifier, shape.table, shape.columns.joined(separator: "\n"))
    }
    capture.watch()
  }

  /// Begins a unit of work: nothing has changed yet.
  func begin() {
    capture.begin()
    workspace.unitForgets = false
    firstEvent = workspace.nextEvent
  }

  /// Whether the unit of work had an effect that is anybody's business.
  private var hasEffect: Bool {
    capture.hasChanges || workspace.nextEvent != firstEvent || !connection.persons.list.isEmpty
  }

  /// Appends the unit's record. The host's own work leaves none where it changed nothing: timers that found nothing
  /// to do would hide what people did, and a host must be able to look whether its writer lives on a full disk.
  func append(_ call: CallContext, digest: [UInt8], now: Instant) throws {
    if call.caller == .system, call.purpose == nil, !hasEffect { return }
    let purpose = call.purpose ?? ""
    let persons = connection.persons.list
    try workspace.checkLimit(
      "an audit record's subject in bytes", workspace.subject.utf8.count, Self.maximumSubjectBytes)
    try workspace.checkLimit("a purpose in bytes", purpose.utf8.count, Self.maximumPurposeBytes)
    try workspace.checkLimit("the persons of a call", persons.count, Self.maximumPersons)
    try workspace.checkLimit("a request's digest in bytes", digest.count, IdempotencyStore.maximumDigestBytes)
    guard !capture.isOverfull, capture.bytes.count <= ChangeCapture.maximumBytes else {
      throw StorageError.limitExceeded(
        what: "what a call changes in bytes", limit: ChangeCapture.maximumBytes,
        actual: ChangeCapture.maximumBytes + 1)
    }
    // What is to be gone for good must not live on in the record of its going.
    if workspace.unitForgets { try capture.dropValues() }
    var changes = capture.bytes
    if !changes.isEmpty, let sealer {
      let transaction = Transaction(call: call, scope: .kernel, now: now, connection: connection)
      changes = try sealer.seal(
        changes: changes, of: workspace.nextAudit, concerning: persons, in: transaction)
    }
    let record = AuditRecord(
      sequence: workspace.nextAudit, timeMilliseconds: now.milliseconds, principal: call.caller.id,
      credential: call.credentialID, method: call.method, module: call.module.name, requestID: call.requestID,
      subject: workspace.subject, purpose: purpose, persons: persons, digest: digest, changes: changes)
    let hash = record.hash(after: workspace.auditHash)
    try connection.execute(
      """
      INSERT INTO kernel_audit (sequence, time, principal, credential, method, module, request_id, subject, purpose,
        persons, digest, changes, hash)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """, record.sequence, now, record.principal, record.credential, record.method, record.module,
      record.requestID, record.subject, record.purpose, persons.joined(separator: "\n"), digest, changes, hash
    )
    if !purpose.isEmpty {
      for person in persons {
        try connection.execute(
          "INSERT INTO kernel_audit_person (person, sequence) VALUES (?, ?)", person, record.sequence)
      }
    }
    if now < workspace.auditTime {
      try connection.execute("INSERT INTO kernel_audit_setback (sequence) VALUES (?)", record.sequence)
    }
    workspace.auditTime = now
    workspace.auditHash = hash
    workspace.nextAudit += 1
  }
}
