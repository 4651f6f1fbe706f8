/// The code of an area: 6 digits to the county (GB/T 2260), 9 to the street or town, 12 to the community or
/// village, 15 to the compound or grid cell.
///
/// An area lies in another if its code begins with the other's significant digits: 2 for a province (410000),
/// 4 for a city (410300), all for what is smaller. So a subtree is a range of codes, and a list "everything in
/// this area" is a range scan: `code >= lowerBound AND code < upperBound`.
/// Source: GB/T 2260-2007; GB/T 10114-2003 for the three digits of the street; NBS rules for statistical codes
/// for those of the community.
public struct AreaCode: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// How large an area is. The numbers are those of `yizhan.workers.v1.AreaLevel`.
  public enum Level: Int32, Sendable, CaseIterable {
    case province = 1
    case city = 2
    case county = 3
    case street = 4
    case community = 5
    case compound = 6
  }

  /// The digits.
  public let text: String

  /// Reads a code. Statistical codes, padded with zeros ("410304000000"), become the code that they stand for.
  ///
  /// Nil unless the text has 6, 9, 12 or 15 ASCII digits, the first not 0.
  public init?(_ text: String) {
    let digits = text.utf8
    guard [6, 9, 12, 15].contains(digits.count), digits.first != UInt8(ascii: "0"),
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    var significant = text[...]
    while significant.utf8.count > 6, significant.hasSuffix("000") { significant.removeLast(3) }
    self.text = String(significant)
  }

  private init(trusted text: some StringProtocol) {
    self.text = String(text)
  }

  /// How large the area is.
  public var level: Level {
    switch text.utf8.count {
    case 6 where text.hasSuffix("0000"): .province
    case 6 where text.hasSuffix("00"): .city
    case 6: .county
    case 9: .street
    case 12: .community
    default: .compound
    }
  }

  /// The digits that the codes of all areas within this one begin with.
  public var prefix: Substring {
    switch level {
    case .province: text.prefix(2)
    case .city: text.prefix(4)
    default: text[...]
    }
  }

  /// The least text that a code of the subtree can be.
  public var lowerBound: String { String(prefix) }

  /// The least text above all codes of the subtree: the prefix with its last digit raised by one; a 9 becomes
  /// ":", which sorts behind the digits.
  public var upperBound: String {
    let prefix = prefix.utf8
    var bytes = Array(prefix)
    bytes[bytes.count - 1] += 1
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether another area is this one or lies within it.
  public func contains(_ other: AreaCode) -> Bool { other.text.hasPrefix(prefix) }

  /// The codes of the areas around this one, if they exist, from the province down. A level can be missing:
  /// 469001 lies in 460000 directly, 441900003 in the city 441900.
  public var ancestors: [AreaCode] {
    let codes = [text.prefix(2) + "0000", text.prefix(4) + "00"].map { AreaCode(trusted: $0) }
    let longer = [6, 9, 12].filter { $0 < text.utf8.count }.map { AreaCode(trusted: text.prefix($0)) }
    return (codes + longer).reduce(into: []) { found, code in
      if code != self, code != found.last { found.append(code) }
    }
  }

  /// The digits.
  public var description: String { text }

  /// By digits: an area comes before those within it.
  public static func < (left: AreaCode, right: AreaCode) -> Bool { left.text < right.text }
}
