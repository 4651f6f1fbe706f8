import Crypto
public import Storage

extension Vault {
  /// How many persons one transaction of a rotation looks at: some milliseconds of the writer's time.
  static let personsPerStep = 250

  /// A step of a rotation: wraps some keys anew with the current key and sets the timer for the next step.
  /// - Parameter transaction: the timer's, with the right of the module `privacy`.
  /// - Throws: `StorageError`.
  public func rewrap(in transaction: Transaction) throws {
    guard var rotation = try RotationStore.current(in: transaction), rotation.finishedAt == nil else {
      return
    }
    let room = try unlocked
    let target = room.currentNumber
    guard rotation.hostKey == target else {
      // Another key has become the first since: from the beginning.
      try RotationStore.start(hostKey: target, in: transaction)
      return try transaction.schedule(Self.rewrapTimer, key: "", at: transaction.now)
    }
    if rotation.position.isEmpty { try rewrapDataKeys(room, in: transaction) }
    let rows = try KeyStore.persons(after: rotation.position, limit: Self.personsPerStep, in: transaction)
    var moved: [Int: Int] = [:]
    for row in rows {
      guard let wrapped = row.wrapped, let number = row.hostKey, number != target else { continue }
      // One damaged key must not keep all the others from being rotated.
      guard let key = try? room.unwrap(wrapped, by: number, of: row.person, as: KeyRoom.personLabel) else {
        rotation.damaged += 1
        continue
      }
      let nonce = transaction.randomBytes(Sealing.nonceSizeBytes)
      try KeyStore.rewrap(
        row.person, wrapped: try room.wrap(key, of: row.person, as: KeyRoom.personLabel, nonce: nonce),
        hostKey: target, in: transaction)
      moved[number, default: 0] += 1
    }
    for (number, count) in moved {
      try KeyStore.count(-count, hostKey: number, in: transaction)
      try KeyStore.count(count, hostKey: target, in: transaction)
      rotation.rewrapped += count
    }
    if rows.count < Self.personsPerStep {
      rotation.finishedAt = transaction.now
    } else {
      rotation.position = rows[rows.count - 1].person
      try transaction.schedule(Self.rewrapTimer, key: "", at: transaction.now)
    }
    try RotationStore.update(rotation, in: transaction)
  }

  /// Which keys there are, how much each has wrapped, and how far a rotation is.
  /// - Throws: `StorageError`.
  public func keyStatus(in snapshot: Snapshot) throws -> HostKeyStatus {
    let snapshot = snapshot.entering(scope)
    let ring = try unlocked.ring
    var uses = try KeyStore.hostKeys(in: snapshot).map { row in
      HostKeyStatus.Use(
        id: row.id, isCurrent: row.id == ring.current.id, isPresent: ring.key(row.id) != nil,
        persons: row.persons, dataKeys: row.dataKeys, firstUsedAt: row.firstUsedAt)
    }
    for key in ring.keys where !uses.contains(where: { $0.id == key.id }) {
      uses.append(
        HostKeyStatus.Use(
          id: key.id, isCurrent: false, isPresent: true, persons: 0, dataKeys: 0, firstUsedAt: nil))
    }
    return HostKeyStatus(uses: uses, rotation: try RotationStore.current(in: snapshot))
  }

  /// Begins a rotation if another key than the current one has wrapped anything and none to it is under way.
  @discardableResult
  func startRotation(to number: Int, _ rows: [KeyStore.HostKeyRow], in transaction: Transaction) throws
    -> Bool
  {
    guard try wantsRotation(to: number, rows, in: transaction) else { return false }
    try RotationStore.start(hostKey: number, in: transaction)
    try transaction.schedule(Self.rewrapTimer, key: "", at: transaction.now)
    return true
  }

  /// Whether another key than this one has wrapped anything and no rotation to it is under way.
  func wantsRotation(to number: Int, _ rows: [KeyStore.HostKeyRow], in snapshot: Snapshot) throws -> Bool {
    guard rows.contains(where: { $0.isInUse && $0.number != number }) else { return false }
    guard let running = try RotationStore.current(in: snapshot) else { return true }
    return running.hostKey != number || running.finishedAt != nil
  }

  private func rewrapDataKeys(_ room: KeyRoom, in transaction: Transaction) throws {
    for purpose in DataKeyPurpose.allCases {
      guard let key = room.dataKeys[purpose],
        let row = try KeyStore.dataKey(purpose.rawValue, in: transaction), row.hostKey != room.currentNumber
      else { continue }
      let wrapped = try room.wrap(
        key, of: purpose.rawValue, as: KeyRoom.dataLabel,
        nonce: transaction.randomBytes(Sealing.nonceSizeBytes))
      try KeyStore.putDataKey(
        purpose.rawValue, wrapped: wrapped, hostKey: room.currentNumber, in: transaction)
    }
  }
}
