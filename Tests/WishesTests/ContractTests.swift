import ModuleTesting
import Testing
import Wishes
import Workers

/// What holds for every module: roles, tokens, empty and broken requests, a second start.
@Suite struct WishesContractTests {
  @Test func keepsTheModuleContract() async throws {
    #expect(try await ModuleContract.violations(of: [WorkersModule.self, WishesModule.self]) == [])
  }
}
