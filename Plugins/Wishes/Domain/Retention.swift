import ModuleKit

/// How long personal data stays after a wish has ended.
enum Retention {
  /// Contact data, reasons, comments, evidence, and drafts that never became public: as the protos declare.
  static let afterEnd = Duration.seconds(180 * 86_400)

  /// When the evidence of a delivery with money may go: receipts and what belongs to them are kept for 30 years, from
  /// the first day after the year of the delivery in China.
  ///
  /// Source: Accounting Law (会计法), article 23; Measures for Accounting Archives (会计档案管理办法, 财政部、国家档案局令第79号),
  /// article 14 and annex 1 (原始凭证, 30 years).
  static func accountingEnd(ofDelivery time: Instant) -> Instant {
    let year = CalendarDate.inChina(at: time).year + 31
    guard let first = CalendarDate(year: year, month: 1, day: 1) else {
      preconditionFailure("the clock is near the end of the year 9999")
    }
    return ChinaDay.start(of: first.daysSince1970)
  }
}

extension Wish.State {
  /// Whether nothing more becomes of the wish.
  var isFinal: Bool { self == .confirmed || self == .withdrawn || self == .rejected }
}

extension ClaimRecord {
  /// Whether money was pledged or spent, so that what is known of the delivery belongs to a receipt.
  var involvesMoney: Bool { amountFen > 0 || receiptsFen > 0 }

  /// Until when the law wants the evidence of the delivery kept; nil if it does not.
  var accountingEnd: Instant? {
    guard evidence != nil, involvesMoney, let fulfilledAt else { return nil }
    return Retention.accountingEnd(ofDelivery: fulfilledAt)
  }
}
