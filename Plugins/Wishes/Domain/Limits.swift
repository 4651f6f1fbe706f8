import ModuleKit

/// The bounds of the module that are not declared in its protos.
enum Limits {
  /// How long a claim holds unless the claimant says otherwise: long enough to buy and deliver, short enough that
  /// a forgotten wish finds someone else soon.
  static let defaultHold = Duration.seconds(7 * 86_400)
  /// The shortest hold: enough to keep a wish for a claimant who is on the telephone.
  static let minimumHold = Duration.seconds(10)
  /// The longest time from claim to lapse, extensions included.
  static let maximumTotalHold = Duration.seconds(60 * 86_400)
  /// How often a claim can be extended.
  static let maximumExtensions: Int32 = 2
  /// How long a disputed claim has to make it good.
  static let disputeHold = Duration.seconds(7 * 86_400)
  /// When the wisher's side is reminded of a delivery, counted from it. The last one escalates to staff.
  static let confirmationReminders: [Duration] = [
    .seconds(3 * 86_400), .seconds(7 * 86_400), .seconds(14 * 86_400),
  ]
  /// A worker's wishes that are not finished.
  static let openWishesPerWorker = 20
  /// Claims of one wish over its whole life, lapsed and released ones included.
  static let claimsPerWish = 1_000
  /// Reports about one wish.
  static let reportsPerWish = 50
  /// Claims shown inside a wish.
  static let claimsShown = 50
}
