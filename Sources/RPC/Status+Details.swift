import Wire

/// A status and its typed details as they travel in `grpc-status-details-bin`: a `google.rpc.Status` in base64.
///
/// A client may refuse trailers over 8 KiB and lose the status with them, so what does not fit is left out: first
/// the violations at the end, then all details.
extension Status {
  private static let maxDetailsBytes = 4_500
  private static let typePrefix = "type.googleapis.com/"

  /// The value of `grpc-status-details-bin`, or nil for a status without details.
  public func encodedDetails() -> [UInt8]? {
    guard code != .ok, !reason.isEmpty || !violations.isEmpty || retryDelay != nil || !messageChinese.isEmpty
    else { return nil }
    var kept = self
    while true {
      let bytes = kept.detailed().encoded()
      if bytes.count <= Self.maxDetailsBytes { return Array(Base64.encode(bytes, padded: false).utf8) }
      if kept.violations.isEmpty { return nil }
      kept.violations.removeLast((kept.violations.count + 1) / 2)
    }
  }

  /// Creates a status from a reply's trailers.
  /// - Parameters:
  ///   - code: the value of `grpc-status`; a number that is none of gRPC's becomes UNKNOWN.
  ///   - message: the value of `grpc-message`, if there is one.
  ///   - details: the value of `grpc-status-details-bin`, if there is one; passed over if it cannot be read.
  public init(
    received code: UnsafeBufferPointer<UInt8>, message: UnsafeBufferPointer<UInt8>?,
    details: UnsafeBufferPointer<UInt8>?
  ) {
    let number = Int(String(decoding: code, as: UTF8.self))
    self.init(
      number.flatMap { Code(rawValue: $0) } ?? .unknown, message.map { StatusMessage.decode($0) } ?? "")
    guard let details, let bytes = Base64.decode(details), let detailed = try? GoogleStatus(decoding: bytes)
    else { return }
    for detail in detailed.details { read(detail) }
  }

  private func detailed() -> GoogleStatus {
    var details: [ProtoAny] = []
    if !reason.isEmpty {
      details.append(Self.packed(GoogleErrorInfo(reason: reason, domain: domain, metadata: metadata)))
    }
    if !violations.isEmpty {
      details.append(Self.packed(GoogleBadRequest(fieldViolations: violations.map { $0.encoded })))
    }
    if let retryDelay {
      let (seconds, attoseconds) = retryDelay.components
      let delay = ProtoDuration(seconds: seconds, nanos: Int32(attoseconds / 1_000_000_000))
      details.append(Self.packed(GoogleRetryInfo(retryDelay: delay)))
    }
    if !messageChinese.isEmpty {
      details.append(Self.packed(GoogleLocalizedMessage(locale: "zh-CN", message: messageChinese)))
    }
    return GoogleStatus(code: Int32(code.rawValue), message: message, details: details)
  }

  private static func packed<Detail: Message>(_ detail: Detail) -> ProtoAny {
    ProtoAny(typeURL: typePrefix + Detail.fullName, value: detail.encoded())
  }

  private static func unpack<Detail: Message>(_ any: ProtoAny, _ type: Detail.Type) -> Detail? {
    guard any.typeURL.split(separator: "/").last.map(String.init) == Detail.fullName else { return nil }
    return try? Detail(decoding: any.value)
  }

  private mutating func read(_ detail: ProtoAny) {
    if let info = Self.unpack(detail, GoogleErrorInfo.self) {
      reason = info.reason
      domain = info.domain
      metadata = info.metadata
    } else if let request = Self.unpack(detail, GoogleBadRequest.self) {
      violations += request.fieldViolations.map { FieldViolation($0) }
    } else if let retry = Self.unpack(detail, GoogleRetryInfo.self), let delay = retry.retryDelay {
      retryDelay = .seconds(delay.seconds) + .nanoseconds(Int64(delay.nanos))
    } else if let text = Self.unpack(detail, GoogleLocalizedMessage.self), text.locale.hasPrefix("zh") {
      messageChinese = text.message
    }
  }
}

extension FieldViolation {
  fileprivate var encoded: GoogleBadRequest.FieldViolation {
    GoogleBadRequest.FieldViolation(
      field: field, description: description, reason: reason,
      localizedMessage: descriptionChinese.isEmpty
        ? nil : GoogleLocalizedMessage(locale: "zh-CN", message: descriptionChinese))
  }

  fileprivate init(_ violation: GoogleBadRequest.FieldViolation) {
    self.init(
      violation.field, violation.reason, violation.description, violation.localizedMessage?.message ?? "")
  }
}
