import Audit
import Privacy
import Storage
import Testing

@Suite struct RotationTests {
  private func fill(_ cabinet: Cabinet, _ numbers: Range<Int>) async throws {
    let vault = cabinet.vault
    try await cabinet.write { transaction in
      for number in numbers { try Cabinet.note("note \(number)", of: "p\(number)", vault, transaction) }
    }
  }

  private func finish(_ cabinet: Cabinet) async throws -> HostKeyStatus {
    let vault = cabinet.vault
    for _ in 0..<2_000 {
      let status = try await cabinet.read { try vault.keyStatus(in: $0) }
      if status.rotation?.finishedAt != nil { return status }
      try await Task.sleep(for: .milliseconds(5))
    }
    return try await cabinet.read { try vault.keyStatus(in: $0) }
  }

  private func change(_ cabinet: Cabinet, to ring: HostKeyRing) async throws -> Bool {
    let vault = cabinet.vault
    try await cabinet.write { try vault.prepare(ring, in: $0) }
    return try await cabinet.write { try vault.adopt(ring, in: $0) }
  }

  @Test func wrapsEveryKeyAnewWhileItServes() async throws {
    let cabinet = try await Cabinet(ring(1))
    try await fill(cabinet, 0..<1_200)
    let vault = cabinet.vault
    try await cabinet.write { try vault.destroyKey(of: "p7", in: $0) }
    let hash = vault.lookup("x", as: "t.c")
    let isStarted = try await change(cabinet, to: ring(2, 1))
    #expect(isStarted)
    try await cabinet.note("in between", of: "p9")
    try await fill(cabinet, 5_000..<5_001)
    let status = try await finish(cabinet)
    #expect(status.uses.map(\.id) == ["k1", "k2"])
    #expect(status.uses.map(\.persons) == [0, 1_200])
    #expect(status.uses.map(\.dataKeys) == [0, DataKeyPurpose.allCases.count])
    #expect(status.uses.map(\.isCurrent) == [false, true])
    #expect(status.personsLeft == 0)
    #expect(status.rotation?.rewrapped == 1_199)
    #expect(status.rotation?.damaged == 0)
    #expect(vault.lookup("x", as: "t.c") == hash)
    #expect(try await cabinet.note(of: "p9") == "in between")
    // The old key is needed no more, and the same ring again is nothing to do.
    let isStartedAgain = try await change(cabinet, to: ring(2))
    #expect(!isStartedAgain)
    for number in [0, 1, 600, 1_199, 5_000] {
      #expect(try await cabinet.note(of: "p\(number)") == "note \(number)")
    }
  }

  /// A key that was destroyed, or that another has replaced, must not live on in the log.
  @Test func noWrappedKeyIsInTheAuditLog() async throws {
    let cabinet = try await Cabinet(ring(1))
    try await fill(cabinet, 0..<10)
    let vault = cabinet.vault
    try await cabinet.write { try vault.destroyKey(of: "p7", in: $0) }
    _ = try await change(cabinet, to: ring(2, 1))
    _ = try await finish(cabinet)
    let (records, shapes) = try await cabinet.read {
      (try $0.auditRecords(after: 0, limit: 1_000), try $0.auditShapes())
    }
    let own = Set(shapes.filter { $0.table.hasPrefix("privacy_") }.map(\.identifier))
    #expect(own.count == 4)
    var seen = 0
    for record in records where !record.record.changes.isEmpty {
      let opened = try await cabinet.read {
        try vault.open(
          changes: record.record.changes, of: record.record.sequence, concerning: record.record.persons,
          in: $0)
      }
      for change in try RowChange.decode(opened ?? []) where own.contains(change.shape) {
        seen += 1
        for value in change.columns.flatMap({ [$0.old, $0.new] }) {
          if case .bytes = value { Issue.record("record \(record.record.sequence) holds a key") }
        }
      }
    }
    #expect(seen > 0, "the rotation itself is on record")
  }

  @Test func goesOnAfterARestart() async throws {
    let first = try await Cabinet(ring(1))
    try await fill(first, 0..<900)
    _ = try await change(first, to: ring(2, 1))
    // Closed at once, so that steps are left.
    first.database.close()
    let second = try await Cabinet(ring(2, 1), directory: first.directory)
    let status = try await finish(second)
    #expect(status.uses.map(\.persons) == [0, 900])
    second.database.close()
    // A new first key that was put in while the host was down.
    let third = try await Cabinet(ring(3, 2), directory: first.directory)
    #expect(try await finish(third).uses.map(\.persons) == [0, 0, 900])
    #expect(try await third.note(of: "p899") == "note 899")
    third.database.close()
  }

  @Test func refusesARingThatLacksAKeyInUseOrHasAnother() async throws {
    let cabinet = try await Cabinet(ring(1))
    try await fill(cabinet, 0..<3)
    await #expect(throws: HostKeyError.unknown(id: "k1", given: ["k2"])) {
      _ = try await change(cabinet, to: ring(2))
    }
    let wrong = HostKeyRing(try key("k1", seed: 99))
    await #expect(throws: HostKeyError.wrong(id: "k1")) { _ = try await change(cabinet, to: wrong) }
    #expect(try await cabinet.note(of: "p1") == "note 1")
    cabinet.database.close()
    await #expect(throws: HostKeyError.unknown(id: "k1", given: ["k2", "k3"])) {
      _ = try await Cabinet(ring(2, 3), directory: cabinet.directory)
    }
    await #expect(throws: HostKeyError.wrong(id: "k1")) {
      _ = try await Cabinet(wrong, directory: cabinet.directory)
    }
    let again = try await Cabinet(ring(1), directory: cabinet.directory)
    #expect(try await again.note(of: "p2") == "note 2")
    again.database.close()
  }

  @Test func aSecondChangeInTheMiddleBeginsAnew() async throws {
    let cabinet = try await Cabinet(ring(1))
    try await fill(cabinet, 0..<800)
    for number in 2...6 { _ = try await change(cabinet, to: ring(Array((1...number).reversed()))) }
    #expect(try await finish(cabinet).uses.map(\.persons) == [0, 0, 0, 0, 0, 800])
    for number in [0, 400, 799] { #expect(try await cabinet.note(of: "p\(number)") == "note \(number)") }
  }

  @Test func writesNothingAtASecondStart() async throws {
    let first = try await Cabinet(ring(1))
    first.database.close()
    let second = try await Cabinet(ring(1), directory: first.directory)
    #expect(second.database.statistics.jobsSucceeded == 0)
    second.database.close()
  }
}
