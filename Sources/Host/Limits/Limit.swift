import ModuleKit

/// Everything that a call can be refused for because of how much is asked for, and what its caller is told.
enum Limit: Int, CaseIterable, Sendable {
  case readRate, reportRate, writeRate, streamRate, failedAuthentications
  case writesInFlight, reportsInFlight, shareOfWrites, shareOfReports, openStreams
  case rowsReturned, rowsReceived, bytesSent, bytesReceived

  /// Its name in the status's metadata and in the metrics.
  var name: String {
    switch self {
    case .readRate: "reads_per_second"
    case .reportRate: "reports_per_second"
    case .writeRate: "writes_per_second"
    case .streamRate: "streams_per_second"
    case .failedAuthentications: "failed_authentications_per_second"
    case .writesInFlight: "writes_in_flight"
    case .reportsInFlight: "reports_in_flight"
    case .shareOfWrites: "share_of_writes_in_flight"
    case .shareOfReports: "share_of_reports_in_flight"
    case .openStreams: "open_streams"
    case .rowsReturned: "rows_returned_per_day"
    case .rowsReceived: "rows_received_per_day"
    case .bytesSent: "bytes_sent_per_day"
    case .bytesReceived: "bytes_received_per_day"
    }
  }

  /// Whether it is a quota of what callers send.
  var isOfRequests: Bool { self == .rowsReceived || self == .bytesReceived }

  /// Whether it is a quota of what callers are sent.
  var isOfReplies: Bool { self == .rowsReturned || self == .bytesSent }

  /// The reason in the status.
  var reason: String {
    switch self {
    case .readRate, .reportRate, .writeRate, .streamRate, .failedAuthentications: "RATE_LIMITED"
    case .writesInFlight, .reportsInFlight, .shareOfWrites, .shareOfReports, .openStreams:
      "CONCURRENCY_LIMITED"
    case .rowsReturned, .rowsReceived, .bytesSent, .bytesReceived: "QUOTA_EXHAUSTED"
    }
  }

  /// The status of a call that was refused before any work was done for it, and of a stream that goes beyond a quota.
  /// - Parameters:
  ///   - value: How much the caller is allowed; nil where that is not a fixed number.
  ///   - nanoseconds: After how long a retry makes sense.
  func refusal(allowed value: Int?, retryAfterNanoseconds nanoseconds: Int64) -> Status {
    var metadata = ["limit": name]
    if let value { metadata["allowed"] = String(value) }
    return Status(
      .resourceExhausted, english, reason: reason, domain: "yizhan", metadata: metadata,
      messageChinese: chinese, retryDelay: .nanoseconds(nanoseconds))
  }

  private var english: String {
    switch self {
    case .readRate, .reportRate, .writeRate, .streamRate:
      "this principal makes more calls a second than it may; spread them, and retry after the time in RetryInfo"
    case .failedAuthentications:
      "too many calls without a valid token came from this address; retry after the time in RetryInfo"
    case .writesInFlight, .reportsInFlight:
      "the host has as much waiting as it can do in good time; retry after the time in RetryInfo"
    case .shareOfWrites, .shareOfReports:
      "the host is busy and this principal has its share waiting; retry after the time in RetryInfo, with fewer"
        + " calls at once"
    case .openStreams: "this principal has as many streams open as it may; close some, or retry later"
    case .rowsReturned, .rowsReceived, .bytesSent, .bytesReceived:
      "this principal has used up its quota of the day (China time); it can go on at midnight"
    }
  }

  private var chinese: String {
    switch self {
    case .readRate, .reportRate, .writeRate, .streamRate: "调用频率超过限制;请按 RetryInfo 的时间稍后重试并放慢调用"
    case .failedAuthentications: "此地址无有效令牌的调用过多;请按 RetryInfo 的时间稍后重试"
    case .writesInFlight, .reportsInFlight: "服务繁忙;请按 RetryInfo 的时间稍后重试"
    case .shareOfWrites, .shareOfReports: "服务繁忙,且您的待处理调用已达份额;请减少并发并稍后重试"
    case .openStreams: "打开的流已达上限;请关闭一些或稍后重试"
    case .rowsReturned, .rowsReceived, .bytesSent, .bytesReceived: "今日配额已用完;北京时间零点后可继续"
    }
  }
}
