import Glibc
import Host
import ModuleKit

/// Looks whether anything shows, or can be changed, to whom it is out of reach, in a host of whose modules nothing is
/// known but their descriptors.
///
/// 1. It makes things: it calls every method many times as somebody who reaches everything, with requests made from
///    the descriptors, and keeps the identifiers that replies show, which later requests refer to.
/// 2. It calls every method that has a scope with such requests as somebody of another district, and of another
///    organisation. No reply may hold the identifier of a thing that is not open to all, no write that refers to one
///    may succeed, and no refusal may differ from that of a request for a thing that does not exist.
struct ReachProbe {
  /// A method with the schema that its types belong to.
  private struct Method {
    let schema: Schema
    let method: MethodSchema

    var path: String { method.path }
    var input: MessageSchema { schema.messages[method.inputIndex] }
    var output: MessageSchema { schema.messages[method.outputIndex] }

    func admits(_ role: String) -> Bool {
      role == "ADMINISTRATOR" || !Set(["AUTHENTICATED", "ANYONE", role]).isDisjoint(with: method.roles)
    }

    /// What kind of thing it is about: Worker for GetWorker, which returns one.
    var noun: String {
      output.name.hasSuffix("Response")
        ? String(method.name.drop { $0.isUppercase }.drop { !$0.isUppercase }) : output.name
    }
  }

  /// Somebody from outside.
  private struct Outsider {
    let name: String
    let role: String
    let channel: any ClientChannel
    /// The scopes under which nothing is within reach.
    let scopes: Set<String>
  }

  private static let rounds = 60
  /// Requests that a method got an answer to, kept of each to be sent again from outside.
  private static let keptRequests = 6
  private static let foreignArea = "500101"
  /// The identifier of nothing.
  private static let nobody = "018f3c5e-7b1a-7c3d-9e2f-ffffffffffff"
  private static let foreignOrganisation = "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e60"

  private let host: TestHost
  private let methods: [Method]
  private var maker: RequestMaker
  private var known: KnownThings
  private var answered: [String: [[UInt8]]] = [:]
  private(set) var violations: Set<String> = []
  private var callCount = 0
  private let seed: UInt64

  /// - Parameter schemas: of every module served, the host's own included.
  init(_ host: TestHost, schemas: [Schema]) throws {
    self.host = host
    // The same seed makes the same requests, but for identifiers.
    seed = getenv("YIZHAN_PROBE_SEED").flatMap { UInt64(String(cString: $0)) } ?? 1
    let served = Set(try host.methods.map(\.path))
    var found: [String: Method] = [:]
    for schema in schemas {
      for method in schema.services.flatMap(\.methods)
      where served.contains(method.path) && !method.scope.isEmpty {
        found[method.path] = Method(schema: schema, method: method)
      }
    }
    methods = found.values.sorted { $0.path < $1.path }
    maker = RequestMaker(seed: seed)
    var open: Set<String> = []
    for method in methods
    where method.method.scope == "ANY" && [.read, .report].contains(method.method.kind) {
      Self.insert(method.output, method.schema, into: &open)
    }
    known = KnownThings(open: open)
  }

  private static func insert(_ type: MessageSchema, _ schema: Schema, into open: inout Set<String>) {
    guard open.insert(type.fullName).inserted else { return }
    for field in type.fields {
      if let inner = schema.message(of: field) { insert(inner, schema, into: &open) }
    }
  }

  mutating func run() async throws {
    try await makeThings()
    let outsiders = try await outsiders()
    let count = callCount
    for method in methods where !["ANY", "HOST"].contains(method.method.scope) {
      for outsider in outsiders where outsider.scopes.contains(method.method.scope) {
        guard outsider.role == "ADMINISTRATOR" || method.method.roles.contains(outsider.role) else {
          continue
        }
        await look(at: method, as: outsider)
      }
    }
    let types = Set(known.guarded.values).count
    print(
      "reach probe with YIZHAN_PROBE_SEED=\(seed): \(known.guarded.count) things of \(types) types, by"
        + " \(answered.count) of \(methods.count) methods; \(callCount - count) calls from outside,"
        + " \(violations.count) at fault")
  }

  // MARK: Making things

  private mutating func makeThings() async throws {
    let first = try await host.channel(as: .administrator, name: "probe")
    var callers: [(role: String, channel: any ClientChannel)] = [(role: "ADMINISTRATOR", channel: first)]
    for round in 0..<Self.rounds {
      if round == Self.rounds / 4 {
        // Once there are organisations, everybody acts for one of them too.
        for (name, role) in AccessMatrix.roles {
          let organisation = maker.one(of: known.values(for: "organisation_id", noun: ""))
          let channel = try await host.channel(
            as: role, name: "probe \(name)", organisationID: organisation)
          callers.append((role: name, channel: channel))
        }
      }
      for method in methods
      where method.method.scope != "HOST" && !HostCore.revokingPaths.contains(method.path) {
        let admitted = callers.filter { method.admits($0.role) }
        guard let caller = maker.one(of: admitted)?.channel else { continue }
        let request = maker.request(method.input, in: method.schema, noun: method.noun, known: known)
        let outcome = await call(method, request, caller)
        guard outcome.status.code == .ok else { continue }
        if answered[method.path, default: []].count < Self.keptRequests {
          answered[method.path, default: []].append(request)
        }
        if let reply = try? DynamicMessage(decoding: outcome.replyBytes, as: method.output, in: method.schema)
        {
          known.learn(from: reply)
        }
      }
    }
  }

  private mutating func call(_ method: Method, _ request: [UInt8], _ channel: any ClientChannel) async
    -> MatrixOutcome
  {
    callCount += 1
    let outcome = await MatrixOutcome(
      of: method.path, isStream: method.method.kind == .stream, sending: request, over: channel)
    if outcome.status.code == .internalError {
      violations.insert("\(method.path): a request that keeps to its declaration ends with INTERNAL")
    }
    return outcome
  }

  // MARK: Looking from outside

  private mutating func outsiders() async throws -> [Outsider] {
    let organisation = maker.one(of: known.values(for: "organisation_id", noun: ""))
    let all: Set<String> = ["ORGANISATION", "EMPLOYMENT", "AREA", "CASE"]
    var outsiders: [Outsider] = []
    for (name, role) in AccessMatrix.roles {
      outsiders.append(
        Outsider(
          name: "of another district", role: name,
          channel: try await host.channel(
            as: role, name: "probe \(name) elsewhere", organisationID: organisation,
            areaCode: Self.foreignArea), scopes: all))
    }
    for (name, role) in [("PLATFORM", Roles.platform), ("PARTNER", .partner)] {
      outsiders.append(
        Outsider(
          name: "of another organisation", role: name,
          channel: try await host.channel(
            as: role, name: "probe \(name) of another", organisationID: Self.foreignOrganisation),
          scopes: ["ORGANISATION", "EMPLOYMENT"]))
    }
    return outsiders
  }

  private mutating func look(at method: Method, as outsider: Outsider) async {
    let writes = [.write, .stream].contains(method.method.kind)
    // What was written before is not written again: who knows a worker's phone may register the worker.
    var requests = writes ? [] : answered[method.path] ?? []
    for _ in 0..<Self.keptRequests {
      requests.append(maker.request(method.input, in: method.schema, noun: method.noun, known: known))
    }
    for request in requests {
      let outcome = await call(method, request, outsider.channel)
      let who = "\(outsider.role) \(outsider.name)"
      await compare(outcome, of: request, to: method, outsider, who)
      guard outcome.status.code == .ok else { continue }
      if let (_, type) = known.guarded(in: outcome.replyBytes) {
        violations.insert("\(method.path) shows a \(type) to \(who)")
      } else if writes, let (_, type) = known.guarded(in: request) {
        violations.insert("\(method.path) takes a reference to a \(type) from \(who)")
      }
    }
  }

  /// Asks for the same of a thing that does not exist: nobody may learn from the answer which of the two is there.
  private mutating func compare(
    _ outcome: MatrixOutcome, of request: [UInt8], to method: Method, _ outsider: Outsider, _ who: String
  ) async {
    guard let (id, type) = known.guarded(in: request), id.utf8.count == Self.nobody.utf8.count else { return }
    let twin = await call(method, request.replacing(id.utf8, with: Self.nobody.utf8), outsider.channel)
    func words(_ status: Status) -> String {
      "\(status.code) \(status.reason) \(status.message) \(status.messageChinese)"
        .replacing(id, with: Self.nobody)
    }
    if words(outcome.status) != words(twin.status) {
      violations.insert(
        "\(method.path) tells \(who) whether a \(type) exists: \(words(outcome.status)); \(words(twin.status))"
      )
    }
  }
}
