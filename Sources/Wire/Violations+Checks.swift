/// The checks that generated code calls for each field. What passes costs a comparison or two.
extension Violations {
  /// Checks a text: whether it is there, how many Unicode scalars it has and which standard it follows.
  @inlinable
  public mutating func text(
    _ field: StaticString, _ value: String, required: Bool = false, minLength: Int = 0, maxLength: Int = 1000,
    format: TextFormat? = nil
  ) {
    // A text has at least as many bytes as scalars.
    if !required, minLength == 0, format == nil, value.utf8.count <= maxLength { return }
    checkText(field, value, required, minLength, maxLength, format)
  }

  @usableFromInline
  mutating func checkText(
    _ field: StaticString, _ value: String, _ required: Bool, _ minLength: Int, _ maxLength: Int,
    _ format: TextFormat?
  ) {
    if value.isEmpty, required { return missing(field) }
    let bytes = value.utf8.count
    if bytes > maxLength || bytes < 4 * minLength {
      let length = value.unicodeScalars.count
      if length > maxLength {
        return add(
          field: "\(field)", reason: "TOO_LONG",
          description: "must have at most \(maxLength) characters, has \(length)",
          descriptionChinese: "最多\(maxLength)个字,现有\(length)个字")
      }
      if length < minLength {
        return add(
          field: "\(field)", reason: "TOO_SHORT",
          description: "must have at least \(minLength) characters, has \(length)",
          descriptionChinese: "最少\(minLength)个字,现有\(length)个字")
      }
    }
    if let format, !value.isEmpty, !format.admits(value) {
      add(
        field: "\(field)", reason: format.reason, description: format.expectation,
        descriptionChinese: format.expectationChinese)
    }
  }

  /// Checks how many bytes a bytes field has.
  @inlinable
  public mutating func bytes(
    _ field: StaticString, _ value: [UInt8], required: Bool = false, minLength: Int = 0,
    maxLength: Int = 1 << 20
  ) {
    if required, value.isEmpty { return missing(field) }
    if value.count > maxLength {
      add(
        field: "\(field)", reason: "TOO_LONG",
        description: "must have at most \(maxLength) bytes, has \(value.count)",
        descriptionChinese: "最多\(maxLength)字节,现有\(value.count)字节")
    } else if value.count < minLength {
      add(
        field: "\(field)", reason: "TOO_SHORT",
        description: "must have at least \(minLength) bytes, has \(value.count)",
        descriptionChinese: "最少\(minLength)字节,现有\(value.count)字节")
    }
  }

  /// Checks whether a field is set.
  @inlinable
  public mutating func present(_ field: StaticString, _ isSet: Bool) {
    if !isSet { missing(field) }
  }

  /// Checks the range of an integer, both ends included.
  @inlinable
  public mutating func integer<Value: BinaryInteger>(
    _ field: StaticString, _ value: Value, min: Int64? = nil, max: Int64? = nil
  ) {
    if let min, value < min { below(field, min) }
    if let max, value > max { above(field, max) }
  }

  /// Checks the range of a number, both ends included. Infinities and NaN are refused.
  @inlinable
  public mutating func number<Value: BinaryFloatingPoint>(
    _ field: StaticString, _ value: Value, min: Int64? = nil, max: Int64? = nil
  ) {
    if !value.isFinite { return notFinite(field) }
    if let min, value < Value(min) { below(field, min) }
    if let max, value > Value(max) { above(field, max) }
  }

  /// Checks that an enum's value is one the program knows.
  @inlinable
  public mutating func known(_ field: StaticString, _ value: some MessageEnum) {
    if !value.isKnown { unknown(field, value.rawValue) }
  }

  /// Checks how many elements a repeated field or a map has.
  /// - Returns: whether there are few enough to look at each of them.
  @inlinable
  @discardableResult
  public mutating func items(_ field: StaticString, _ count: Int, min: Int = 0, max: Int = 1000) -> Bool {
    if count < min {
      tooFew(field, count, min)
    } else if count > max {
      tooMany(field, count, max)
      return false
    }
    return items.count < Self.limit
  }

  /// Checks that a timestamp is one of the years 1 to 9999.
  public mutating func timestamp(seconds: Int64, nanos: Int32) {
    if (-62_135_596_800...253_402_300_799).contains(seconds), (0...999_999_999).contains(nanos) { return }
    add(
      field: "", reason: "NOT_A_TIMESTAMP",
      description: "must lie in the years 0001 to 9999, with 0 to 999,999,999 nanos",
      descriptionChinese: "时间须在公元1年至9999年之间,纳秒数须为0至999999999")
  }

  /// Checks that a duration is at most about 10,000 years and that its parts have one sign.
  public mutating func duration(seconds: Int64, nanos: Int32) {
    let inRange =
      (-315_576_000_000...315_576_000_000).contains(seconds) && (-999_999_999...999_999_999).contains(nanos)
    if inRange, seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0) { return }
    add(
      field: "", reason: "NOT_A_DURATION",
      description: "must be at most 10,000 years, seconds and nanos with the same sign",
      descriptionChinese: "时长不得超过一万年,秒与纳秒的正负号须一致")
  }

  @usableFromInline
  mutating func missing(_ field: StaticString) {
    add(field: "\(field)", reason: "REQUIRED", description: "must be set", descriptionChinese: "必填")
  }

  @usableFromInline
  mutating func below(_ field: StaticString, _ min: Int64) {
    add(
      field: "\(field)", reason: "TOO_SMALL", description: "must be at least \(min)",
      descriptionChinese: "不得小于\(min)")
  }

  @usableFromInline
  mutating func above(_ field: StaticString, _ max: Int64) {
    add(
      field: "\(field)", reason: "TOO_LARGE", description: "must be at most \(max)",
      descriptionChinese: "不得大于\(max)")
  }

  @usableFromInline
  mutating func notFinite(_ field: StaticString) {
    add(
      field: "\(field)", reason: "NOT_FINITE", description: "must be a finite number",
      descriptionChinese: "须为有限的数")
  }

  @usableFromInline
  mutating func unknown(_ field: StaticString, _ number: Int32) {
    add(
      field: "\(field)", reason: "UNKNOWN_VALUE", description: "the value \(number) is not defined",
      descriptionChinese: "没有定义的取值\(number)")
  }

  @usableFromInline
  mutating func tooFew(_ field: StaticString, _ count: Int, _ min: Int) {
    add(
      field: "\(field)", reason: "TOO_FEW", description: "must have at least \(min) elements, has \(count)",
      descriptionChinese: "最少\(min)项,现有\(count)项")
  }

  @usableFromInline
  mutating func tooMany(_ field: StaticString, _ count: Int, _ max: Int) {
    add(
      field: "\(field)", reason: "TOO_MANY", description: "must have at most \(max) elements, has \(count)",
      descriptionChinese: "最多\(max)项,现有\(count)项")
  }
}
