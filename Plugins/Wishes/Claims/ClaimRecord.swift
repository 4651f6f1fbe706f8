import ModuleKit

/// A claim as its row holds it.
struct ClaimRecord {
  var id: String
  var version: Int64 = 1
  var wishID: String
  var state: Claim.State = .active
  var organisationID: String
  var organisationName: String
  /// What the claim holds of the wish: pieces, fen, or 1.
  var units: Int64
  var amountFen: Int64 = 0
  /// Sealed, as are state reason, evidence and comment; nil where there is nothing.
  var contact: [UInt8]?
  var createdAt: Instant
  var updatedAt: Instant
  var expiresAt: Instant
  var extensionCount: Int32 = 0
  var disputeCount: Int32 = 0
  var stateReason: [UInt8]?
  var fulfilledAt: Instant?
  /// What was delivered, with the photographs.
  var evidence: [UInt8]?
  var receiptsFen: Int64 = 0
  var reminderCount: Int32 = 0
  var isConfirmationOverdue = false
  var confirmedAt: Instant?
  var comment: [UInt8]?
  var rating: Int32 = 0

  /// The version as callers see it.
  var etag: String { "\(version)" }
}

extension ClaimRecord {
  /// Reads the columns that `ClaimStore` selects, in their order.
  init(_ row: Row) {
    id = row.text(0)
    version = row.int64(1)
    wishID = row.text(2)
    state = Claim.State(rawValue: Int32(row.int(3)))
    organisationID = row.text(4)
    organisationName = row.text(5)
    units = row.int64(6)
    amountFen = row.int64(7)
    contact = row.optionalBytes(8)
    createdAt = row.instant(9)
    updatedAt = row.instant(10)
    expiresAt = row.instant(11)
    extensionCount = Int32(row.int(12))
    disputeCount = Int32(row.int(13))
    stateReason = row.optionalBytes(14)
    fulfilledAt = row.optionalInstant(15)
    evidence = row.optionalBytes(16)
    receiptsFen = row.int64(17)
    reminderCount = Int32(row.int(18))
    isConfirmationOverdue = row.bool(19)
    confirmedAt = row.optionalInstant(20)
    comment = row.optionalBytes(21)
    rating = Int32(row.int(22))
  }
}
