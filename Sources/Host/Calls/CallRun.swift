import ModuleKit

/// A call's identifier and who chose it.
struct RequestIdentifier: Sendable {
  let text: String
  let isNamedByCaller: Bool
}

/// One call while it runs.
struct CallRun: Sendable {
  let call: any ServerCall
  let start: ContinuousClock.Instant
  let requestID: String
  /// Whether the caller named it, and so expects the name back.
  let isNamedByCaller: Bool
  /// What the caller wants personal data for; nil where it stays masked.
  var purpose: String?
  /// What stands for the request in the audit log; empty where the call leaves no record.
  var digest: [UInt8] = []
  /// Who calls; nil for a method that needs no token.
  var credential: Credential?

  init(_ call: any ServerCall, start: ContinuousClock.Instant, requestID: RequestIdentifier) {
    self.call = call
    self.start = start
    self.requestID = requestID.text
    isNamedByCaller = requestID.isNamedByCaller
    credential = Self.admitted(call)
  }

  /// What `admit` found.
  static func admitted(_ call: any ServerCall) -> Credential? {
    call.hostContext.map { unsafeDowncast($0, to: Credential.self) }
  }

  /// On whose behalf the call runs.
  var caller: Caller { credential?.caller ?? Self.anonymous }

  /// The caller's roles.
  var roles: Roles { credential?.roles ?? .anyone }

  /// The caller of a method that needs no token.
  private static let anonymous = Caller(id: "anonymous", name: "anonymous", roles: Roles.anyone.rawValue)
}
