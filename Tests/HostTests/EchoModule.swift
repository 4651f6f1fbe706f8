import Glibc
import ModuleKit
import Synchronization

/// A module for the host's own tests: one method of each kind, with handlers that do what their request's text says.
struct EchoModule: Module {
  static let name = "echo"
  static let migrations = [
    Migration(1, "notes", "CREATE TABLE echo_note (id TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL UNIQUE)")
  ]
  static let service = "test.echo.v1.EchoService"
  static let fileDescriptorSet = Descriptors.set(
    file: "test/echo/v1/echo.proto", package: "test.echo.v1", service: "EchoService",
    methods: ["Get", "Report", "Put", "Collect", "Repeat"])

  static func method(
    _ name: String, _ kind: MethodKind, roles: Roles = .staff, client: Bool = false, server: Bool = false
  ) -> MethodDescriptor {
    MethodDescriptor(
      service: service, name: name, kind: kind, isClientStreaming: client, isServerStreaming: server,
      policy: AccessPolicy(roles: roles, scope: .any))
  }

  static func path(_ method: String) -> String { "/\(service)/\(method)" }

  func register(in registrar: Registrar) throws {
    registrar.serve(
      BoundService(
        name: Self.service,
        methods: [
          .read(Self.method("Get", .read, roles: [.staff, .auditor])) { request, snapshot in
            try Self.answer(request, snapshot)
          },
          .read(Self.method("Report", .report)) { request, snapshot in try Self.answer(request, snapshot) },
          .write(Self.method("Put", .write)) {
            (request: ProtoStringValue, transaction: Transaction) -> ProtoStringValue in
            try Self.put(request, transaction)
          },
          .clientStream(Self.method("Collect", .stream, client: true)) {
            (requests: RequestStream<ProtoStringValue>, context) in
            var texts: [String] = []
            for try await request in requests { texts.append(request.value) }
            let joined = texts.joined(separator: ",")
            let count = try await context.read { try Self.count($0) }
            return ProtoStringValue(value: "\(joined);\(count);\(context.caller.name)")
          },
          .serverStream(Self.method("Repeat", .stream, server: true)) {
            (request: ProtoStringValue, replies: ResponseWriter<ProtoStringValue>, context) in
            for index in 0..<5 {
              try await replies.send(ProtoStringValue(value: "\(request.value)-\(index)"))
            }
            if request.value == "fail" { throw EchoError.asked }
          },
        ]))
    registrar.onTimer("note") { transaction, firing in
      try transaction.execute(
        "INSERT INTO echo_note (id, text) VALUES (?, ?)", transaction.makeID(), firing.key)
    }
    registrar.onEvent(ProtoStringValue.self) { transaction, event in
      try transaction.execute(
        "INSERT INTO echo_note (id, text) VALUES (?, ?)", transaction.makeID(), "heard \(event.value)")
    }
  }

  private static func count(_ snapshot: Snapshot) throws -> Int {
    try snapshot.first("SELECT COUNT(*) FROM echo_note", read: { $0.int(0) }) ?? 0
  }

  private static func answer(_ request: ProtoStringValue, _ snapshot: Snapshot) throws -> ProtoStringValue {
    switch request.value {
    case "queue":
      EchoGate.reports.wait()
      return request
    case "caller":
      let caller = snapshot.caller
      return ProtoStringValue(
        value: "\(caller.name) \(caller.organisationID ?? "-") \(caller.areaCodes.first ?? "-")")
    case "request": return ProtoStringValue(value: snapshot.requestID)
    case "count": return ProtoStringValue(value: "\(try count(snapshot))")
    case "asked": throw EchoError.asked
    case "surprise": throw Surprise.secret("13800000000")
    case "slow":
      // Counting to a thousand million in SQL outlasts every deadline of the tests.
      let sum = try snapshot.first(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000000) SELECT MAX(x) FROM n",
        read: { $0.int64(0) })
      return ProtoStringValue(value: "\(sum ?? 0)")
    default: return ProtoStringValue(value: "read \(request.value)")
    }
  }

  private static func put(_ request: ProtoStringValue, _ transaction: Transaction) throws -> ProtoStringValue
  {
    if request.value == "surprise" { throw Surprise.secret("13800000000") }
    if request.value.hasPrefix("later ") {
      try transaction.schedule(
        "note", key: String(request.value.dropFirst(6)), at: transaction.now + .seconds(3_600))
    }
    if request.value.hasPrefix("emit ") {
      try transaction.emit(ProtoStringValue(value: String(request.value.dropFirst(5))), subject: "test")
    }
    if request.value == "wait" { EchoGate.shared.wait() }
    if request.value == "hang" { EchoGate.other.wait() }
    if request.value == "hold" { EchoGate.limits.wait() }
    if request.value == "queue" { EchoGate.writes.wait() }
    let id = transaction.makeID()
    try transaction.execute("INSERT INTO echo_note (id, text) VALUES (?, ?)", id, request.value)
    return ProtoStringValue(value: id)
  }
}

/// The module's own error, with a status.
enum EchoError: StatusConvertible {
  case asked
  var status: Status {
    Status(
      .failedPrecondition, "you asked for it", reason: "ASKED", domain: "echo.yizhan", messageChinese: "如您所求")
  }
}

/// An error that the host knows nothing of.
enum Surprise: Error {
  case secret(String)
}

/// Holds a write until a test lets it go.
final class EchoGate: Sendable {
  static let shared = EchoGate()
  /// Tests run side by side; each that holds writes has a gate of its own.
  static let other = EchoGate()
  static let limits = EchoGate()
  static let writes = EchoGate()
  static let reports = EchoGate()
  private let isOpen = Atomic<Bool>(false)
  private let hasArrived = Atomic<Bool>(false)

  func close() {
    hasArrived.store(false, ordering: .sequentiallyConsistent)
    isOpen.store(false, ordering: .sequentiallyConsistent)
  }
  func open() { isOpen.store(true, ordering: .sequentiallyConsistent) }
  var isReached: Bool { hasArrived.load(ordering: .sequentiallyConsistent) }

  func wait() {
    hasArrived.store(true, ordering: .sequentiallyConsistent)
    while !isOpen.load(ordering: .sequentiallyConsistent) { usleep(1_000) }
  }
}
