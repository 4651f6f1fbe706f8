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

  init(_ call: any ServerCall, start: ContinuousClock.Instant, requestID: RequestIdentifier) {
    self.call = call
    self.start = start
    self.requestID = requestID.text
    isNamedByCaller = requestID.isNamedByCaller
  }

  /// What `admit` found; nil for a method that needs no token.
  var credential: Credential? { call.hostContext.map { unsafeDowncast($0, to: Credential.self) } }

  /// On whose behalf the call runs.
  var caller: Caller { credential?.caller ?? Self.anonymous }

  /// The caller of a method that needs no token.
  private static let anonymous = Caller(id: "anonymous", name: "anonymous", roles: Roles.anyone.rawValue)
}
