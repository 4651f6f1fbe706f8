internal import Crypto

/// The replies of keyed writes, kept so that a repeated call gets the same one and has no second effect.
/// Belongs to the writer thread.
///
/// A repeated call is answered without its handler, so that nobody asks whether its caller still reaches what the reply
/// is about. Therefore the digest covers what the caller's reach is made of, and what is kept is masked: people also
/// come out of reach by what others do, by the end of an employment for one. What is masked still tells of a person,
/// and is sealed.
///
/// Callers choose their keys and may write anything into them, a name for one. So no key is kept: a hash stands for the
/// caller and the key.
final class IdempotencyStore {
  /// A use of a key that is new, to be recorded with its reply.
  struct Use {
    /// Finds the row: the first eight bytes of `hash`.
    let fingerprint: Int64
    /// Stands for the caller and the key, 32 bytes.
    let hash: [UInt8]
    let digest: [UInt8]
  }

  private let connection: Connection
  private let workspace: TransactionWorkspace
  private let lifetime: Duration
  private let sealer: (any StorageSealer)?
  /// What hashes begin with: 16 bytes of this database's own, so that nobody can look them up in a list that was made
  /// beforehand, or make keys whose fingerprints meet.
  private let secret: [UInt8]

  static let maximumKeyBytes = 256
  static let maximumDigestBytes = 64
  static let maximumReplyBytes = 4 << 20
  /// How many expired keys go in one transaction, at most.
  static let expiryStep = 500

  init(
    connection: Connection, workspace: TransactionWorkspace, lifetime: Duration, sealer: (any StorageSealer)?
  ) throws {
    self.connection = connection
    self.workspace = workspace
    self.lifetime = lifetime
    self.sealer = sealer
    let name = "idempotency"
    var secret = try connection.first("SELECT value FROM kernel_secret WHERE name = ?", name) { $0.bytes(0) }
    if secret == nil {
      let made = workspace.random.bytes(16)
      try connection.execute("INSERT INTO kernel_secret (name, value) VALUES (?, ?)", name, made)
      secret = made
    }
    guard let secret, secret.count == 16 else {
      throw StorageError.corrupt(message: "kernel_secret is not 16 bytes")
    }
    self.secret = secret
    let last = try connection.first("SELECT coalesce(max(sequence), 0) FROM kernel_idempotency") {
      $0.int64(0)
    }
    workspace.nextRequest = (last ?? 0) + 1
  }

  /// Looks a key up.
  /// - Returns: the stored reply, or the use to record once the job has run.
  /// - Throws: `StorageError.idempotencyMismatch` for a key used for another request, or with another standing.
  func find(_ key: String, digest: [UInt8], call: CallContext, now: Instant) throws -> (
    reply: [UInt8]?, use: Use
  ) {
    try workspace.checkLimit("an idempotency key in bytes", key.utf8.count, Self.maximumKeyBytes)
    try workspace.checkLimit("a request's digest in bytes", digest.count, Self.maximumDigestBytes)
    let use = use(key, of: call.caller.id, digest)
    let found = try connection.first(
      """
      SELECT sequence, method, digest, created, reply, persons FROM kernel_idempotency
      WHERE fingerprint = ? AND hash = ?
      """, use.fingerprint, use.hash
    ) { row in
      (
        sequence: row.int64(0), isSame: row.text(1) == call.method && row.bytes(2) == digest,
        created: row.instant(3), reply: row.bytes(4), persons: row.text(5)
      )
    }
    guard let found else { return (nil, use) }
    if found.created < now - lifetime {
      try connection.execute("DELETE FROM kernel_idempotency WHERE sequence = ?", found.sequence)
      return (nil, use)
    }
    guard found.isSame else { throw StorageError.idempotencyMismatch(key: key) }
    return (try opened(found.reply, persons: found.persons, call, now), use)
  }

  /// - Throws: `StorageError.replyErased` when a person that the reply is about has been erased.
  private func opened(_ reply: [UInt8], persons: String, _ call: CallContext, _ now: Instant) throws
    -> [UInt8]
  {
    if persons.isEmpty { return reply }
    guard let sealer else {
      throw StorageError.corrupt(message: "a sealed reply, and nothing to open it with")
    }
    let transaction = Transaction(call: call, scope: call.module, now: now, connection: connection)
    let names = persons.split(separator: "\n").map(String.init)
    guard let opened = try sealer.open(reply: reply, of: names, in: transaction) else {
      throw StorageError.replyErased
    }
    return opened
  }

  func record(_ use: Use, reply: [UInt8], call: CallContext, now: Instant) throws {
    try workspace.checkLimit("a reply in bytes", reply.count, Self.maximumReplyBytes)
    var kept = reply
    var persons = connection.persons.list
    if let sealer, !persons.isEmpty {
      let transaction = Transaction(call: call, scope: call.module, now: now, connection: connection)
      kept = try sealer.seal(reply: reply, of: persons, in: transaction)
    } else {
      persons = []
    }
    try connection.execute(
      """
      INSERT INTO kernel_idempotency (sequence, fingerprint, hash, method, digest, reply, persons, created)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """, workspace.nextRequest, use.fingerprint, use.hash, call.method, use.digest, kept,
      persons.joined(separator: "\n"), now)
    workspace.nextRequest += 1
  }

  /// Drops the oldest keys whose time is over, a bounded number.
  /// - Returns: whether there may be more.
  func expire(now: Instant) throws -> Bool {
    let count = try connection.execute(
      """
      DELETE FROM kernel_idempotency WHERE created < ?1
        AND sequence < (SELECT min(sequence) FROM kernel_idempotency) + ?2
      """, now - lifetime, Self.expiryStep)
    // Fewer than a step may go although more have expired: sequences have gaps where a key was used anew.
    return count > 0
  }

  /// The use of a caller's key: SHA-256 (FIPS 180-4) of the secret, the caller, a byte that no text has, and the key.
  private func use(_ key: String, of caller: String, _ digest: [UInt8]) -> Use {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(secret.count + caller.utf8.count + key.utf8.count + 1)
    bytes.append(contentsOf: secret)
    bytes.append(contentsOf: caller.utf8)
    bytes.append(0xff)
    bytes.append(contentsOf: key.utf8)
    let hash = bytes.withUnsafeBytes { Array(SHA256.hash(data: $0)) }
    let fingerprint = hash.withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(as: Int64.self)) }
    return Use(fingerprint: fingerprint, hash: hash, digest: digest)
  }
}
