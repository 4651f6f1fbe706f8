import ModuleKit

/// Every method of a host, called in every role in every situation that a credential can be in, and whether it was let
/// in compared with a table of who has to be.
///
/// Requests are empty, which is enough to see who is let in. What callers from elsewhere then get is for `ReachProbe`
/// to look at, with requests that name things which exist.
///
/// The table below is written from the rules, and the roles and scopes are read from the descriptors that the protos
/// were compiled to: neither comes from the code that decides.
struct AccessMatrix {
  /// What is the matter with the caller's credential, or with where the caller belongs.
  enum Situation: String, CaseIterable {
    case own, everywhere, foreignOrganisation, foreignArea, expired, revoked, disabled, noCredential,
      certificateOnly
  }

  /// How a call may end.
  enum Verdict: String {
    /// Let in: whatever the handler then says to an empty request.
    case admitted
    /// PERMISSION_DENIED: no role that the method is for.
    case roleMissing
    /// PERMISSION_DENIED: bound to areas, and the method deals with the whole host.
    case areaBound
    /// UNAUTHENTICATED: no credential.
    case credentialMissing
    /// UNAUTHENTICATED: a credential that no longer counts.
    case credentialInvalid
  }

  /// What has to come of a call.
  /// - Parameters:
  ///   - isOpen: whether the method is for ANYONE.
  ///   - isForRole: whether the method is for the caller's role, for AUTHENTICATED, or the caller an administrator.
  ///   - scope: the method's scope, by its name in the proto.
  static func expected(_ situation: Situation, isOpen: Bool, isForRole: Bool, scope: String) -> Verdict {
    switch (situation, isOpen, isForRole, scope) {
    case (.noCredential, false, _, _): .credentialMissing
    case (.expired, false, _, _), (.revoked, false, _, _), (.disabled, false, _, _): .credentialInvalid
    case (_, false, false, _): .roleMissing
    case (.everywhere, _, _, _), (_, _, _, "ANY"): .admitted
    case (_, _, _, "HOST"): .areaBound
    default: .admitted
    }
  }

  static let roles: [(name: String, role: Roles)] = [
    ("ADMINISTRATOR", .administrator), ("STAFF", .staff), ("PLATFORM", .platform), ("PARTNER", .partner),
    ("AUDITOR", .auditor),
  ]

  private static let scopeNames: [MethodScope: String] = [
    .any: "ANY", .organisation: "ORGANISATION", .employment: "EMPLOYMENT", .area: "AREA", .case: "CASE",
    .host: "HOST",
  ]

  private(set) var cellCount = 0
  private(set) var violations: [String] = []
  private let host: TestHost
  private var declared: [String: (roles: Set<String>, scope: String)] = [:]

  /// - Parameter schemas: of every module served, the host's own included.
  init(_ host: TestHost, schemas: [Schema]) {
    self.host = host
    for schema in schemas {
      for service in schema.services {
        for method in service.methods { declared[method.path] = (Set(method.roles), method.scope) }
      }
    }
  }

  /// A set that leaves out the standard messages that it uses gets them from the kernel's.
  static func schema(_ set: [UInt8]) throws -> Schema {
    do { return try Schema(fileDescriptorSet: set) } catch {
      return try Schema(fileDescriptorSet: set + WireDescriptors.fileDescriptorSet)
    }
  }

  /// Goes through all cells.
  mutating func run() async throws {
    let methods = try host.methods.filter { !$0.service.hasPrefix("grpc.") }
    for (name, role) in Self.roles {
      let channels = try await channels(name, role)
      for situation in Situation.allCases {
        guard let channel = channels[situation] else { continue }
        for method in methods { await check(method, name, situation, channel) }
      }
    }
    let all = methods.count * Self.roles.count * Situation.allCases.count
    if cellCount != all { violations.append("\(cellCount) of \(all) cells of the matrix were looked at") }
    print("authorisation matrix: \(cellCount) of \(all) cells by who is let in, \(violations.count) at fault")
  }

  private func channels(_ name: String, _ role: Roles) async throws -> [Situation: any ClientChannel] {
    let own = "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f"
    let foreign = "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e60"
    func make(_ what: String, _ ending: TestHost.Ending? = nil, _ organisation: String, _ area: String)
      async throws
      -> any ClientChannel
    {
      try await host.channel(
        as: role, name: "\(name) \(what)", organisationID: organisation,
        areaCodes: area.isEmpty ? [] : [area],
        ending: ending)
    }
    return [
      .own: try await make("own", nil, own, "410304"),
      .everywhere: try await make("everywhere", nil, own, ""),
      .foreignOrganisation: try await make("foreign organisation", nil, foreign, "410304"),
      .foreignArea: try await make("foreign area", nil, own, "820000"),
      .expired: try await make("expired", .expired, own, "410304"),
      .revoked: try await make("revoked", .revoked, own, "410304"),
      .disabled: try await make("disabled", .disabled, own, "410304"),
      .noCredential: try await host.anonymousChannel(),
      .certificateOnly: try await host.certificateChannel(
        as: role, name: "\(name) certificate", organisationID: own, areaCode: "410304"),
    ]
  }

  private mutating func check(
    _ method: MethodDescriptor, _ role: String, _ situation: Situation, _ channel: any ClientChannel
  ) async {
    cellCount += 1
    guard var declared = declared[method.path] else {
      violations.append("\(method.path): no descriptor declares it")
      return
    }
    // A module made by hand has descriptors without options, and nothing but its own word for its policy.
    if declared.roles.isEmpty {
      let names = Self.roles + [("AUTHENTICATED", .authenticated), ("ANYONE", .anyone)]
      declared.roles = Set(names.filter { method.policy.roles.contains($0.1) }.map(\.0))
      declared.scope = Self.scopeNames[method.policy.scope] ?? ""
    }
    let expected = Self.expected(
      situation, isOpen: declared.roles.contains("ANYONE"),
      isForRole: role == "ADMINISTRATOR" || declared.roles.contains(role)
        || declared.roles.contains("AUTHENTICATED"), scope: declared.scope)
    let outcome = await MatrixOutcome(of: method.path, isStream: method.kind == .stream, over: channel)
    if !outcome.fits(expected) {
      violations.append(
        "\(method.path), \(role), \(situation.rawValue): \(outcome), and \(expected.rawValue) is due")
    }
  }
}

/// How one call of the matrix ended.
struct MatrixOutcome: CustomStringConvertible {
  let status: Status
  let replyBytes: [UInt8]

  init(of path: String, isStream: Bool, sending message: [UInt8] = [], over channel: any ClientChannel) async
  {
    do {
      replyBytes =
        isStream
        ? try await Self.firstReply(of: path, message, channel)
        : try await channel.unary(path, message, Self.options).message
      status = Status(.ok, "")
    } catch {
      replyBytes = []
      status = error as? Status ?? Status(.unknown, "\(error)")
    }
  }

  private static let options = CallOptions(timeout: .seconds(120))

  private static func firstReply(
    of path: String, _ message: [UInt8], _ channel: any ClientChannel
  ) async throws -> [UInt8] {
    let stream = try await channel.open(path, options)
    defer { stream.cancel() }
    try? await stream.send(message)
    try? await stream.finishSending()
    return try await stream.next() ?? []
  }

  var description: String { "\(status.code) \(status.reason) \(replyBytes.count) bytes" }

  func fits(_ verdict: AccessMatrix.Verdict) -> Bool {
    switch verdict {
    case .credentialMissing:
      status.code == .unauthenticated && status.reason == "TOKEN_MISSING"
    case .credentialInvalid: status.code == .unauthenticated && status.reason == "TOKEN_INVALID"
    case .roleMissing: status.code == .permissionDenied && status.reason == "ROLE_MISSING"
    case .areaBound: status.code == .permissionDenied && status.reason == "AREA_BOUND"
    case .admitted:
      // It was for the handler to say how the call ends, and it knew what to say.
      status.code != .unauthenticated && !["ROLE_MISSING", "AREA_BOUND"].contains(status.reason)
        && status.code != .internalError
    }
  }
}
