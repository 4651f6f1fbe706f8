import ModuleKit

/// Deletes what is personal from the module's tables, and finds what is to be sealed anew.
enum ErasureStore {
  /// Deletes whom to call, where to bring it, all reasons, and the draft of a wish that has ended without becoming
  /// public.
  static func deleteDetails(of wishID: String, in transaction: Transaction) throws {
    try transaction.execute(
      """
      UPDATE wishes_wish SET contact = NULL, state_reason = NULL, draft = NULL, version = version + 1 WHERE id = ?
      """, wishID)
    try transaction.execute(
      "UPDATE wishes_history SET reason = NULL WHERE wish_id = ? AND reason IS NOT NULL", wishID)
  }

  /// Deletes what a claim says of the wisher.
  /// - Parameter withEvidence: whether what was delivered goes as well, with the photographs.
  static func deleteWisher(ofClaim id: String, withEvidence: Bool, in transaction: Transaction) throws {
    try transaction.execute(
      "UPDATE wishes_claim SET state_reason = NULL, comment = NULL, version = version + 1 WHERE id = ?", id)
    guard withEvidence else { return }
    try transaction.execute("UPDATE wishes_claim SET evidence = NULL WHERE id = ?", id)
  }

  /// Deletes a claim's note and volunteer.
  static func deleteContact(ofClaim id: String, in transaction: Transaction) throws {
    try transaction.execute(
      "UPDATE wishes_claim SET contact = NULL, version = version + 1 WHERE id = ? AND contact IS NOT NULL", id
    )
  }

  /// Deletes every report about a wish.
  static func deleteReports(of wishID: String, in transaction: Transaction) throws {
    try transaction.execute("DELETE FROM wishes_report WHERE wish_id = ?", wishID)
  }

  /// Puts a pseudonym in the wisher's place. The description goes; title and parts that moderation made public say
  /// what was given.
  static func pseudonymise(_ wish: WishRecord, as pseudonym: String, in transaction: Transaction) throws {
    try transaction.execute(
      """
      UPDATE wishes_wish SET worker_id = ?, wisher_label = ?, description = '', consent_evidence = NULL,
        publication_consent = 0
      WHERE id = ?
      """, pseudonym, WisherLabel.label(of: ""), wish.id)
    try transaction.execute(
      "UPDATE wishes_history SET subject_id = '' WHERE wish_id = ? AND action = ?", wish.id,
      WishHistoryEntry.Action.wisherMerged.rawValue)
  }

  /// A sealed value of a row that has a number or an identifier within its wish.
  typealias Sealed<Key> = (key: Key, value: [UInt8])

  /// The sealed reasons of a wish's history, by number.
  static func historyReasons(of wishID: String, in snapshot: Snapshot) throws -> [Sealed<Int>] {
    try snapshot.all(
      "SELECT number, reason FROM wishes_history WHERE wish_id = ? AND reason IS NOT NULL ORDER BY number",
      wishID
    ) { ($0.int(0), $0.bytes(1)) }
  }

  /// Replaces a sealed reason.
  static func saveReason(
    _ sealed: [UInt8]?, of wishID: String, number: Int, in transaction: Transaction
  ) throws {
    try transaction.execute(
      "UPDATE wishes_history SET reason = ? WHERE wish_id = ? AND number = ?", sealed, wishID, number)
  }

  /// The sealed stories of the reports about a wish, by identifier.
  static func stories(of wishID: String, in snapshot: Snapshot) throws -> [Sealed<String>] {
    try snapshot.all(
      "SELECT id, story FROM wishes_report WHERE wish_id = ? AND story IS NOT NULL ORDER BY id", wishID
    ) { ($0.text(0), $0.bytes(1)) }
  }

  /// Replaces a sealed story.
  static func saveStory(_ sealed: [UInt8]?, ofReport id: String, in transaction: Transaction) throws {
    try transaction.execute("UPDATE wishes_report SET story = ? WHERE id = ?", sealed, id)
  }
}
