import Foundation
import ModuleTesting
import RPC
import Testing
import Workers

/// A file as a district would bring it: made by `Tests/Conformance/make_workers.py` with Faker (zh_CN), one row in
/// a hundred broken in one of ten ways.
@Suite struct FakerImportTests {
  /// What the maker says that an import must report.
  private struct Expected: Decodable {
    struct RowError: Decodable, Hashable {
      var row: Int64
      var column: String
      var reason: String
    }
    var created: Int64
    var updated: Int64
    var unchanged: Int64
    var failed: Int64
    var errors: [RowError]
  }

  private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
    .standardizedFileURL
  private static let hasFaker = (try? python(["-c", "import faker"])) == 0
  /// `Tests/run` installs what tests need and says so: there a test that could be skipped fails.
  private static let isComplete =
    ProcessInfo.processInfo.environment["YIZHAN_TESTS_COMPLETE"]?.isEmpty == false

  @discardableResult
  private static func python(_ arguments: [String]) throws -> Int32 {
    // The tests' own environment if `Tests/run` has made it.
    let own = root.appending(path: ".venv-tests/bin/python").path
    let words = [FileManager.default.isExecutableFile(atPath: own) ? own : "python3"] + arguments
    let command = words.map { "'\($0.replacing("'", with: "'\\''"))'" }.joined(separator: " ")
    // Not by Foundation's Process: that of Swift 6.3 reads past the end of a directory entry, now and then of its page.
    guard let output = popen("\(command) > /dev/null 2>&1 < /dev/null", "re") else { return -1 }
    return pclose(output)
  }

  /// `YIZHAN_FAKER_ROWS` (100,000 unless set) and `YIZHAN_FAKER_SEED` (1) choose another file.
  @Test(
    .enabled(
      if: hasFaker || isComplete,
      "not run: needs python3 with the PyPI package faker, which Tests/run installs in .venv-tests"))
  func aHundredThousandWorkers() async throws {
    try #require(
      FakerImportTests.hasFaker,
      "YIZHAN_TESTS_COMPLETE is set, and there is no python3 with the PyPI package faker")
    let environment = ProcessInfo.processInfo.environment
    let count = environment["YIZHAN_FAKER_ROWS"] ?? "100000"
    let seed = environment["YIZHAN_FAKER_SEED"] ?? "1"
    print("make_workers.py --count \(count) --seed \(seed)")
    let file = FileManager.default.temporaryDirectory.appending(path: "yizhan-workers-\(UUID()).csv")
    let expectation = URL(filePath: file.path + ".expected.json")
    defer { for path in [file, expectation] { try? FileManager.default.removeItem(at: path) } }
    let script = FakerImportTests.root.appending(path: "Tests/Conformance/make_workers.py").path
    try #require(
      try FakerImportTests.python([
        script, "--count", count, "--seed", seed, "--areas", AreaFile.path, "--output", file.path,
      ]) == 0)
    let expected = try JSONDecoder().decode(Expected.self, from: Data(contentsOf: expectation))
    let rows = try WorkerFile.rows(file.path)
    try #require(rows.count == Int(count))

    try await TestHost.run([WorkersModule.self], way: .live) { host in
      let administrator = try await host.channel()
      _ = try await AreaFile.rows().imported(by: AreaServiceClient(administrator), as: "areas")
      let organisations = OrganisationServiceClient(administrator)
      for name in ["顺丰速运", "中通快递", "京东物流", "美团", "饿了么", "滴滴出行"] {
        _ = try await organisations.createOrganisation(
          CreateOrganisationRequest(kind: .platform, name: name, areaCode: "110000"))
      }
      let workers = WorkerServiceClient(try await host.channel(as: .staff, purpose: "register"))
      let dry = try await rows.imported(by: workers, as: "faker", isDryRun: true)
      let clock = ContinuousClock()
      let start = clock.now
      let reply = try await rows.imported(by: workers, as: "faker")
      let took = clock.now - start
      print("imported \(rows.count) rows in \(took), dry run before it")

      let summary = try #require(reply.summary)
      #expect(summary.rowsCreated == expected.created)
      #expect(summary.rowsUpdated == expected.updated)
      #expect(summary.rowsUnchanged == expected.unchanged)
      #expect(summary.rowsFailed == expected.failed)
      #expect(
        dry.summary?.rowsCreated == summary.rowsCreated && dry.summary?.rowsUpdated == summary.rowsUpdated)
      #expect(
        dry.summary?.rowsFailed == summary.rowsFailed && dry.summary?.differences == summary.differences)

      var named: [Expected.RowError] = []
      var request = ListImportErrorsRequest(importID: "faker", pageSize: 1000)
      repeat {
        let page = try await workers.listImportErrors(request)
        named += page.errors.map { Expected.RowError(row: $0.row, column: $0.column, reason: $0.reason) }
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      #expect(named == expected.errors)
    }
  }
}

/// A file of workers in CSV, its first line naming the columns of `WorkerRow`.
enum WorkerFile {
  static func rows(_ path: String) throws -> [WorkerRow] {
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline)
    let header = try #require(lines.first).split(separator: ",").map(String.init)
    try #require(
      header == [
        "name", "identity_number", "phone", "occupations", "area_code", "organisation", "station",
        "staff_number", "start_date", "party_membership", "is_mobile_party_member", "party_branch",
        "is_union_member", "is_youth_league_member", "affiliation_consent",
      ])
    return try lines.dropFirst().map { line in
      let values = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      try #require(values.count == header.count, "\(line)")
      return WorkerRow(
        name: values[0], identityNumber: values[1], phone: values[2], occupations: values[3],
        areaCode: values[4], organisation: values[5], station: values[6], staffNumber: values[7],
        startDate: values[8], partyMembership: values[9], isMobilePartyMember: values[10],
        partyBranch: values[11], isUnionMember: values[12], isYouthLeagueMember: values[13],
        affiliationConsent: values[14])
    }
  }
}
