import ModuleKit

/// The metadata `yizhan-purpose`: what a caller wants personal data for, which then comes unmasked.
enum CallPurpose {
  static let header: StaticString = "yizhan-purpose"

  /// The purpose of a call, checked against what the method's reply declares and against those of the caller's
  /// roles that the method is for.
  /// - Returns: nil when the caller sent none, and for methods whose replies hold no personal data.
  /// - Throws: `Status` INVALID_ARGUMENT for a purpose that the method does not know, PERMISSION_DENIED for one that
  ///   none of the caller's roles may have.
  static func read(_ call: any ServerCall, route: Route, roles: Roles) throws(Status) -> String? {
    if route.purposes.isEmpty { return nil }
    guard let purpose = call.withHeader(header, { $0.map { String(decoding: $0, as: UTF8.self) } }) else {
      return nil
    }
    guard route.descriptor.kind != .stream else { throw notForStreams }
    let known = route.purposes.filter { $0.name == purpose }
    guard !known.isEmpty else { throw unknown(route) }
    let counting = roles.rawValue & route.admittedRoles
    guard known.contains(where: { $0.roles & counting != 0 }) else { throw notYours(purpose, known) }
    return purpose
  }

  private static let notForStreams = Status(
    .invalidArgument, "streams carry personal data masked only; leave the metadata yizhan-purpose out",
    reason: "PURPOSE_NOT_FOR_STREAMS", messageChinese: "流式调用只返回脱敏数据;请去掉元数据 yizhan-purpose")

  private static func unknown(_ route: Route) -> Status {
    let names = Set(route.purposes.map(\.name)).sorted().joined(separator: ", ")
    return Status(
      .invalidArgument,
      "the metadata yizhan-purpose must be one that \(route.method) keeps data for: \(names)",
      reason: "PURPOSE_UNKNOWN", messageChinese: "元数据 yizhan-purpose 须为该方法声明的用途之一:\(names)")
  }

  private static func notYours(_ purpose: String, _ known: [PersonalPurpose]) -> Status {
    let roles = Roles(rawValue: known.reduce(0) { $0 | $1.roles }).names.joined(separator: ", ")
    return Status(
      .permissionDenied, "personal data for the purpose \(purpose) is shown to these roles only: \(roles)",
      reason: "PURPOSE_NOT_ALLOWED", messageChinese: "该用途的个人信息仅对以下角色可见:\(roles)")
  }
}
