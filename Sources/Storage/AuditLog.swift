/// A record of each write that took effect, made in its transaction. Belongs to the writer thread.
final class AuditLog {
  private let connection: Connection
  private let workspace: TransactionWorkspace

  static let maximumSubjectBytes = 512

  init(connection: Connection, workspace: TransactionWorkspace) throws {
    self.connection = connection
    self.workspace = workspace
    let last = try connection.first("SELECT coalesce(max(sequence), 0) FROM kernel_audit") { $0.int64(0) }
    workspace.nextAudit = (last ?? 0) + 1
  }

  func append(_ call: CallContext, digest: [UInt8], now: Instant) throws {
    try workspace.checkLimit(
      "an audit record's subject in bytes", workspace.subject.utf8.count, Self.maximumSubjectBytes)
    try workspace.checkLimit("a request's digest in bytes", digest.count, IdempotencyStore.maximumDigestBytes)
    try connection.execute(
      """
      INSERT INTO kernel_audit (sequence, time, principal, method, module, request_id, subject, digest)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """, workspace.nextAudit, now, call.caller.id, call.method, call.module.name, call.requestID,
      workspace.subject, digest)
    workspace.nextAudit += 1
  }
}
