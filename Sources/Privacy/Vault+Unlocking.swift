import Crypto
public import Storage

extension Vault {
  /// The name of the timer that wraps keys anew; the host's module `privacy` handles it with `rewrap`.
  public static let rewrapTimer = "rewrap"

  /// Unlocks the vault of a database that wants nothing written: it was unlocked with this ring before, and no
  /// rotation is to be begun. So a host starts on a full disk too.
  /// - Parameters:
  ///   - ring: the host's keys.
  ///   - snapshot: one with any right.
  /// - Returns: false, and the vault is still locked, if `unlock(with:writing:)` has something to write first.
  /// - Throws: as `unlock(with:writing:)`.
  public func unlock(with ring: HostKeyRing, reading snapshot: Snapshot) throws -> Bool {
    let snapshot = snapshot.entering(scope)
    let rows = try KeyStore.hostKeys(in: snapshot)
    try Self.check(ring, against: rows)
    guard rows.contains(where: { $0.id == ring.current.id }) else { return false }
    let dataKeys = try openDataKeys(KeyRoom(ring: ring, rows: rows, dataKeys: [:]), in: snapshot)
    guard dataKeys.count == DataKeyPurpose.allCases.count else { return false }
    let room = KeyRoom(ring: ring, rows: rows, dataKeys: dataKeys)
    if try wantsRotation(to: room.currentNumber, rows, in: snapshot) { return false }
    take(room)
    return true
  }

  /// Unlocks the vault, makes the host's own data keys at the first start, and begins the rotation that a new first
  /// key asks for.
  /// - Parameters:
  ///   - ring: the host's keys.
  ///   - transaction: one with any right; the first of the host.
  /// - Throws: `HostKeyError` when the database is sealed with a key that is not among them; `VaultError.damaged`
  ///   when a key of the host's own does not open; `StorageError`.
  public func unlock(with ring: HostKeyRing, writing transaction: Transaction) throws {
    let transaction = transaction.entering(scope)
    let room = KeyRoom(ring: ring, rows: try register(ring, in: transaction), dataKeys: [:])
    var dataKeys = try openDataKeys(room, in: transaction)
    for purpose in DataKeyPurpose.allCases where dataKeys[purpose] == nil {
      // From the system and not from the transaction: whoever knows a simulation's seed would know the key.
      let key = SymmetricKey(size: .bits256)
      let wrapped = try room.wrap(
        key, of: purpose.rawValue, as: KeyRoom.dataLabel,
        nonce: transaction.randomBytes(Sealing.nonceSizeBytes))
      try KeyStore.putDataKey(
        purpose.rawValue, wrapped: wrapped, hostKey: room.currentNumber, in: transaction)
      dataKeys[purpose] = key
    }
    let rows = try KeyStore.hostKeys(in: transaction)
    try startRotation(to: room.currentNumber, rows, in: transaction)
    take(KeyRoom(ring: ring, rows: rows, dataKeys: dataKeys))
  }

  /// Checks a ring against the database and notes its first key: the first of two steps by which a serving host
  /// takes over another ring.
  /// - Throws: `HostKeyError`; `StorageError`.
  public func prepare(_ ring: HostKeyRing, in transaction: Transaction) throws {
    _ = try register(ring, in: transaction.entering(scope))
  }

  /// Takes over a ring that `prepare` has accepted in an earlier, committed transaction, and starts to wrap anew
  /// whatever another key than its first has wrapped.
  /// - Returns: Whether anything is to be wrapped anew.
  /// - Throws: `HostKeyError`; `StorageError`. Should the commit fail, the ring is taken over all the same, and what
  ///   was to be wrapped anew waits for the next time.
  @discardableResult
  public func adopt(_ ring: HostKeyRing, in transaction: Transaction) throws -> Bool {
    let transaction = transaction.entering(scope)
    let rows = try register(ring, in: transaction)
    let room = KeyRoom(ring: ring, rows: rows, dataKeys: try unlocked.dataKeys)
    let isStarted = try startRotation(to: room.currentNumber, rows, in: transaction)
    // No transaction runs between this and the commit, so that none wraps with a key that the ring has lost.
    take(room)
    return isStarted
  }

  private func openDataKeys(_ room: KeyRoom, in snapshot: Snapshot) throws -> [DataKeyPurpose: SymmetricKey] {
    var dataKeys: [DataKeyPurpose: SymmetricKey] = [:]
    for purpose in DataKeyPurpose.allCases {
      guard let row = try KeyStore.dataKey(purpose.rawValue, in: snapshot) else { continue }
      dataKeys[purpose] = try room.unwrap(
        row.wrapped, by: row.hostKey, of: purpose.rawValue, as: KeyRoom.dataLabel)
    }
    return dataKeys
  }

  /// Checks a ring and notes its first key.
  /// - Returns: Every key that the database knows.
  private func register(_ ring: HostKeyRing, in transaction: Transaction) throws -> [KeyStore.HostKeyRow] {
    let rows = try KeyStore.hostKeys(in: transaction)
    try Self.check(ring, against: rows)
    if rows.contains(where: { $0.id == ring.current.id }) { return rows }
    try KeyStore.insert(ring.current, in: transaction)
    return try KeyStore.hostKeys(in: transaction)
  }

  /// Refuses a ring that lacks a key in use or has another key under a known name.
  private static func check(
    _ ring: HostKeyRing, against rows: [KeyStore.HostKeyRow]
  ) throws(HostKeyError) {
    for row in rows {
      if let key = ring.key(row.id) {
        guard key.matches(checkValue: row.checkValue) else { throw .wrong(id: row.id) }
      } else if row.isInUse {
        throw .unknown(id: row.id, given: ring.keys.map(\.id))
      }
    }
  }
}
