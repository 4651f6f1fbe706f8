import ModuleKit

/// A module for tests of rotation: keeps one sealed text for each person.
struct SealedModule: Module {
  static let name = "sealed"
  static let migrations = [
    Migration(1, "texts", "CREATE TABLE sealed_text (person TEXT NOT NULL PRIMARY KEY, text BLOB NOT NULL)")
  ]
  static let service = "test.sealed.v1.SealedService"
  static let fileDescriptorSet = Descriptors.set(
    file: "test/sealed/v1/sealed.proto", package: "test.sealed.v1", service: "SealedService",
    methods: ["Get", "Put"])
  private static let label: StaticString = "sealed_text.text"

  static func method(_ name: String, _ kind: MethodKind) -> MethodDescriptor {
    MethodDescriptor(
      service: service, name: name, kind: kind, isClientStreaming: false, isServerStreaming: false,
      policy: AccessPolicy(roles: .staff, scope: .any))
  }

  func register(in registrar: Registrar) throws {
    let vault = registrar.vault
    registrar.serve(
      BoundService(
        name: Self.service,
        methods: [
          .read(Self.method("Get", .read)) { (request: ProtoStringValue, snapshot) -> ProtoStringValue in
            let sealed = try snapshot.first(
              "SELECT text FROM sealed_text WHERE person = ?", request.value, read: { $0.bytes(0) })
            guard let sealed else { return ProtoStringValue() }
            let texts = try vault.openTexts(sealed, of: request.value, as: Self.label, in: snapshot)
            return ProtoStringValue(value: texts.joined(separator: ","))
          },
          // "PERSON TEXT".
          .write(Self.method("Put", .write)) {
            (request: ProtoStringValue, transaction: Transaction) -> ProtoStringValue in
            let words = request.value.split(separator: " ", maxSplits: 1).map(String.init)
            let sealed = try vault.seal([words[1]], of: words[0], as: Self.label, in: transaction)
            try transaction.execute(
              """
              INSERT INTO sealed_text (person, text) VALUES (?, ?)
              ON CONFLICT (person) DO UPDATE SET text = excluded.text
              """, words[0], sealed)
            return request
          },
        ]))
  }
}
