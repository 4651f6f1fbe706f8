/// Which records of the audit chain to look for. What is empty or nil does not narrow.
package struct AuditFilter: Sendable {
  /// Only those of this principal.
  package var principal = ""
  /// Only those of this method.
  package var method = ""
  /// Only those of this module.
  package var module = ""
  /// Only those about this.
  package var subject = ""
  /// Only reads of this person's unmasked data.
  package var lookedAt = ""
  /// Only those with a purpose.
  package var hasPurpose = false
  /// Only those from this time on.
  package var from: Instant?
  /// Only those before this time.
  package var until: Instant?

  /// Everything.
  package init() {}

  /// Whether an index leads to the records by itself, so that all that is walked through is answered, or nearly all: a
  /// subject and a person have few records, whatever else is asked of them.
  var isIndexed: Bool {
    if !subject.isEmpty || !lookedAt.isEmpty { return true }
    return method.isEmpty && module.isEmpty && (principal.isEmpty || !hasPurpose)
  }

  /// The statement that finds what the filter lets through, the latest first.
  ///
  /// One index is to lead, that of the condition which most narrows; `+` keeps the engine from another, whose choice
  /// it makes without knowing how many records a principal has.
  /// - Parameter sequences: which part of the chain to look at.
  func query(in sequences: Range<Int64>, limit: Int) -> Query {
    var query = Query(
      """
      SELECT a.sequence, a.time, a.principal, a.credential, a.method, a.module, a.request_id, a.subject, a.purpose,
        a.persons, a.digest, x'', a.hash
      """)
    let (first, end) = (sequences.lowerBound, sequences.upperBound)
    if lookedAt.isEmpty {
      query.append(" FROM kernel_audit a WHERE a.sequence >= ? AND a.sequence < ?", first, end)
    } else {
      query.append(
        """
         FROM kernel_audit_person p CROSS JOIN kernel_audit a ON a.sequence = p.sequence
        WHERE p.person = ? AND p.sequence >= ? AND p.sequence < ?
        """, lookedAt, first, end)
    }
    if !subject.isEmpty {
      if lookedAt.isEmpty {
        query.append(" AND a.subject = ? AND a.subject <> ''", subject)
      } else {
        query.append(" AND +a.subject = ?", subject)
      }
    }
    if !principal.isEmpty {
      if lookedAt.isEmpty, subject.isEmpty {
        query.append(" AND a.principal = ?", principal)
      } else {
        query.append(" AND +a.principal = ?", principal)
      }
    }
    if hasPurpose {
      if lookedAt.isEmpty, subject.isEmpty, principal.isEmpty {
        query.append(" AND a.purpose <> ''")
      } else {
        query.append(" AND +a.purpose <> ''")
      }
    }
    if !method.isEmpty { query.append(" AND a.method = ?", method) }
    if !module.isEmpty { query.append(" AND a.module = ?", module) }
    if let from { query.append(" AND a.time >= ?", from) }
    if let until { query.append(" AND a.time < ?", until) }
    query.append(
      lookedAt.isEmpty ? " ORDER BY a.sequence DESC LIMIT ?" : " ORDER BY p.sequence DESC LIMIT ?", limit)
    return query
  }
}

/// Some of the records that a filter lets through, the latest first, without their changes.
package struct AuditPage: Sendable {
  /// The records; perhaps none, though there are more.
  package var records: [StoredAuditRecord]
  /// The record before which the search goes on; nil if there are no more.
  package var next: Int64?
}
