import ModuleTesting
import Testing

@testable import Host

/// A module that breaks the rules: its method fails for an empty request, and says so in English only for another.
struct CarelessModule: Module {
  static let name = "careless"
  static let migrations: [Migration] = []
  static let fileDescriptorSet = Descriptors.set(
    file: "careless.proto", package: "t.v1", service: "Careless", methods: ["Fail", "Mumble"])

  func register(in registrar: Registrar) throws {
    registrar.serve(
      BoundService(
        name: "t.v1.Careless",
        methods: [
          .read(AssemblyTests.method("t.v1.Careless", "Fail")) {
            (_: ProtoStringValue, _) -> ProtoStringValue in throw Surprise.secret("x")
          },
          .read(AssemblyTests.method("t.v1.Careless", "Mumble")) {
            (_: ProtoStringValue, _) -> ProtoStringValue in throw Status(.notFound, "nothing here")
          },
        ]))
  }
}

@Suite struct ModuleContractTests {
  /// On a host without a register of persons, nobody is there to consent or to ask for what is held.
  private static let unreached = [
    UnreachedCells("yizhan.access.v1", ["PolicyService/ExplainAccess foreignArea"]),
    UnreachedCells(
      "yizhan.privacy.v1",
      [
        "ConsentService/GrantConsent foreignArea", "ConsentService/GrantConsent foreignOrganisation",
        "ConsentService/ListConsents foreignArea", "ConsentService/ListConsents foreignOrganisation",
        "ConsentService/WithdrawConsent foreignArea", "ConsentService/WithdrawConsent foreignOrganisation",
        "PersonalDataService/ErasePerson foreignArea", "PersonalDataService/ExportPersonalData foreignArea",
        "PersonalDataService/GetPersonalView foreignArea", "PersonalDataService/ListAccesses foreignArea",
        "PersonalDataService/PreviewErasure foreignArea",
      ]),
  ]

  @Test(arguments: TestHost.Way.allCases)
  func findsNothingToBlame(way: TestHost.Way) async throws {
    let violations = try await ModuleContract.violations(
      of: [EchoModule.self], way: way, unreached: Self.unreached)
    #expect(violations == [])
  }

  @Test func findsWhatAModuleBreaks() async throws {
    let violations = try await ModuleContract.violations(
      of: [CarelessModule.self],
      unreached: [UnreachedCells("yizhan.privacy.v1", ["ConsentService/AskForConsent foreignArea"])])
    #expect(
      violations.contains {
        $0.hasPrefix("/t.v1.Careless/Fail: an empty request of staff ends with internalError")
      })
    #expect(
      violations.contains {
        $0
          == "/t.v1.Careless/Mumble: an empty request of staff ends without a message in Chinese: nothing here"
      })
    #expect(!violations.contains { $0.contains("is denied") || $0.contains("who gets") })
    // A gap that is not listed, and one that is listed and none.
    let package = "yizhan.privacy.v1"
    #expect(
      violations.contains(
        "\(package): no request that counts reached ConsentService/GrantConsent foreignArea, which is not listed as "
          + "unreached"))
    #expect(
      violations.contains(
        "\(package): ConsentService/AskForConsent foreignArea is listed as unreached, and is no such cell any more"
      ))
    #expect(!violations.contains { $0.hasPrefix("yizhan.access.v1: ") }, "no list was given for it")
  }
}
