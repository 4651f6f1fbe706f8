import ModuleKit
import Testing

private protocol Directory: Sendable { func name(_ id: String) -> String }
private struct PhoneBook: Directory { func name(_ id: String) -> String { "name of \(id)" } }

@Suite struct RegistrationTests {
  private func registrar(_ module: String, _ capabilities: CapabilityRegistry) -> Registrar {
    Registrar(module: module, scope: ModuleScope(name: module), capabilities: capabilities)
  }

  @Test func handsCapabilitiesToLaterModules() throws {
    let capabilities = CapabilityRegistry()
    let early = registrar("early", capabilities)
    #expect(
      throws: RegistrationError.capabilityMissing(capability: "Directory", module: "early")
    ) { _ = try early.require((any Directory).self) }
    try registrar("workers", capabilities).provide((any Directory).self, PhoneBook())
    #expect(try registrar("wishes", capabilities).require((any Directory).self).name("7") == "name of 7")
  }

  @Test func refusesASecondProvider() throws {
    let capabilities = CapabilityRegistry()
    try registrar("workers", capabilities).provide((any Directory).self, PhoneBook())
    #expect(
      throws: RegistrationError.capabilityTaken(capability: "Directory", module: "other", by: "workers")
    ) { try registrar("other", capabilities).provide((any Directory).self, PhoneBook()) }
  }

  @Test func keepsWhatAModuleDeclares() {
    let registrar = registrar("wishes", CapabilityRegistry())
    registrar.serve(BoundService(name: "t.v1.S", methods: []))
    registrar.onTimer("lapse") { _, _ in }
    registrar.onEvent(ProtoStringValue.self) { _, _ in }
    #expect(registrar.services.map(\.name) == ["t.v1.S"])
    #expect(Array(registrar.timers.keys) == ["lapse"])
    #expect(registrar.consumers.map(\.type) == ["google.protobuf.StringValue"])
    #expect(registrar.consumers.map(\.module) == ["wishes"])
  }
}
