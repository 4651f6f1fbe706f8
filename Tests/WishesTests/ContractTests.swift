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

  /// A claim runs, is fulfilled and ends once, and what was made up at random seldom comes that far.
  private static let unreached = UnreachedCells(
    "yizhan.wishes.v1",
    [
      "WishService/AddReport foreignOrganisation",
      "WishService/PublishReport foreignArea",
      "WishService/ReleaseClaim foreignArea",
      "WishService/ReleaseClaim foreignOrganisation",
      "WishService/WithdrawReport foreignArea",
    ])

  @Test func keepsTheModuleContract() async throws {
    let violations = try await ModuleContract.violations(
      of: [WorkersModule.self, WishesModule.self], published: Self.published, unreached: [Self.unreached])
    #expect(violations == [])
  }
}
