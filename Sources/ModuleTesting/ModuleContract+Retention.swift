public import ModuleKit

extension ModuleContract {
  /// How many days personal data is kept after the end of its purpose, by purpose, as a module's fields declare it
  /// with `retention_days`. Only the module knows when a purpose ends, so that its own tests compare this with what
  /// its timers do:
  /// ```swift
  /// #expect(try ModuleContract.retentionDays(declaredBy: WishesModule.self) == ["fulfilment": [180]])
  /// ```
  /// - Parameter module: The module.
  /// - Returns: More than one number where fields of one purpose are kept for different times; nothing of purposes
  ///   whose data stays with the register entry.
  /// - Throws: `DecodingError` or `SchemaError` for a descriptor set that is none.
  public static func retentionDays(declaredBy module: any Module.Type) throws -> [String: Set<Int>] {
    var days: [String: Set<Int>] = [:]
    for field in try AccessMatrix.schema(module.fileDescriptorSet).messages.flatMap(\.fields) {
      guard let personal = field.personal, personal.retentionDays > 0 else { continue }
      days[personal.purpose, default: []].insert(Int(personal.retentionDays))
    }
    return days
  }
}
