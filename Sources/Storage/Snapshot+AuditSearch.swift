internal import Audit

extension Snapshot {
  /// How many records one search walks through at most, where no index leads to those that are looked for: some tenths
  /// of a second.
  static let maximumAuditWalk: Int64 = 200_000

  /// Records that a filter lets through, the latest first, without their changes.
  /// - Parameters:
  ///   - sequence: the record to begin before; nil for the latest one.
  ///   - limit: how many at most.
  ///   - sizeBytes: the size from which no more are read; one is read whatever its size is.
  ///   - walk: how many records are walked through at most where no index leads to them.
  package func auditRecords(
    _ filter: AuditFilter, before sequence: Int64?, limit: Int, sizeBytes: Int = .max,
    walk: Int64 = Snapshot.maximumAuditWalk
  ) throws -> AuditPage {
    guard var sequences = try sequences(of: filter) else { return AuditPage(records: []) }
    if let sequence { sequences = sequences.clamped(to: 0..<max(sequence, 0)) }
    let first = sequences.lowerBound
    if !filter.isIndexed {
      sequences = max(first, sequences.upperBound - min(walk, sequences.upperBound))..<sequences.upperBound
    }
    if sequences.isEmpty { return AuditPage(records: []) }
    var records = try auditRecords(filter.query(in: sequences, limit: limit + 1), sizeBytes: sizeBytes)
    let isCut = records.count > limit || records.reduce(0) { $0 + $1.sizeBytes } >= sizeBytes
    if records.count > limit { records.removeSubrange(limit...) }
    if isCut { return AuditPage(records: records, next: records.last?.record.sequence) }
    return AuditPage(records: records, next: sequences.lowerBound > first ? sequences.lowerBound : nil)
  }

  /// The part of the chain that holds all records of a filter's times; nil if there are none. No index of times is
  /// needed for it: records follow each other in time, but for those of a start with the clock set back, which are
  /// noted.
  private func sequences(of filter: AuditFilter) throws -> Range<Int64>? {
    guard let last = try auditHead()?.sequence else { return nil }
    var (first, end): (Int64, Int64) = (1, last + 1)
    if filter.from == nil, filter.until == nil { return first..<end }
    let starts = try kernelSnapshot.all("SELECT sequence FROM kernel_audit_setback ORDER BY sequence") {
      $0.int64(0)
    }
    let stretches = zip([1] + starts, starts + [end]).filter { $0 < $1 }.map { $0..<$1 }
    if let from = filter.from {
      var found: Int64?
      for stretch in stretches where found == nil {
        let candidate = try firstRecord(notBefore: from, in: stretch)
        if candidate < stretch.upperBound { found = candidate }
      }
      guard let found else { return nil }
      first = found
    }
    if let until = filter.until {
      var found: Int64?
      for stretch in stretches.reversed() where found == nil {
        let candidate = try firstRecord(notBefore: until, in: stretch)
        if candidate > stretch.lowerBound { found = candidate }
      }
      guard let found else { return nil }
      end = found
    }
    return first < end ? first..<end : nil
  }

  /// The first record that is not before a time, in a stretch of the chain in which times never fall; the stretch's end
  /// if there is none.
  private func firstRecord(notBefore time: Instant, in stretch: Range<Int64>) throws -> Int64 {
    var (low, high) = (stretch.lowerBound, stretch.upperBound)
    while low < high {
      let middle = low + (high - low) / 2
      let found = try kernelSnapshot.first(
        "SELECT time FROM kernel_audit WHERE sequence >= ? ORDER BY sequence LIMIT 1", middle
      ) { $0.instant(0) }
      if let found, found < time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
