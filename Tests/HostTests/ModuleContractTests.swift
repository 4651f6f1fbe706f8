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
  @Test(arguments: TestHost.Way.allCases)
  func findsNothingToBlame(way: TestHost.Way) async throws {
    #expect(try await ModuleContract.violations(of: [EchoModule.self], way: way) == [])
  }

  @Test func findsWhatAModuleBreaks() async throws {
    let violations = try await ModuleContract.violations(of: [CarelessModule.self])
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
  }
}
