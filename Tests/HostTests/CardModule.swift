import ModuleKit

/// A module for tests of personal data: a card with name, phone, identity number, address and note, sealed; a health
/// booking that needs consent; visits that are counted; a dispute that a law keeps.
///
/// Requests are texts of fields separated by "|", the first of which is the person.
struct CardModule: Module {
  static let name = "cards"
  static let service = "test.cards.v1.CardService"
  static let migrations = [
    Migration(
      1, "cards",
      """
      CREATE TABLE cards_card (
        person TEXT NOT NULL PRIMARY KEY, area_code TEXT NOT NULL, platform_id TEXT NOT NULL, personal BLOB NOT NULL
      )
      """,
      "CREATE TABLE cards_booking (person TEXT NOT NULL PRIMARY KEY, personal BLOB NOT NULL)",
      "CREATE TABLE cards_visit (id TEXT NOT NULL PRIMARY KEY, person TEXT)",
      "CREATE TABLE cards_dispute (id TEXT NOT NULL PRIMARY KEY, person TEXT, is_open INTEGER NOT NULL, personal BLOB)"
    )
  ]
  static let fileDescriptorSet = Descriptors.set(
    file: "test/cards/v1/cards.proto", package: "test.cards.v1", service: "CardService",
    methods: ["Put", "Book", "Visit", "Dispute", "Settle", "Merge", "Agree", "Complain"],
    personal: [
      Descriptors.PersonalField(name: "name", purpose: "register", unmask: [.staff, .platform]),
      Descriptors.PersonalField(name: "health", purpose: "booking", isSensitive: true),
    ])
  static let area = "410304"
  static let platform = "0198f000-0000-7000-8000-000000000001"

  func register(in registrar: Registrar) throws {
    let cards = Cards(
      vault: registrar.vault, scope: registrar.scope,
      consents: try registrar.require((any ConsentDirectory).self))
    let bodies: [(String, @Sendable ([String], Transaction) throws -> String)] = [
      ("Put", cards.put), ("Book", cards.book), ("Visit", cards.visit), ("Dispute", cards.dispute),
      ("Settle", cards.settle), ("Merge", cards.merge), ("Agree", cards.agree),
      // A module that nobody taught to keep its mouth shut.
      ("Complain", { fields, _ in throw Surprise.secret(fields.joined()) }),
    ]
    registrar.serve(
      BoundService(
        name: Self.service,
        methods: bodies.map { name, body in
          .write(
            MethodDescriptor(
              service: Self.service, name: name, kind: .write,
              policy: AccessPolicy(roles: .staff, scope: .any))
          ) { (request: ProtoStringValue, transaction: Transaction) -> ProtoStringValue in
            let fields = request.value.split(separator: "|", omittingEmptySubsequences: false).map(
              String.init)
            return ProtoStringValue(value: try body(fields, transaction))
          }
        }))
    registrar.holdsPersonalData(cards)
    try registrar.provide((any WorkerDirectory).self, cards)
    registrar.onTimer("retention") { transaction, firing in
      try transaction.execute("DELETE FROM cards_visit WHERE id = ?", firing.key)
    }
  }
}

/// What the module refuses.
enum CardError: ModuleError {
  static let domain = "cards.yizhan"
  case disputeOpen
  case consentMissing
  var refusal: Refusal {
    switch self {
    case .disputeOpen:
      Refusal(.failedPrecondition, "DISPUTE_OPEN", "settle the open dispute first", "请先结案")
    case .consentMissing: Refusal(.failedPrecondition, "CONSENT_MISSING", "no consent", "未经同意")
    }
  }
}

struct Cards: Sendable {
  let vault: Vault
  let scope: ModuleScope
  let consents: any ConsentDirectory

  func put(_ fields: [String], _ transaction: Transaction) throws -> String {
    let sealed = try vault.seal(
      Array(fields.dropFirst()), of: fields[0], as: "cards_card.personal", in: transaction)
    try transaction.execute(
      """
      INSERT INTO cards_card (person, area_code, platform_id, personal) VALUES (?, ?, ?, ?)
      ON CONFLICT (person) DO UPDATE SET personal = excluded.personal
      """, fields[0], CardModule.area, CardModule.platform, sealed)
    return fields.joined(separator: "|")
  }

  func book(_ fields: [String], _ transaction: Transaction) throws -> String {
    guard try consents.hasConsent(of: fields[0], to: "booking", in: transaction) else {
      throw CardError.consentMissing
    }
    let sealed = try vault.seal(
      [fields[1]], of: fields[0], as: "cards_booking.personal", in: transaction)
    try transaction.execute("INSERT INTO cards_booking (person, personal) VALUES (?, ?)", fields[0], sealed)
    return ""
  }

  func visit(_ fields: [String], _ transaction: Transaction) throws -> String {
    let id = transaction.makeID()
    try transaction.execute("INSERT INTO cards_visit (id, person) VALUES (?, ?)", id, fields[0])
    try transaction.schedule("retention", key: id, at: transaction.now + .seconds(30 * 86_400))
    return id
  }

  func dispute(_ fields: [String], _ transaction: Transaction) throws -> String {
    let id = transaction.makeID()
    let sealed = try vault.seal([fields[1]], of: fields[0], as: "cards_dispute.personal", in: transaction)
    try transaction.execute(
      "INSERT INTO cards_dispute (id, person, is_open, personal) VALUES (?, ?, 1, ?)", id, fields[0], sealed)
    return id
  }

  func settle(_ fields: [String], _ transaction: Transaction) throws -> String {
    try transaction.execute("UPDATE cards_dispute SET is_open = 0 WHERE person = ?", fields[0])
    return ""
  }

  /// The first person's card goes: it was the second one's.
  func merge(_ fields: [String], _ transaction: Transaction) throws -> String {
    try transaction.execute("DELETE FROM cards_card WHERE person = ?", fields[0])
    try transaction.emit(WorkerMergedEvent(sourceID: fields[0], targetID: fields[1]), subject: fields[0])
    return ""
  }

  /// Person, purpose, and the age: "of age", "unknown", or a guardian's name and phone.
  func agree(_ fields: [String], _ transaction: Transaction) throws -> String {
    let age: ConsentAge =
      switch fields[2] {
      case "of age": .ofAge
      case "unknown": .unknown
      default: .child(ConsentGuardian(name: fields[2], relation: "aunt", phone: fields[3]))
      }
    try consents.grant(
      fields[1], by: fields[0], age: age, isSeparate: true, evidence: "form", in: transaction)
    return ""
  }
}

extension Cards: PersonalDataHolder {
  func holdings(of person: String, in snapshot: Snapshot) throws -> [PersonalHolding] {
    var holdings: [PersonalHolding] = []
    let names = ["name", "phone", "identity_number", "address", "note"]
    if let sealed = try snapshot.first(
      "SELECT personal FROM cards_card WHERE person = ?", person, read: { $0.bytes(0) })
    {
      let texts = try vault.openTexts(sealed, of: person, as: "cards_card.personal", in: snapshot)
      holdings.append(
        PersonalHolding(
          title: "card", titleChinese: "卡片", purpose: "register", recordID: person,
          fields: zip(names, texts).map { PersonalHolding.Field($0, $1) }, disposition: .erased,
          correctedBy: "test.cards.v1.CardService/Put"))
    }
    if let sealed = try snapshot.first(
      "SELECT personal FROM cards_booking WHERE person = ?", person, read: { $0.bytes(0) })
    {
      let texts = try vault.openTexts(sealed, of: person, as: "cards_booking.personal", in: snapshot)
      holdings.append(
        PersonalHolding(
          title: "booking", titleChinese: "预约", purpose: "booking", isSensitive: true,
          fields: [PersonalHolding.Field("health", texts[0])], disposition: .erased))
    }
    holdings += try snapshot.all("SELECT id FROM cards_visit WHERE person = ?", person) {
      PersonalHolding(
        title: "visit", titleChinese: "来访", purpose: "figures", recordID: $0.text(0), fields: [],
        disposition: .pseudonymised)
    }
    holdings += try snapshot.all("SELECT id, personal FROM cards_dispute WHERE person = ?", person) { row in
      PersonalHolding(
        title: "dispute", titleChinese: "纠纷", purpose: "dispute", recordID: row.text(0),
        fields: [
          PersonalHolding.Field(
            "account",
            try vault.openTexts(row.bytes(1), of: person, as: "cards_dispute.personal", in: snapshot)[0])
        ], disposition: .kept(reason: "limitation of actions", reasonChinese: "诉讼时效", until: nil))
    }
    return holdings
  }

  func erase(_ person: String, in transaction: Transaction) throws {
    let isOpen = try transaction.first(
      "SELECT 1 FROM cards_dispute WHERE person = ? AND is_open = 1", person, read: { _ in true })
    guard isOpen == nil else { throw CardError.disputeOpen }
    for dispute in try transaction.all(
      "SELECT id, personal FROM cards_dispute WHERE person = ?", person, read: { ($0.text(0), $0.bytes(1)) })
    {
      let sealed = try vault.reseal(
        dispute.1, from: person, to: dispute.0, as: "cards_dispute.personal", in: transaction)
      try transaction.execute(
        "UPDATE cards_dispute SET person = NULL, personal = ? WHERE id = ?", sealed, dispute.0)
    }
    try transaction.execute("UPDATE cards_visit SET person = NULL WHERE person = ?", person)
    try transaction.execute("DELETE FROM cards_card WHERE person = ?", person)
    try withdraw("booking", of: person, in: transaction)
  }

  func withdraw(_ purpose: String, of person: String, in transaction: Transaction) throws {
    guard purpose == "booking" else { return }
    try transaction.execute("DELETE FROM cards_booking WHERE person = ?", person)
  }
}

extension Cards: WorkerDirectory {
  func displayName(of id: String, in snapshot: Snapshot) throws -> String? {
    try worker(id, in: snapshot)?.displayName
  }

  func standing(_ id: String, in snapshot: Snapshot) throws -> WorkerStanding? {
    try snapshot.entering(scope).first(
      "SELECT area_code, platform_id FROM cards_card WHERE person = ?", id
    ) {
      WorkerStanding(id: id, areaCode: $0.text(0), state: .active, platformIDs: [$0.text(1)])
    }
  }

  func worker(_ id: String, in snapshot: Snapshot) throws -> WorkerSummary? {
    try standing(id, in: snapshot).map { WorkerSummary($0, displayName: "") }
  }

  func workers(ofPlatform organisationID: String, after: String, limit: Int, in snapshot: Snapshot) throws
    -> [WorkerSummary]
  { [] }
}

/// Calls the card module.
struct CardClient {
  let channel: any ClientChannel

  func call(_ method: String, _ text: String, key: String? = nil) async throws -> String {
    let reply = try await channel.unary(
      "/\(CardModule.service)/\(method)", ProtoStringValue(value: text).encoded(),
      CallOptions(idempotencyKey: key))
    return try ProtoStringValue(decoding: reply.message).value
  }
}
