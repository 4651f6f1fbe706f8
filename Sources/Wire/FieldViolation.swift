/// One field at fault, of a request or of an imported row.
/// Source: google.rpc.BadRequest.FieldViolation.
public struct FieldViolation: Sendable, Equatable {
  /// The field's path in the proto's own names: "rows[3].phone", "labels[colour]".
  public var field: String
  /// A machine-readable reason in UPPER_SNAKE_CASE.
  public var reason: String
  /// What is wrong and what is expected, in English, without the field's name: "must not be empty".
  public var description: String
  /// The same in Chinese.
  public var descriptionChinese: String

  /// Creates a violation.
  /// - Parameters:
  ///   - field: the field's path in the proto's own names.
  ///   - reason: in UPPER_SNAKE_CASE.
  ///   - description: what is wrong and what is expected, in English.
  ///   - descriptionChinese: the same in Chinese.
  public init(_ field: String, _ reason: String, _ description: String, _ descriptionChinese: String) {
    self.field = field
    self.reason = reason
    self.description = description
    self.descriptionChinese = descriptionChinese
  }
}
