import ModuleTesting
import Testing
import Workers

/// What holds for every module: roles, tokens, empty and broken requests, a second start.
@Suite struct WorkersContractTests {
  @Test func keepsTheModuleContract() async throws {
    #expect(try await ModuleContract.violations(of: [WorkersModule.self]) == [])
  }
}
