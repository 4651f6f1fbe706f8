import Glibc
import Host
import ModuleKit

/// Looks whether anything shows, or can be changed, to whom it is out of reach, in a host of whose modules nothing is
/// known but their descriptors: what comes of the authorisation matrix's cells for callers from elsewhere.
///
/// 1. It makes things: it calls every method many times as somebody who reaches everything, with requests made from
///    the descriptors, and keeps the identifiers that replies show, which later requests refer to, and the requests
///    that were answered.
/// 2. It sends every method that has a scope such requests as somebody of another area, and of another organisation,
///    and then as somebody who reaches everything, to see whether they count: see `ForeignCells`. No reply may hold
///    the identifier of a thing that is not open to all, no write that refers to one, or to a place elsewhere, may
///    succeed, and no answer may differ from that to a request for a thing that does not exist.
///
/// It prints which cells no request counted in. A module with a scope but without a single one that counted is at
/// fault: then nothing is known of it. So is one whose tests list such cells if they are others.
struct ReachProbe {
  /// A method with the schema that its types belong to.
  struct Method {
    let schema: Schema
    let package: String
    let method: MethodSchema

    var path: String { method.path }
    var input: MessageSchema { schema.messages[method.inputIndex] }
    var output: MessageSchema { schema.messages[method.outputIndex] }

    /// Whether there is anything that is out of some caller's reach.
    var isScoped: Bool { !["ANY", "HOST"].contains(method.scope) }
    var isWrite: Bool { method.kind == .write }
    var isStream: Bool { method.kind == .stream }
    /// Whether its calls can take a credential away.
    var isRevoking: Bool { HostCore.revokingPaths.contains(path) }

    func admits(_ role: String) -> Bool {
      role == "ADMINISTRATOR" || !Set(["AUTHENTICATED", "ANYONE", role]).isDisjoint(with: method.roles)
    }

    /// What kind of thing it is about: Worker for GetWorker, which returns one.
    var noun: String {
      output.name.hasSuffix("Response")
        ? String(method.name.drop { $0.isUppercase }.drop { !$0.isUppercase }) : output.name
    }
  }

  /// Somebody who reaches everything, or everything of an organisation.
  struct Caller {
    let role: String
    let organisationID: String?
    let channel: any ClientChannel
  }

  /// A request that was answered.
  struct Answered {
    let request: [UInt8]
    let caller: Caller
  }

  private static let rounds = 60
  /// Answered requests of each method that are kept, to be sent again from elsewhere.
  private static let keptRequests = 4

  let host: TestHost
  let methods: [Method]
  /// Packages of which at least one cell has to be tried.
  private let requiredPackages: Set<String>
  /// Cells that are known not to be reached, with the requests of the usual seed.
  private let unreached: [UnreachedCells]
  private static let usualSeed: UInt64 = 1
  private let seed: UInt64
  var maker: RequestMaker
  var known: KnownThings
  var answered: [String: [Answered]] = [:]
  var callers: [Caller] = []
  var cells = ForeignCells()
  var violations: Set<String> = []
  private(set) var callCount = 0

  /// - Parameters:
  ///   - schemas: of the modules to be looked at.
  ///   - hostSchema: of what the host serves itself, which is looked at as far as the modules' things get it to answer.
  ///   - published: what the modules let other organisations read.
  ///   - unreached: the cells that are not reached, of packages that are held to a list.
  init(
    _ host: TestHost, schemas: [Schema], hostSchema: Schema, published: [PublishedThings] = [],
    unreached: [UnreachedCells] = []
  ) throws {
    self.host = host
    self.unreached = unreached
    // The same seed makes the same requests, but for identifiers.
    seed = getenv("YIZHAN_PROBE_SEED").flatMap { UInt64(String(cString: $0)) } ?? Self.usualSeed
    let served = Set(try host.methods.map(\.path))
    var found: [String: Method] = [:]
    for schema in schemas + [hostSchema] {
      for service in schema.services {
        for method in service.methods where served.contains(method.path) && !method.scope.isEmpty {
          found[method.path] = Method(schema: schema, package: service.package, method: method)
        }
      }
    }
    let hostPackages = Set(hostSchema.services.map(\.package))
    requiredPackages = Set(found.values.filter(\.isScoped).map(\.package)).subtracting(hostPackages)
    methods = found.values.sorted { $0.path < $1.path }
    maker = RequestMaker(seed: seed)
    var open: Set<String> = []
    for method in methods
    where method.method.scope == "ANY" && [.read, .report].contains(method.method.kind) {
      Self.insert(method.output, method.schema, into: &open)
    }
    known = KnownThings(open: open, published: published)
  }

  private static func insert(_ type: MessageSchema, _ schema: Schema, into open: inout Set<String>) {
    guard open.insert(type.fullName).inserted else { return }
    for field in type.fields {
      if let inner = schema.message(of: field) { insert(inner, schema, into: &open) }
    }
  }

  mutating func run() async throws {
    try await makeThings()
    let made = callCount
    try await tryForeignCells()
    for package in requiredPackages.sorted() where !cells.isAnyTried(inPackage: package) {
      violations.insert(
        "\(package): no request that callers from elsewhere sent counts: nothing is known of what they get")
    }
    // Other requests reach other cells.
    if seed == Self.usualSeed {
      for listed in unreached {
        for line in cells.violations(of: listed) { violations.insert(line) }
      }
    }
    let types = Set(known.guarded.values).count
    print(
      "reach probe with YIZHAN_PROBE_SEED=\(seed): \(known.guarded.count) things of \(types) types, by"
        + " \(answered.count) of \(methods.count) methods; \(callCount - made) calls; \(cells.triedCount)"
        + " of \(cells.count) foreign cells tried, \(violations.count) at fault")
    for package in Set(methods.filter(\.isScoped).map(\.package)).sorted() {
      let (all, tried) = cells.counts(inPackage: package)
      print("  \(package): \(tried) of \(all) foreign cells tried")
    }
    for line in cells.untried { print("  not reached: \(line)") }
  }

  // MARK: Making things

  private mutating func makeThings() async throws {
    let first = try await host.channel(as: .administrator, name: "probe")
    callers = [Caller(role: "ADMINISTRATOR", organisationID: nil, channel: first)]
    for round in 0..<Self.rounds {
      if round == Self.rounds / 4 {
        // Once there are organisations, everybody acts for one of them too.
        for (name, role) in AccessMatrix.roles {
          let organisation = maker.one(of: known.values(for: "organisation_id", noun: ""))
          let channel = try await host.channel(
            as: role, name: "probe \(name)", organisationID: organisation)
          callers.append(Caller(role: name, organisationID: organisation, channel: channel))
        }
      }
      for method in methods where method.method.scope != "HOST" && !method.isRevoking {
        guard let caller = maker.one(of: callers.filter { method.admits($0.role) }) else { continue }
        let request = maker.request(method.input, in: method.schema, noun: method.noun, known: known)
        let outcome = await call(method, request, caller.channel)
        guard outcome.status.code == .ok else { continue }
        if answered[method.path, default: []].count < Self.keptRequests {
          answered[method.path, default: []].append(Answered(request: request, caller: caller))
        }
        if let reply = reply(of: method, outcome) { known.learn(from: reply) }
      }
    }
  }

  mutating func call(_ method: Method, _ request: [UInt8], _ channel: any ClientChannel) async
    -> MatrixOutcome
  {
    callCount += 1
    let outcome = await MatrixOutcome(
      of: method.path, isStream: method.isStream, sending: request, over: channel)
    if outcome.status.code == .internalError {
      violations.insert("\(method.path): a request that keeps to its declaration ends with INTERNAL")
    }
    return outcome
  }

  func reply(of method: Method, _ outcome: MatrixOutcome) -> DynamicMessage? {
    try? DynamicMessage(decoding: outcome.replyBytes, as: method.output, in: method.schema)
  }
}
