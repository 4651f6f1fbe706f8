package import Audit

/// A record of the audit chain with its hash, as it is kept.
package struct StoredAuditRecord: Sendable, Equatable {
  /// The record.
  package var record: AuditRecord
  /// The hash that was kept with it.
  package var hash: [UInt8]

  /// What it takes in memory and on the wire, roughly, in bytes.
  package var sizeBytes: Int { 512 + record.changes.count + record.persons.count * 40 }
}

/// The audit chain, for the host. Modules have no way to it but what they write.
extension Snapshot {
  /// Records in the order of the chain.
  /// - Parameters:
  ///   - sequence: the record to begin after; 0 for the first one.
  ///   - limit: how many at most.
  ///   - sizeBytes: the size from which no more are read; one is read whatever its size is.
  package func auditRecords(after sequence: Int64, limit: Int, sizeBytes: Int = .max) throws
    -> [StoredAuditRecord]
  {
    let query = Query(
      """
      SELECT sequence, time, principal, credential, method, module, request_id, subject, purpose, persons, digest,
        changes, hash
      FROM kernel_audit WHERE sequence > ? ORDER BY sequence LIMIT ?
      """, sequence, limit)
    return try auditRecords(query, sizeBytes: sizeBytes)
  }

  private struct Enough: Error {}

  func auditRecords(_ query: Query, sizeBytes: Int) throws -> [StoredAuditRecord] {
    var records: [StoredAuditRecord] = []
    var size = 0
    do {
      try kernelSnapshot.forEach(query) { row in
        let stored = Self.record(row)
        records.append(stored)
        size += stored.sizeBytes
        if size >= sizeBytes { throw Enough() }
      }
    } catch is Enough {
      return records
    }
    return records
  }

  /// The last record's number and hash; nil while there is none.
  package func auditHead() throws -> (sequence: Int64, hash: [UInt8])? {
    try kernelSnapshot.first("SELECT sequence, hash FROM kernel_audit ORDER BY sequence DESC LIMIT 1") {
      ($0.int64(0), $0.bytes(1))
    }
  }

  /// The tables that the changes of records name, by the identifier of each shape.
  package func auditShapes() throws -> [TableShape] {
    try kernelSnapshot.all("SELECT table_name, columns FROM kernel_audit_shape ORDER BY identifier") {
      TableShape(
        table: $0.text(0),
        columns: $0.text(1).split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }
  }

  var kernelSnapshot: Snapshot {
    Snapshot(call: call, scope: .kernel, now: now, connection: connection)
  }

  private static func record(_ row: Row) -> StoredAuditRecord {
    StoredAuditRecord(
      record: AuditRecord(
        sequence: row.int64(0), timeMilliseconds: row.int64(1), principal: row.text(2),
        credential: row.text(3),
        method: row.text(4), module: row.text(5), requestID: row.text(6), subject: row.text(7),
        purpose: row.text(8), persons: row.text(9).split(separator: "\n").map(String.init),
        digest: row.bytes(10), changes: row.bytes(11)),
      hash: row.bytes(12))
  }
}
