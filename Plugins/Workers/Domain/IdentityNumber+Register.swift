import ModuleKit

extension IdentityNumber {
  /// The sex recorded in the number.
  var sex: Sex { isMale ? .male : .female }

  /// What is wrong with a text that is no identity number, told apart so that a clerk knows where to look.
  static func violation(of text: String, field: String) -> FieldViolation {
    let bytes = Array(text.utf8)
    let digits = bytes.prefix(17).allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard bytes.count == 18, digits else {
      return FieldViolation(
        field, "IDENTITY_NUMBER_SHAPE", "must have 17 digits and a check character (GB 11643)",
        "须为 17 位数字加 1 位校验码(GB 11643)")
    }
    let date =
      String(decoding: bytes[6..<10], as: UTF8.self) + "-"
      + String(decoding: bytes[10..<12], as: UTF8.self) + "-"
      + String(decoding: bytes[12..<14], as: UTF8.self)
    guard CalendarDate(date) != nil else {
      return FieldViolation(
        field, "IDENTITY_NUMBER_BIRTH_DATE", "digits 7 to 14 are no birth date", "第 7 至 14 位不是有效的出生日期")
    }
    return FieldViolation(
      field, "IDENTITY_NUMBER_CHECK", "the check character does not match the digits: one of them is wrong",
      "校验码与号码不符,请核对")
  }
}
