import ModuleKit

/// The host's own module: principals and what they present. It is a module like any other, with its tables behind
/// the same rules, and always there.
struct AccessModule: Module {
  static let name = "access"
  /// The right to the module's tables.
  static let scope = ModuleScope(name: name)
  static let migrations: [Migration] = [
    Migration(
      1, "principals, their areas, tokens and certificates",
      """
      CREATE TABLE access_principal (
        id TEXT NOT NULL PRIMARY KEY,
        version INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        name TEXT NOT NULL UNIQUE,
        roles INTEGER NOT NULL,
        organisation_id TEXT,
        disabled_at INTEGER,
        created_at INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        updated_at INTEGER NOT NULL
      )
      """,
      """
      CREATE TABLE access_principal_area (
        principal_id TEXT NOT NULL REFERENCES access_principal (id),
        area_code TEXT NOT NULL,
        PRIMARY KEY (principal_id, area_code)
      )
      """,
      """
      CREATE TABLE access_token (
        id TEXT NOT NULL PRIMARY KEY,
        principal_id TEXT NOT NULL REFERENCES access_principal (id),
        hash BLOB NOT NULL UNIQUE,
        created_at INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        expires_at INTEGER,
        chosen_end INTEGER,
        revoked_at INTEGER,
        revoked_by TEXT,
        last_used_at INTEGER
      )
      """,
      "CREATE INDEX access_token_principal ON access_token (principal_id)",
      """
      CREATE TABLE access_certificate (
        id TEXT NOT NULL PRIMARY KEY,
        principal_id TEXT NOT NULL REFERENCES access_principal (id),
        key_hash BLOB NOT NULL UNIQUE,
        label TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        last_used_at INTEGER
      )
      """,
      "CREATE INDEX access_certificate_principal ON access_certificate (principal_id)")
  ]
  // When a credential was last seen is noted every half minute, by nobody in particular.
  static let unrecorded: [Unrecorded] = [
    .counter(table: "access_token", column: "last_used_at"),
    .counter(table: "access_certificate", column: "last_used_at"),
  ]
  static var fileDescriptorSet: [UInt8] { HostDescriptors.fileDescriptorSet }

  private let tokenLifetimeDays: Int
  private let policies: PolicyBook

  init() { self.init(tokenLifetimeDays: 365, policies: PolicyBook()) }

  /// - Parameters:
  ///   - tokenLifetimeDays: How long a token holds that is made without a time of expiry.
  ///   - policies: What the host's methods declare; filled once all modules are known.
  init(tokenLifetimeDays: Int, policies: PolicyBook) {
    self.tokenLifetimeDays = tokenLifetimeDays
    self.policies = policies
  }

  func register(in registrar: Registrar) throws {
    let handler = AccessHandler(
      tokenLifetimeDays: tokenLifetimeDays,
      organisations: registrar.optional((any OrganisationDirectory).self))
    let service = handler.bound()
    registrar.serve(
      BoundService(
        name: service.name, methods: service.methods.map { Self.withoutStoredSecret($0, handler) }))
    registrar.serve(PolicyHandler(policies: policies).bound())
    try registrar.provide((any PrincipalDirectory).self, handler)
  }

  /// The secret of a new token must not be kept with the reply to its idempotency key.
  private static func withoutStoredSecret(_ method: BoundMethod, _ handler: AccessHandler) -> BoundMethod {
    @Sendable func unstored(_ made: (Token, String)) -> UnstoredReply<CreateTokenResponse> {
      UnstoredReply(stored: CreateTokenResponse(token: made.0), unstored: CreateTokenResponse(secret: made.1))
    }
    switch method.descriptor.path {
    case AccessServiceMethods.createToken.path:
      return .write(method.descriptor) { (request: CreateTokenRequest, transaction) in
        unstored(try handler.makeToken(request, transaction))
      }
    case AccessServiceMethods.rotateToken.path:
      return .write(method.descriptor) { (request: RotateTokenRequest, transaction) in
        unstored(try handler.replaceToken(request, transaction))
      }
    default: return method
    }
  }

  /// The methods after which what was checked before has to be checked anew: the host's own, and those that call
  /// `PrincipalDirectory`.
  static let revokingPaths: Set<String> = [
    AccessServiceMethods.updatePrincipal.path, AccessServiceMethods.revokeAllCredentials.path,
    AccessServiceMethods.rotateToken.path, AccessServiceMethods.revokeToken.path,
    AccessServiceMethods.bindCertificate.path, AccessServiceMethods.unbindCertificate.path,
    PrincipalDisabling.closeOrganisationPath,
  ]
}
