import ModuleKit

/// The host's own module: the tokens that callers present. It is a module like any other, with its tables behind
/// the same rules, and always there.
struct AccessModule: Module {
  static let name = "access"
  static let migrations: [Migration] = [
    Migration(
      1, "principals and their tokens",
      """
      CREATE TABLE access_principal (
        id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        created_at INTEGER NOT NULL
      )
      """,
      """
      CREATE TABLE access_token (
        id TEXT NOT NULL PRIMARY KEY,
        principal_id TEXT NOT NULL REFERENCES access_principal (id),
        hash BLOB NOT NULL UNIQUE,
        roles INTEGER NOT NULL,
        organisation_id TEXT,
        area_code TEXT,
        created_at INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        expires_at INTEGER,
        revoked_at INTEGER,
        revoked_by TEXT,
        last_used_at INTEGER
      )
      """,
      "CREATE INDEX access_token_principal ON access_token (principal_id)")
  ]
  static var fileDescriptorSet: [UInt8] { HostDescriptors.fileDescriptorSet }

  private let tokenLifetimeDays: Int

  init() { self.init(tokenLifetimeDays: 365) }

  /// - Parameter tokenLifetimeDays: How long a token holds that is made without a time of expiry.
  init(tokenLifetimeDays: Int) { self.tokenLifetimeDays = tokenLifetimeDays }

  func register(in registrar: Registrar) throws {
    let handler = AccessHandler(tokenLifetimeDays: tokenLifetimeDays)
    let service = handler.bound()
    // The secret of a new token must not be kept with the reply to its idempotency key.
    registrar.serve(
      BoundService(
        name: service.name,
        methods: service.methods.map { method in
          guard method.descriptor.path == AccessServiceMethods.createToken.path else { return method }
          return .write(method.descriptor) { (request: CreateTokenRequest, transaction) in
            let (token, secret) = try handler.makeToken(request, transaction)
            return UnstoredReply(
              stored: CreateTokenResponse(token: token), unstored: CreateTokenResponse(secret: secret))
          }
        }))
  }
}
