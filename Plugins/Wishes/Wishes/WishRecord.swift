import ModuleKit

/// A wish as its row holds it.
struct WishRecord {
  var id: String
  var version: Int64 = 1
  var state: Wish.State = .submitted
  var workerID: String
  var wisherLabel: String
  /// Title and description are empty while they are in the draft; `WishVault.opened` sets them.
  var details: Details
  /// Title, description and names of parts, sealed: until moderation makes them public. Nil where they are public.
  var draft: [UInt8]?
  /// The names of parts out of an opened draft, by number from 1 on; nil where their rows have them.
  var partNames: [String]?
  var source: Source = .unspecified
  var areaCode: String
  var claimCount = 0
  var historyCount = 0
  var units: WishUnits
  var publicationConsent = false
  /// Sealed, as are the two below; nil where there is nothing.
  var consentEvidence: [UInt8]?
  var contact: [UInt8]?
  var collectedByOrganisationID = ""
  /// Whether the wisher works for the organisation that collected the wish, as far as events of the register tell.
  var isEmployedByCollector = false
  var stateReason: [UInt8]?
  var createdAt: Instant
  var updatedAt: Instant
  var listedAt: Instant?
  /// When it was confirmed, rejected or withdrawn.
  var endedAt: Instant?

  /// What whoever collects a wish says of it, and corrects.
  struct Details: Equatable {
    var title = ""
    var description = ""
    var category: Category = .unspecified
    var need: Need = .unspecified
    var sharing: Sharing = .exclusive
    var delivery: Delivery = .throughStreet
    var beneficiaries: Int32 = 1
    var estimatedCostFen: Int64 = 0
    var partCount = 0
  }

  /// The version as callers see it.
  var etag: String { "\(version)" }
}

/// A named part of a wish, as its row holds it.
struct PartRecord: Equatable {
  var number: Int32
  var name: String
  var quantity: Int32
  var taken: Int32 = 0
  var confirmed: Int32 = 0
}

/// A step in a wish's life that is to be recorded.
struct HistoryStep {
  var action: WishHistoryEntry.Action
  var subjectID = ""
  /// What the module itself says of it: nothing personal.
  var detail = ""
  /// What somebody wrote.
  var reason = ""
}

extension WishRecord {
  /// Reads the columns that `WishStore` selects, in their order.
  init(_ row: Row) {
    id = row.text(0)
    version = row.int64(1)
    state = Wish.State(rawValue: Int32(row.int(2)))
    workerID = row.text(3)
    wisherLabel = row.text(4)
    details = Details(
      title: row.text(5), description: row.text(6), category: Category(rawValue: Int32(row.int(7))),
      need: Need(rawValue: Int32(row.int(8))), sharing: Sharing(rawValue: Int32(row.int(9))),
      delivery: Delivery(rawValue: Int32(row.int(10))), beneficiaries: Int32(row.int(13)),
      estimatedCostFen: row.int64(14), partCount: row.int(15))
    source = Source(rawValue: Int32(row.int(11)))
    areaCode = row.text(12)
    claimCount = row.int(16)
    historyCount = row.int(17)
    units = WishUnits(
      needed: row.int64(18), active: row.int64(19), fulfilled: row.int64(20), confirmed: row.int64(21))
    publicationConsent = row.bool(22)
    consentEvidence = row.optionalBytes(23)
    contact = row.optionalBytes(24)
    collectedByOrganisationID = row.optionalText(25) ?? ""
    stateReason = row.optionalBytes(26)
    createdAt = row.instant(27)
    updatedAt = row.instant(28)
    listedAt = row.optionalInstant(29)
    endedAt = row.optionalInstant(30)
    draft = row.optionalBytes(31)
  }
}
