package import Crypto
public import Storage
import Synchronization

/// Seals personal data, each person's with a key of their own, so that destroying the key erases the person.
///
/// A *person* is any subject identifier: normally a worker's, else the identifier of what the contact person belongs
/// to. Personal columns of a row are kept as one sealed blob:
/// ```swift
/// let sealed = try vault.seal([name, phone], of: id, as: "workers_worker.personal", in: transaction)
/// let texts = try vault.openTexts(sealed, of: id, as: "workers_worker.personal", in: snapshot)
/// ```
/// The label names the column and is authenticated with the person, so that a blob copied into another row or
/// column does not open. Whatever is sealed or opened counts as the call's concern with that person.
public final class Vault: Sendable {
  /// The most that one value may hold before it is sealed.
  public static let maximumSizeBytes = 1 << 20
  /// The longest identifier of a person, in bytes of UTF-8.
  public static let maximumPersonBytes = 128

  let scope: ModuleScope
  let cache = KeyCache()
  let changesKeys = ChangesKeys()
  private let room = Mutex<KeyRoom?>(nil)
  private let made = Mutex(MadeKeys())

  /// Persons whose keys were made in the batch that the writer is at; their rows may still be rolled back.
  private struct MadeKeys {
    var batch: UInt64 = 0
    var persons: Set<String> = []
  }

  /// A locked vault; the host makes one, hands it to the modules and unlocks it before it serves.
  public init() { scope = ModuleScope(name: "privacy") }

  // MARK: Values

  /// Seals a value with the person's key, which is made if there is none.
  /// - Parameters:
  ///   - bytes: the value, at most `maximumSizeBytes`.
  ///   - person: whose it is: 1 to 128 bytes of UTF-8 without control characters.
  ///   - label: what it is: "table.column", at most 255 bytes without control characters; the same when it is opened.
  ///   - transaction: the call's.
  /// - Throws: `VaultError.erased` for a destroyed key; `VaultError.identifierInvalid` for a control character in the
  ///   person or the label; `StorageError`.
  public func seal(
    _ bytes: [UInt8], of person: String, as label: StaticString, in transaction: Transaction
  ) throws -> [UInt8] {
    guard bytes.count <= Self.maximumSizeBytes else {
      throw StorageError.limitExceeded(
        what: "a sealed value in bytes", limit: Self.maximumSizeBytes, actual: bytes.count)
    }
    return try seal(unbounded: bytes, of: person, as: label, in: transaction)
  }

  /// Seals a value whose size was checked elsewhere.
  func seal(
    unbounded bytes: [UInt8], of person: String, as label: StaticString, in transaction: Transaction
  ) throws -> [UInt8] {
    try Self.checkCharacters(of: UnsafeBufferPointer(start: label.utf8Start, count: label.utf8CodeUnitCount))
    transaction.concerns(person: person)
    let key = try key(of: person, in: transaction) ?? makeKey(of: person, in: transaction)
    return try bytes.withUnsafeBytes {
      try Sealing.seal(
        $0, with: key, nonce: transaction.randomBytes(Sealing.nonceSizeBytes), of: person, as: label)
    }
  }

  /// Opens a value that was sealed for the same person and label.
  /// - Throws: `VaultError.erased`, `VaultError.damaged`; `StorageError`.
  public func open(
    _ sealed: [UInt8], of person: String, as label: StaticString, in snapshot: Snapshot
  ) throws -> [UInt8] {
    var plain: [UInt8] = []
    try open(sealed, of: person, as: label, in: snapshot) { plain = Array($0) }
    return plain
  }

  /// The same, without a copy of the plain bytes.
  private func open(
    _ sealed: [UInt8], of person: String, as label: StaticString, in snapshot: Snapshot,
    _ read: (UnsafeRawBufferPointer) -> Void
  ) throws {
    snapshot.concerns(person: person)
    guard let key = try key(of: person, in: snapshot) else { throw VaultError.damaged }
    try Sealing.open(sealed, with: key, of: person, as: label, read)
  }

  /// Seals a record of texts as one value: the usual way to keep the personal columns of a row.
  /// - Throws: as for bytes.
  public func seal(
    _ texts: [String], of person: String, as label: StaticString, in transaction: Transaction
  ) throws -> [UInt8] {
    try seal(TextRecord.encode(texts), of: person, as: label, in: transaction)
  }

  /// Opens a record of texts.
  /// - Returns: as many texts as were sealed.
  /// - Throws: as for bytes.
  public func openTexts(
    _ sealed: [UInt8], of person: String, as label: StaticString, in snapshot: Snapshot
  ) throws -> [String] {
    var texts: [String] = []
    texts.reserveCapacity(8)
    try openRecord(sealed, of: person, as: label, in: snapshot) { record in
      while !record.isAtEnd { texts.append(record.next()) }
    }
    return texts
  }

  /// Opens a record of texts for whoever takes them one by one, without a list of them in between: for what most calls
  /// read.
  /// - Parameter read: takes the texts in the order that they were sealed in.
  /// - Throws: as for bytes; what `read` has made of a record that turns out to be damaged does not count.
  public func openRecord(
    _ sealed: [UInt8], of person: String, as label: StaticString, in snapshot: Snapshot,
    _ read: (inout TextRecord) -> Void
  ) throws {
    var isDamaged = false
    try open(sealed, of: person, as: label, in: snapshot) { bytes in
      var record = TextRecord(bytes)
      read(&record)
      isDamaged = record.isDamaged
    }
    if isDamaged { throw VaultError.damaged }
  }

  /// Seals anew for another person what was sealed for one: for a merge of two entries of the same person.
  /// - Throws: as `open` and `seal`.
  public func reseal(
    _ sealed: [UInt8], from person: String, to other: String, as label: StaticString,
    in transaction: Transaction
  ) throws -> [UInt8] {
    try seal(
      try open(sealed, of: person, as: label, in: transaction), of: other, as: label, in: transaction)
  }

  /// A keyed hash by which a value is found without being readable: for columns that are unique or searched.
  ///
  /// HMAC-SHA-256 (RFC 2104) cut to 16 bytes. Equal values of one label have equal hashes; those of two labels have
  /// nothing in common.
  /// - Parameters:
  ///   - normalised: the value in its one form, such as a phone number in E.164.
  ///   - label: what it is: "workers_worker.phone".
  /// - Precondition: The vault is unlocked, as it is in every call, timer and consumer.
  public func lookup(_ normalised: String, as label: StaticString) -> [UInt8] {
    guard var hash = (try? unlocked)?.lookup else {
      preconditionFailure("the host unlocks the vault before any module's code runs")
    }
    let labelCount = label.utf8CodeUnitCount
    precondition(labelCount <= 255, "a label has at most 255 bytes")
    withUnsafeBytes(of: UInt8(labelCount)) { hash.update(data: $0) }
    hash.update(data: UnsafeRawBufferPointer(start: label.utf8Start, count: labelCount))
    var normalised = normalised
    normalised.withUTF8 { hash.update(data: UnsafeRawBufferPointer($0)) }
    return Array(hash.finalize().prefix(16))
  }

  /// One of the host's own keys.
  /// - Throws: `VaultError.locked`.
  package func dataKey(_ purpose: DataKeyPurpose) throws -> SymmetricKey {
    guard let key = try unlocked.dataKeys[purpose] else {
      preconditionFailure("unlocking makes every data key")
    }
    return key
  }

  /// A key for one use, derived from one of the host's own so that no two uses share a key: HKDF with SHA-256
  /// (RFC 5869), without salt.
  /// - Parameter use: what it is for; the same words always give the same key.
  /// - Throws: `VaultError.locked`.
  package func derivedKey(_ purpose: DataKeyPurpose, for use: String) throws -> SymmetricKey {
    HKDF<SHA256>.deriveKey(
      inputKeyMaterial: try dataKey(purpose), info: Array(use.utf8), outputByteCount: HostKey.sizeBytes)
  }

  // MARK: Keys of persons

  /// Destroys a person's key: what was sealed with it can never be opened again, and nothing new is sealed for this
  /// identifier. Nothing happens if it was destroyed before.
  /// - Throws: `VaultError.identifierInvalid` for a control character in the identifier; `StorageError`.
  public func destroyKey(of person: String, in transaction: Transaction) throws {
    try checkPerson(person)
    transaction.concerns(person: person)
    cache.condemn(person)
    transaction.forget()
    try KeyStore.destroy(person, in: transaction.entering(scope))
  }

  /// Whether the person has a key, so that values may be sealed with it.
  /// - Throws: `StorageError`.
  public func hasKey(_ person: String, in snapshot: Snapshot) throws -> Bool {
    try KeyStore.person(person, in: snapshot.entering(scope))?.wrapped != nil
  }

  /// Whether the person's key was destroyed.
  /// - Throws: `StorageError`.
  public func isErased(_ person: String, in snapshot: Snapshot) throws -> Bool {
    guard let row = try KeyStore.person(person, in: snapshot.entering(scope)) else { return false }
    return row.wrapped == nil
  }

  // MARK: Inside

  /// What the vault is unlocked with.
  var unlocked: KeyRoom {
    get throws(VaultError) {
      guard let room = room.withLock({ $0 }) else { throw .locked }
      return room
    }
  }

  func take(_ new: KeyRoom) { room.withLock { $0 = new } }

  func key(of person: String, in snapshot: Snapshot) throws -> SymmetricKey? {
    if let key = cache.key(of: person) { return key }
    guard let row = try KeyStore.person(person, in: snapshot.entering(scope)) else { return nil }
    guard let wrapped = row.wrapped, let number = row.hostKey else { throw VaultError.erased }
    let key = try unlocked.unwrap(wrapped, by: number, of: person, as: KeyRoom.personLabel)
    if isCommitted(person, in: snapshot) { cache.store(key, of: person) }
    return key
  }

  private func makeKey(of person: String, in transaction: Transaction) throws -> SymmetricKey {
    try checkPerson(person)
    let room = try unlocked
    let key = SymmetricKey(data: transaction.randomBytes(HostKey.sizeBytes))
    let wrapped = try room.wrap(
      key, of: person, as: KeyRoom.personLabel, nonce: transaction.randomBytes(Sealing.nonceSizeBytes))
    let batch = transaction.batch
    made.withLock { made in
      if made.batch != batch { made = MadeKeys(batch: batch) }
      made.persons.insert(person)
    }
    try KeyStore.insert(
      person: person, wrapped: wrapped, hostKey: room.currentNumber, in: transaction.entering(scope))
    return key
  }

  /// Whether a row that was just read is committed. A snapshot sees no other; a transaction also sees what it and
  /// others of its batch have written.
  private func isCommitted(_ person: String, in snapshot: Snapshot) -> Bool {
    guard let transaction = snapshot as? Transaction else { return true }
    let batch = transaction.batch
    return made.withLock { $0.batch != batch || !$0.persons.contains(person) }
  }

  private func checkPerson(_ person: String) throws {
    guard (1...Self.maximumPersonBytes).contains(person.utf8.count) else {
      throw StorageError.limitExceeded(
        what: "a person's identifier in bytes", limit: Self.maximumPersonBytes, actual: person.utf8.count)
    }
    try Self.checkCharacters(of: person.utf8)
  }

  /// Refuses control characters. What is authenticated stands in logs and in audit records too, one a line.
  private static func checkCharacters(of identifier: some Sequence<UInt8>) throws {
    guard identifier.allSatisfy({ $0 > 0x1f && $0 != 0x7f }) else { throw VaultError.identifierInvalid }
  }
}
