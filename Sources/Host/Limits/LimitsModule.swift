import ModuleKit

/// The host's own module that shows use and limits. It is a module like any other, and always there.
struct LimitsModule: Module {
  static let name = "limits"
  static let migrations = UsageStore.migrations
  static let unrecorded: [Unrecorded] = [.counters(table: "limits_usage")]
  // The host's one set of descriptors is added with the module `access`; adding it again changes nothing.
  static var fileDescriptorSet: [UInt8] { HostDescriptors.fileDescriptorSet }

  private let registry: AccountRegistry
  private let settings: LimitSettings

  init() { self.init(AccountRegistry(LimitSettings(), loops: 1), LimitSettings()) }

  /// - Parameters:
  ///   - registry: Where the calls are counted.
  ///   - settings: The configured limits.
  init(_ registry: AccountRegistry, _ settings: LimitSettings) {
    self.registry = registry
    self.settings = settings
  }

  func register(in registrar: Registrar) throws {
    registrar.serve(LimitsHandler(registry: registry, settings: settings).bound())
  }
}

/// Serves `yizhan.limits.v1.LimitsService`.
struct LimitsHandler: LimitsServiceHandler {
  let registry: AccountRegistry
  let settings: LimitSettings

  func getUsage(_ request: GetUsageRequest, _ snapshot: Snapshot) throws -> UsageAndLimits {
    let caller = snapshot.caller
    let today = ChinaDay.number(of: snapshot.now)
    let limits = settings.limits(of: caller.name)
    let counted = registry.account(of: caller.id)?.usage
    let usage = counted.flatMap { $0.day >= today ? $0.usage : nil } ?? Usage()
    return UsageAndLimits(
      usage: DailyUsage(
        UsageStore.UsageRow(
          principalID: caller.id, principalName: caller.name, day: today, usage: usage)),
      limits: UsageLimits(limits, burstSeconds: settings.burstSeconds))
  }

  func listUsage(_ request: ListUsageRequest, _ snapshot: Snapshot) throws -> ListUsageResponse {
    let day = ChinaDay.number(of: request.date) ?? ChinaDay.number(of: snapshot.now)
    let page = try Page(size: request.pageSize, token: request.pageToken, query: ["usage", "\(day)"])
    var rows = try UsageStore.usage(
      on: day, after: page.cursor.first ?? "", limit: page.limit + 1, in: snapshot)
    let next = page.cut(&rows) { [$0.principalID] }
    return ListUsageResponse(usage: rows.map { DailyUsage($0) }, nextPageToken: next)
  }
}

extension DailyUsage {
  fileprivate init(_ row: UsageStore.UsageRow) {
    func figure(_ figure: Usage.Figure) -> Int64 { Int64(clamping: row.usage[figure]) }
    self.init(
      principalID: row.principalID, principalName: row.principalName, date: ChinaDay.text(row.day),
      calls: figure(.calls), rowsReturned: figure(.rowsReturned), rowsReceived: figure(.rowsReceived),
      bytesSent: figure(.bytesSent), bytesReceived: figure(.bytesReceived))
  }
}

extension UsageLimits {
  fileprivate init(_ limits: PrincipalLimits, burstSeconds: Int) {
    self.init(
      readsPerSecond: Int32(limits.reads.perSecond), reportsPerSecond: Int32(limits.reports.perSecond),
      writesPerSecond: Int32(limits.writes.perSecond), streamsPerSecond: Int32(limits.streams.perSecond),
      burstSeconds: Int32(burstSeconds), openStreams: Int32(limits.openStreams),
      rowsReturnedPerDay: Int64(limits.rowsReturned), rowsReceivedPerDay: Int64(limits.rowsReceived),
      bytesSentPerDay: Int64(limits.bytesSent), bytesReceivedPerDay: Int64(limits.bytesReceived))
  }
}
