import ModuleTesting
import Testing
import Wishes
import Workers

/// What holds for every module: roles, tokens, empty and broken requests, a second start.
@Suite struct WishesContractTests {
  /// Who sees what, by the module's README: the public view of a wish, which has no identifier but its own, and reports
  /// that are published.
  private static let published = [
    PublishedThings(
      "yizhan.wishes.v1.Wish",
      states: ["STATE_LISTED", "STATE_CLAIMED", "STATE_FULFILLED", "STATE_CONFIRMED"]),
    PublishedThings(
      "yizhan.wishes.v1.Report", states: ["STATE_PUBLISHED"], shownReferences: ["wish_id"]),
  ]

  @Test func keepsTheModuleContract() async throws {
    let violations = try await ModuleContract.violations(
      of: [WorkersModule.self, WishesModule.self], published: Self.published)
    #expect(violations == [])
  }
}
