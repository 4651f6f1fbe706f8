import Storage

/// The SQL of the rotation of the host's key; there is one row at most.
enum RotationStore {
  static func current(in snapshot: Snapshot) throws -> HostKeyRotation? {
    try snapshot.first(
      "SELECT host_key, position, rewrapped, damaged, started_at, finished_at FROM privacy_rotation WHERE id = 1"
    ) {
      HostKeyRotation(
        hostKey: $0.int(0), position: $0.text(1), rewrapped: $0.int(2), damaged: $0.int(3),
        startedAt: $0.instant(4), finishedAt: $0.optionalInstant(5))
    }
  }

  static func start(hostKey: Int, in transaction: Transaction) throws {
    try transaction.execute(
      """
      INSERT INTO privacy_rotation (id, host_key, position, rewrapped, damaged, started_at, finished_at)
      VALUES (1, ?, '', 0, 0, ?, NULL)
      ON CONFLICT (id) DO UPDATE SET host_key = excluded.host_key, position = '', rewrapped = 0, damaged = 0,
        started_at = excluded.started_at, finished_at = NULL
      """, hostKey, transaction.now)
  }

  static func update(_ rotation: HostKeyRotation, in transaction: Transaction) throws {
    try transaction.execute(
      "UPDATE privacy_rotation SET position = ?, rewrapped = ?, damaged = ?, finished_at = ? WHERE id = 1",
      rotation.position, rotation.rewrapped, rotation.damaged, rotation.finishedAt)
  }
}
