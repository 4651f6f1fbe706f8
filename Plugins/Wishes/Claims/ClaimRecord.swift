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
  var note = ""
  var contactName = ""
  var contactPhone = ""
  var createdAt: Instant
  var updatedAt: Instant
  var expiresAt: Instant
  var extensionCount: Int32 = 0
  var disputeCount: Int32 = 0
  var stateReason = ""
  var fulfilledAt: Instant?
  var fulfilmentText = ""
  var receiptsFen: Int64 = 0
  var photoCount = 0
  var reminderCount: Int32 = 0
  var isConfirmationOverdue = false
  var confirmedAt: Instant?
  var confirmationComment = ""
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
    note = row.text(8)
    contactName = row.text(9)
    contactPhone = row.text(10)
    createdAt = row.instant(11)
    updatedAt = row.instant(12)
    expiresAt = row.instant(13)
    extensionCount = Int32(row.int(14))
    disputeCount = Int32(row.int(15))
    stateReason = row.text(16)
    fulfilledAt = row.optionalInstant(17)
    fulfilmentText = row.text(18)
    receiptsFen = row.int64(19)
    photoCount = row.int(20)
    reminderCount = Int32(row.int(21))
    isConfirmationOverdue = row.bool(22)
    confirmedAt = row.optionalInstant(23)
    confirmationComment = row.text(24)
    rating = Int32(row.int(25))
  }
}
