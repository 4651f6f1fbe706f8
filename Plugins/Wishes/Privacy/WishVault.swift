import ModuleKit

/// What the module keeps sealed, as the column that holds it. Each has a value of its own, so that no more is opened
/// than is shown.
enum SealedColumn {
  /// Phone and address: [phone, address].
  static let contact: StaticString = "wishes_wish.contact"
  /// What is not public yet: [title, description, name of the first part, …].
  static let draft: StaticString = "wishes_wish.draft"
  /// How consent to publication was given or taken back.
  static let consentEvidence: StaticString = "wishes_wish.consent_evidence"
  /// Why a wish was returned, rejected or withdrawn.
  static let stateReason: StaticString = "wishes_wish.state_reason"
  /// The reason of a step.
  static let historyReason: StaticString = "wishes_history.reason"
  /// The claimant's note and volunteer: [note, name, phone].
  static let claimContact: StaticString = "wishes_claim.contact"
  /// Why a delivery was disputed or a claim was given up.
  static let claimStateReason: StaticString = "wishes_claim.state_reason"
  /// What was delivered, and references to photographs: [text, first photograph, …].
  static let evidence: StaticString = "wishes_claim.evidence"
  /// What the wisher's side said of it.
  static let comment: StaticString = "wishes_claim.comment"
  /// A report: [title, text, first photograph or video, …].
  static let story: StaticString = "wishes_report.story"
}

/// Seals and opens the module's personal columns.
///
/// Whose key seals what: the wisher's, by the worker's identifier, what concerns the wisher; a key of the claim's own
/// the claimant's volunteer, who is in no register; a key of the wish's own the evidence of a delivery with money,
/// which the law wants kept after the wisher's key is gone. Nothing is sealed where there is nothing, and nothing new
/// is kept of who was erased.
struct WishVault: Sendable {
  let vault: Vault

  /// Seals a text; nil for an empty one, and of a person who was erased.
  func seal(_ text: String, of person: String, as column: StaticString, in transaction: Transaction) throws
    -> [UInt8]?
  {
    try seal([text], of: person, as: column, in: transaction)
  }

  /// Seals a record of texts; nil where all are empty, and of a person who was erased.
  func seal(_ texts: [String], of person: String, as column: StaticString, in transaction: Transaction) throws
    -> [UInt8]?
  {
    if texts.allSatisfy(\.isEmpty) { return nil }
    do {
      return try vault.seal(texts, of: person, as: column, in: transaction)
    } catch VaultError.erased {
      return nil
    }
  }

  /// Opens a text; empty where there is none, and of a person who was erased.
  func open(_ sealed: [UInt8]?, of person: String, as column: StaticString, in snapshot: Snapshot) throws
    -> String
  {
    try openTexts(sealed, of: person, as: column, in: snapshot).first ?? ""
  }

  /// Opens a record of texts; no texts where there is none, and of a person who was erased.
  func openTexts(_ sealed: [UInt8]?, of person: String, as column: StaticString, in snapshot: Snapshot) throws
    -> [String]
  {
    guard let sealed else { return [] }
    do {
      return try vault.openTexts(sealed, of: person, as: column, in: snapshot)
    } catch VaultError.erased {
      return []
    }
  }

  /// Seals anew for another person.
  /// - Throws: `VaultError.erased` if either was erased.
  func reseal(
    _ sealed: [UInt8]?, from person: String, to other: String, as column: StaticString,
    in transaction: Transaction
  ) throws -> [UInt8]? {
    try sealed.map { try vault.reseal($0, from: person, to: other, as: column, in: transaction) }
  }

  /// Destroys the key of a claim or a wish, if it has one: what was sealed with it is gone from backups too.
  func forget(_ subject: String, in transaction: Transaction) throws {
    if try vault.hasKey(subject, in: transaction) { try vault.destroyKey(of: subject, in: transaction) }
  }
}

// The records that are sealed.
extension WishVault {
  /// Seals what a wish says, as long as it is not public.
  /// - Throws: `VaultError.erased` for a wisher who was erased: it must not be kept in the clear instead.
  func seal(
    draft details: WishRecord.Details, parts: [PartRecord], of workerID: String, in transaction: Transaction
  )
    throws -> [UInt8]
  {
    try vault.seal(
      [details.title, details.description] + parts.map(\.name), of: workerID, as: SealedColumn.draft,
      in: transaction)
  }

  /// A wish with what it says, out of its draft if that is not public.
  func opened(_ wish: WishRecord, in snapshot: Snapshot) throws -> WishRecord {
    guard let draft = wish.draft else { return wish }
    let texts = try openTexts(draft, of: wish.workerID, as: SealedColumn.draft, in: snapshot)
    guard texts.count >= 2 else { return wish }
    var wish = wish
    wish.details.title = texts[0]
    wish.details.description = texts[1]
    wish.partNames = Array(texts.dropFirst(2))
    return wish
  }

  /// Seals whom to call and where to bring it.
  func seal(_ contact: WishContact, of workerID: String, in transaction: Transaction) throws -> [UInt8]? {
    try seal(
      [contact.phone, contact.address], of: workerID, as: SealedColumn.contact, in: transaction)
  }

  /// Opens whom to call and where to bring it.
  func contact(of wish: WishRecord, in snapshot: Snapshot) throws -> WishContact {
    let texts = try openTexts(
      wish.contact, of: wish.workerID, as: SealedColumn.contact, in: snapshot)
    return texts.count == 2 ? WishContact(phone: texts[0], address: texts[1]) : WishContact()
  }

  /// Seals the claimant's note and volunteer with the claim's own key.
  func seal(_ contact: ClaimContact, of claimID: String, in transaction: Transaction) throws -> [UInt8]? {
    try seal(
      [contact.note, contact.name, contact.phone], of: claimID, as: SealedColumn.claimContact,
      in: transaction)
  }

  /// Opens the claimant's note and volunteer.
  func contact(of claim: ClaimRecord, in snapshot: Snapshot) throws -> ClaimContact {
    let texts = try openTexts(
      claim.contact, of: claim.id, as: SealedColumn.claimContact, in: snapshot)
    return texts.count == 3 ? ClaimContact(note: texts[0], name: texts[1], phone: texts[2]) : ClaimContact()
  }

  /// Seals what was delivered, with the photographs: for a delivery with money with the wish's own key, else with the
  /// wisher's.
  func seal(
    _ evidence: ClaimEvidence, for claim: ClaimRecord, of wish: WishRecord, in transaction: Transaction
  ) throws -> [UInt8]? {
    try seal(
      [evidence.text] + evidence.photos, of: claim.involvesMoney ? wish.id : wish.workerID,
      as: SealedColumn.evidence, in: transaction)
  }

  /// Opens what was delivered.
  func evidence(of claim: ClaimRecord, of wish: WishRecord, in snapshot: Snapshot) throws -> ClaimEvidence {
    let texts = try openTexts(
      claim.evidence, of: claim.involvesMoney ? wish.id : wish.workerID, as: SealedColumn.evidence,
      in: snapshot)
    return ClaimEvidence(text: texts.first ?? "", photos: Array(texts.dropFirst()))
  }

  /// Seals what a report says.
  func seal(_ story: ReportStory, of workerID: String, in transaction: Transaction) throws -> [UInt8]? {
    try seal([story.title, story.text] + story.media, of: workerID, as: SealedColumn.story, in: transaction)
  }

  /// Opens what a report says.
  func story(of report: ReportRecord, of wish: WishRecord, in snapshot: Snapshot) throws -> ReportStory {
    let texts = try openTexts(report.story, of: wish.workerID, as: SealedColumn.story, in: snapshot)
    guard texts.count >= 2 else { return ReportStory() }
    return ReportStory(title: texts[0], text: texts[1], media: Array(texts.dropFirst(2)))
  }
}

/// Whom to call about a wish and where to bring it.
struct WishContact: Equatable {
  /// In E.164.
  var phone = ""
  var address = ""
}

/// What a claimant says of the volunteer who delivers.
struct ClaimContact: Equatable {
  /// For staff.
  var note = ""
  var name = ""
  /// In E.164.
  var phone = ""
}

/// What was delivered.
struct ClaimEvidence: Equatable {
  var text = ""
  /// References: addresses or keys.
  var photos: [String] = []
}

/// What a report says.
struct ReportStory: Equatable {
  var title = ""
  var text = ""
  /// References to photographs and videos: addresses or keys.
  var media: [String] = []
}
