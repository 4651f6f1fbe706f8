import Crypto
import Glibc
import Privacy
import Storage

/// What personal data costs: processor time of one thread for sealing, opening, finding a person's key and hashing.
/// The library's own cost stands beside it, measured in the same run.
///
///     swift run -c release PrivacyBenchmark [PERSONS]
@main
enum PrivacyBenchmark {
  private static let label: StaticString = "clinic_note.text"
  private static let texts = ["王建国", "+8613800000000", "410304199001011234", "河南省洛阳市瀍河回族区启明东路1号"]
  private static let call = CallContext(
    module: ModuleScope(name: "clinic"), caller: .system, requestID: "benchmark", method: "benchmark")

  static func main() async throws {
    let asked = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 100_000
    let persons = min(max(asked, 1_000), 5_000_000)
    var template = Array("/tmp/privacy-benchmark-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("no temporary directory: errno \(errno)") }
    let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      for file in ["yizhan.db", "yizhan.db-wal", "lock"] { unlink(directory + "/" + file) }
      rmdir(directory)
    }
    let vault = Vault()
    let database = try Database.open(
      directory: directory,
      schemas: [
        ModuleSchema(name: "privacy", migrations: Vault.migrations, unrecorded: Vault.unrecorded)
      ])
    let ring = HostKeyRing(try HostKey.make(id: "k1").key)
    try await database.writer.perform(call: call) { try vault.unlock(with: ring, writing: $0) }
    let bytes = texts.reduce(0) { $0 + $1.utf8.count }
    print(
      "a record of \(texts.count) texts, \(bytes) bytes; \(persons) persons; processor time of one thread")
    try library(bytes)
    let sealed = try await database.writer.perform(call: call) {
      try vault.seal(texts, of: person(0), as: label, in: $0)
    }
    let reader = try database.makeReader()
    try opening(sealed, vault, reader)
    try await database.writer.perform(call: call) { try sealing(vault, $0) }
    try await fill(persons, vault, database)
    try strangers(sealed, persons, vault, reader)
    database.close()
  }

  private static func person(_ number: Int) -> String {
    "01a2001f-a986-7005-8e03-\(100_000_000_000 + number)"
  }

  /// swift-crypto by itself, with everything at hand.
  private static func library(_ count: Int) throws {
    let plain = [UInt8](repeating: 65, count: count)
    let key = SymmetricKey(size: .bits256)
    let bound = Array((String(describing: label) + person(0)).utf8)
    let nonce = [UInt8](repeating: 7, count: 12)
    try measure("AES-256-GCM, seal, the library alone") { _ in
      _ = try AES.GCM.seal(plain, using: key, nonce: AES.GCM.Nonce(data: nonce), authenticating: bound)
    }
    let box = try AES.GCM.seal(plain, using: key, nonce: AES.GCM.Nonce(data: nonce), authenticating: bound)
    try measure("AES-256-GCM, open, the library alone") { _ in
      _ = try AES.GCM.open(box, using: key, authenticating: bound)
    }
  }

  /// The key is at hand once a snapshot has read it.
  private static func opening(_ sealed: [UInt8], _ vault: Vault, _ reader: Reader) throws {
    let person = person(0)
    try reader.read(call: call) { snapshot in
      try measure("open the record, key at hand") { _ in
        _ = try vault.openTexts(sealed, of: person, as: label, in: snapshot)
      }
    }
    reader.endBatch()
  }

  private static func sealing(_ vault: Vault, _ transaction: Transaction) throws {
    let person = person(0)
    try measure("seal the record, key at hand") { _ in
      _ = try vault.seal(texts, of: person, as: label, in: transaction)
    }
    let phone = ["+8613800000000"]
    try measure("seal one text, key at hand") { _ in
      _ = try vault.seal(phone, of: person, as: label, in: transaction)
    }
    let sealed = try vault.seal(phone, of: person, as: label, in: transaction)
    try measure("open one text, key at hand") { _ in
      _ = try vault.openTexts(sealed, of: person, as: label, in: transaction)
    }
    measure("keyed hash of a phone number") { _ in
      _ = vault.lookup("+8613800000000", as: "workers_worker.phone")
    }
  }

  private static func fill(_ persons: Int, _ vault: Vault, _ database: Database) async throws {
    for start in stride(from: 1, to: persons, by: 10_000) {
      try await database.writer.perform(call: call) { transaction in
        for number in start..<min(start + 10_000, persons) {
          _ = try vault.seal(texts, of: person(number), as: label, in: transaction)
        }
      }
    }
  }

  /// A stride that meets everybody before anybody twice. What is opened is somebody else's, which costs the same.
  private static func strangers(_ sealed: [UInt8], _ persons: Int, _ vault: Vault, _ reader: Reader) throws {
    try reader.read(call: call) { snapshot in
      try measure("find, unwrap and open: a person not seen lately") { run in
        let number = 1 + (run * 61_813) % (persons - 1)
        do { _ = try vault.open(sealed, of: person(number), as: label, in: snapshot) } catch VaultError
          .damaged
        {}
      }
    }
    reader.endBatch()
  }

  /// The median of nine rounds and the least, in microseconds of this thread for each run of the body.
  private static func measure(_ name: String, runs: Int = 20_000, _ body: (Int) throws -> Void) rethrows {
    var rounds: [Double] = []
    for round in 0..<9 {
      let start = threadMicroseconds()
      for run in 0..<runs { try body(round * runs + run) }
      rounds.append((threadMicroseconds() - start) / Double(runs))
    }
    rounds.sort()
    let figures = [rounds[4], rounds[0]].map { figure in
      let hundredths = Int((figure * 100).rounded())
      return "\(hundredths / 100)." + (hundredths % 100 < 10 ? "0" : "") + "\(hundredths % 100)"
    }
    print(
      name + String(repeating: " ", count: max(1, 50 - name.count))
        + "\(figures[0]) µs   (least \(figures[1]))")
  }

  private static func threadMicroseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
  }
}
