import ModuleKit

@testable import Host

/// A module that takes notes on anybody without asking for consent, and consents on a person's behalf.
///
/// Requests are texts of fields separated by "|", the first of which is the person.
struct NotesModule: Module {
  static let name = "notes"
  static let service = "test.notes.v1.NoteService"
  static let purpose = "visit"
  static let migrations = [
    Migration(1, "notes", "CREATE TABLE notes_note (id TEXT NOT NULL PRIMARY KEY, person TEXT NOT NULL)")
  ]
  static let fileDescriptorSet = Descriptors.set(
    file: "test/notes/v1/notes.proto", package: "test.notes.v1", service: "NoteService",
    methods: ["Take", "Agree", "Keep", "Ask"],
    personal: [Descriptors.PersonalField(name: "note", purpose: purpose)])

  func register(in registrar: Registrar) throws {
    let consents = try registrar.require((any ConsentDirectory).self)
    let store = ConsentStore(vault: registrar.vault)
    let bodies: [(String, @Sendable ([String], Transaction) throws -> String)] = [
      (
        "Take",
        { fields, transaction in
          try transaction.execute(
            "INSERT INTO notes_note (id, person) VALUES (?, ?)", transaction.makeID(), fields[0])
          return ""
        }
      ),
      (
        "Agree",
        { fields, transaction in
          let guardian = ConsentGuardian(name: "欧阳金雀", relation: "aunt", phone: "13912345678")
          try consents.grant(
            Self.purpose, by: fields[0], age: .child(guardian), isSeparate: fields[1] == "separate",
            evidence: "form", in: transaction)
          return ""
        }
      ),
      // As a host kept it that did not ask for a guardian's consent to be separate.
      (
        "Keep",
        { fields, transaction in
          let guardian = Guardian(name: "欧阳金雀", relation: "aunt", phone: "13912345678")
          _ = try store.grant(
            Self.purpose, by: fields[0], isSeparate: false,
            ConsentStore.Personal(evidence: "form", guardian: guardian),
            in: transaction.entering(ModuleScope(name: PrivacyModule.name)))
          return ""
        }
      ),
      (
        "Ask",
        { fields, transaction in
          let isGiven = try consents.hasConsent(of: fields[0], to: Self.purpose, in: transaction)
          return "\(isGiven)"
        }
      ),
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
            let fields = request.value.split(separator: "|").map(String.init)
            return ProtoStringValue(value: try body(fields, transaction))
          }
        }))
    registrar.holdsPersonalData(Notes())
  }

  static func call(_ method: String, _ text: String, _ channel: any ClientChannel) async throws -> String {
    let reply = try await channel.unary(
      "/\(service)/\(method)", ProtoStringValue(value: text).encoded(), CallOptions())
    return try ProtoStringValue(decoding: reply.message).value
  }
}

struct Notes: PersonalDataHolder {
  func holdings(of person: String, in snapshot: Snapshot) throws -> [PersonalHolding] {
    try snapshot.all("SELECT id FROM notes_note WHERE person = ?", person) {
      PersonalHolding(
        title: "note", titleChinese: "便条", purpose: NotesModule.purpose, recordID: $0.text(0), fields: [],
        disposition: .erased)
    }
  }

  func erase(_ person: String, in transaction: Transaction) throws {
    try withdraw(NotesModule.purpose, of: person, in: transaction)
  }

  func withdraw(_ purpose: String, of person: String, in transaction: Transaction) throws {
    guard purpose == NotesModule.purpose else { return }
    try transaction.execute("DELETE FROM notes_note WHERE person = ?", person)
  }
}
