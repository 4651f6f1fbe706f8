import ModuleKit

/// The table of what happened to wishes.
enum HistoryStore {
  /// Records a step; the wish's own count numbers it, and has to be saved with the wish. Its reason is sealed with
  /// the wisher's key.
  static func append(
    _ step: HistoryStep, to wish: inout WishRecord, from: Wish.State, actor: WishHistoryEntry.Actor,
    vault: WishVault, in transaction: Transaction
  ) throws {
    wish.historyCount += 1
    try transaction.execute(
      """
      INSERT INTO wishes_history (wish_id, number, at, action, from_state, to_state, actor, actor_id, subject_id,
        detail, reason)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      wish.id, wish.historyCount, transaction.now, step.action.rawValue, from.rawValue, wish.state.rawValue,
      actor.rawValue, transaction.caller.id, step.subjectID, step.detail,
      vault.seal(step.reason, of: wish.workerID, as: SealedColumn.historyReason, in: transaction))
  }

  /// A step as its row holds it: the entry with what the module itself says, and what is sealed of its reason.
  typealias Entry = (entry: WishHistoryEntry, reason: [UInt8]?)

  /// The steps of a wish's life, the oldest first.
  static func entries(of wishID: String, after number: Int64, limit: Int, in snapshot: Snapshot) throws
    -> [Entry]
  {
    try snapshot.all(
      """
      SELECT number, at, action, from_state, to_state, actor, actor_id, subject_id, detail, reason
      FROM wishes_history
      WHERE wish_id = ? AND number > ? ORDER BY number LIMIT ?
      """, wishID, number, limit
    ) { row in
      let entry = WishHistoryEntry(
        number: Int32(row.int(0)), time: ProtoTimestamp(row.instant(1)),
        action: WishHistoryEntry.Action(rawValue: Int32(row.int(2))),
        fromState: Wish.State(rawValue: Int32(row.int(3))), toState: Wish.State(rawValue: Int32(row.int(4))),
        actor: WishHistoryEntry.Actor(rawValue: Int32(row.int(5))), actorID: row.text(6),
        subjectID: row.text(7), detail: row.text(8))
      return (entry, row.optionalBytes(9))
    }
  }
}
