/// A module's error that is made of what the caller is told: each refusal stands in one place, and none can be
/// forgotten in a `switch`.
///
/// ```swift
/// struct LendingError: RefusalError {
///   static let domain = "lending.yizhan"
///   let refusal: Refusal
///   init(_ refusal: Refusal) { self.refusal = refusal }
///
///   /// There is no such bicycle.
///   static func notFound(_ id: String) -> Self {
///     Self(Refusal(.notFound, "BICYCLE_NOT_FOUND", "there is no bicycle \(id)", "没有该车辆(\(id))"))
///   }
/// }
/// ```
/// What most modules refuse is here already: `throw LendingError.areaNotYours(code)`.
public protocol RefusalError: ModuleError {
  /// Creates an error.
  init(_ refusal: Refusal)
}

extension RefusalError {
  /// The values at fault, each by its field.
  public static func invalid(_ violations: [FieldViolation]) -> Self { Self(.invalid(violations)) }

  /// There is no area of a code in the tree.
  public static func areaNotFound(_ code: String) -> Self {
    Self(
      Refusal(
        .notFound, "AREA_NOT_FOUND", "there is no area \(code)", "没有代码为 \(code) 的区划",
        metadata: ["area_code": code], fields: ["area_code"]))
  }

  /// An area is not within the caller's.
  public static func areaNotYours(_ code: String) -> Self {
    Self(
      Refusal(
        .permissionDenied, "AREA_NOT_YOURS",
        "the area \(code) is not within the area that your token acts for", "区划 \(code) 不在您的管辖范围内",
        metadata: ["area_code": code], fields: ["area_code"]))
  }

  /// There is no such organisation.
  public static var organisationNotFound: Self {
    Self(
      Refusal(
        .notFound, "ORGANISATION_NOT_FOUND", "there is no such organisation", "没有这个单位",
        fields: ["organisation"]))
  }

  /// The organisation is closed and takes no new part.
  public static var organisationClosed: Self {
    Self(
      Refusal(
        .failedPrecondition, "ORGANISATION_CLOSED", "the organisation is closed and takes no new part",
        "该单位已停用,不能再参与", fields: ["organisation"]))
  }

  /// The caller acts for another organisation than the one named.
  public static var organisationNotYours: Self {
    Self(
      Refusal(
        .permissionDenied, "ORGANISATION_NOT_YOURS",
        "your token acts for another organisation; only staff act for others",
        "您的凭证属于其他单位,只有工作人员可以代办", fields: ["organisation"]))
  }

  /// There is no such worker, or none within the caller's reach.
  public static var workerNotFound: Self {
    Self(
      Refusal(
        .notFound, "WORKER_NOT_FOUND", "there is no such worker, or it is not yours to see",
        "没有该从业人员,或您无权查看"))
  }

  /// The thing was changed since the caller read it.
  /// - Parameters:
  ///   - resource: what it is, in words: "wish".
  ///   - current: its version now.
  public static func etagStale(_ resource: String, current: String) -> Self {
    Self(
      Refusal(
        .aborted, "ETAG_STALE",
        "the \(resource) has changed since it was read; read it again (now \(current)) and retry",
        "数据已被他人修改,请重新读取后再试", metadata: ["resource": resource, "current_etag": current]))
  }

  /// Refuses a change that was made in view of an older version.
  /// - Parameters:
  ///   - given: the request's etag; an empty one stands for any version.
  ///   - current: the version now.
  ///   - resource: what it is, in words: "wish".
  /// - Throws: `etagStale`.
  public static func requireETag(_ given: String, is current: String, of resource: String) throws {
    guard given.isEmpty || given == current else { throw etagStale(resource, current: current) }
  }
}
