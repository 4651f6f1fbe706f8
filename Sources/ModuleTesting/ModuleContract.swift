import Host
public import ModuleKit

/// What holds for every module, checked without knowing any: tests of a module call this and expect nothing back.
/// ```swift
/// @Test func keepsTheContract() async throws {
///   #expect(try await ModuleContract.violations(of: [WorkersModule.self]) == [])
/// }
/// ```
public enum ModuleContract {
  /// Runs every method of the modules with every role, without a token, with an empty message and with broken bytes,
  /// in every situation that a credential can be in, and with requests made up from the descriptors by callers for whom
  /// everything is out of reach; and starts the host twice over the same data.
  ///
  /// The made-up requests are the same each time; `YIZHAN_PROBE_SEED` in the environment, a number, makes others.
  ///
  /// A request from elsewhere counts as tried only if somebody within reach gets an answer to it. The output names
  /// every method and role in which none did, and a module with a scope of which none did at all breaks the contract.
  /// With a list of such cells for its package, a module is held to the list, unless `YIZHAN_PROBE_SEED` makes
  /// other requests.
  /// - Parameters:
  ///   - modules: The module to check, after the modules whose capabilities it requires.
  ///   - way: How calls reach the host. Who gets in where, and what shows to callers from elsewhere, is looked at in
  ///     memory alone.
  ///   - published: What the modules let other organisations read, although it is somebody's own.
  ///   - unreached: The cells that no request is known to reach, for each package that is held to them.
  /// - Returns: One line for each rule that is broken.
  /// - Throws: What keeps the host from starting.
  public static func violations(
    of modules: [any Module.Type], way: TestHost.Way = .inMemory, published: [PublishedThings] = [],
    unreached: [UnreachedCells] = []
  ) async throws -> [String] {
    try await TestHost.run(modules, way: way) { host in
      var violations: [String] = []
      for round in 1...2 {
        for method in try host.methods where !method.service.hasPrefix("grpc.") {
          violations += try await check(method, host).map { "\(method.path): \($0)" }
        }
        if round == 1, way == .inMemory {
          violations += try await access(modules, published, unreached, host)
        }
        // The second round finds every migration applied.
        if round == 1 { try await host.restart() }
      }
      return violations
    }
  }

  /// Who gets in where, with what, cell by cell, and what shows to whom it is out of reach.
  private static func access(
    _ modules: [any Module.Type], _ published: [PublishedThings], _ unreached: [UnreachedCells],
    _ host: TestHost
  ) async throws -> [String] {
    let schemas = try modules.map { try AccessMatrix.schema($0.fileDescriptorSet) }
    let hostSchema = try AccessMatrix.schema(HostCore.ownDescriptorSet)
    var matrix = AccessMatrix(host, schemas: schemas + [hostSchema])
    try await matrix.run()
    var probe = try ReachProbe(
      host, schemas: schemas, hostSchema: hostSchema, published: published, unreached: unreached)
    try await probe.run()
    return matrix.violations + probe.violations.sorted()
  }

  private static let roles: [(name: String, role: Roles)] = [
    ("administrator", .administrator), ("staff", .staff), ("platform", .platform), ("partner", .partner),
    ("auditor", .auditor),
  ]

  private static func check(_ method: MethodDescriptor, _ host: TestHost) async throws -> [String] {
    var violations: [String] = []
    let allowed = method.policy.roles
    if !allowed.contains(.anyone) {
      let status = await outcome(method, try await host.anonymousChannel(), [])
      if status.code != .unauthenticated { violations.append("without a token it ends with \(status.code)") }
    }
    for (name, role) in roles {
      let isAllowed =
        role == .administrator || !allowed.isDisjoint(with: [role, .authenticated, .anyone])
      let status = await outcome(method, try await host.channel(as: role), [])
      let isDenied = status.reason == "ROLE_MISSING"
      if isAllowed, isDenied { violations.append("it is for \(name), who is denied") }
      if !isAllowed, !isDenied { violations.append("it is not for \(name), who gets \(status.code)") }
      if isAllowed { violations += blame(status).map { "an empty request of \(name) \($0)" } }
    }
    let broken = await outcome(method, try await host.channel(), [0x0a, 0x7f])
    if broken.reason != "MESSAGE_MALFORMED" {
      violations.append("broken bytes end with \(broken.code) \(broken.reason)")
    }
    return violations
  }

  /// What an empty request may not lead to: it is the caller's fault or nobody's, and the answer says whose.
  private static func blame(_ status: Status) -> [String] {
    switch status.code {
    case .ok: return []
    case .internalError, .unknown, .unimplemented, .dataLoss, .unauthenticated:
      return ["ends with \(status.code): \(status.message)"]
    default:
      var lines: [String] = []
      if status.reason.isEmpty || status.domain.isEmpty {
        lines.append("ends without a reason: \(status.message)")
      }
      if status.messageChinese.isEmpty {
        lines.append("ends without a message in Chinese: \(status.message)")
      }
      return lines
    }
  }

  private static func outcome(
    _ method: MethodDescriptor, _ channel: any ClientChannel, _ message: [UInt8]
  ) async -> Status {
    let options = CallOptions(timeout: .seconds(120))
    do {
      if method.kind != .stream {
        _ = try await channel.unary(method.path, message, options)
      } else {
        let stream = try await channel.open(method.path, options)
        defer { stream.cancel() }
        // The call may end before the message is taken; the reason comes with the next reply then.
        try? await stream.send(message)
        try? await stream.finishSending()
        _ = try await stream.next()
      }
      return Status(.ok, "")
    } catch {
      return error as? Status ?? Status(.unknown, "\(error)")
    }
  }
}
