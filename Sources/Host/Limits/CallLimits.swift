import ModuleKit
import Synchronization

/// Decides which calls go on, and counts what they use. The handler asks at a call's headers, where it begins to
/// wait for the writer or a report thread, and where it ends.
///
/// What a call costs here is some atomic additions to words that no other event loop writes to, and, where a rate is
/// set, one exchange of the word that is the principal's bucket. Nothing is allocated and no lock is taken, but for
/// a credential's first call and for a refusal.
final class CallLimits: Sendable {
  /// What is known of a method.
  struct Method: Sendable {
    let kind: MethodKind
    let rows: MethodRows
  }

  /// The accounts of those who call.
  let registry: AccountRegistry
  /// Writes under way; nil for no limit but the queue's.
  let writes: AdaptiveLimit?
  /// Reports under way; nil for no limit but the queue's.
  let reports: AdaptiveLimit?
  private let methods: [Method]
  private let storage: HostStorage
  private let clock: StorageClock
  private let otherThreads: Int
  /// For calls without a token, where a method allows them.
  private let anonymous: PrincipalAccount
  private let refusals = CounterBlock(count: Limit.allCases.count)
  private let commits = Mutex((sum: Int64(0), count: UInt64(0)))

  /// - Parameter clock: Says which day it is.
  init(
    _ configuration: HostConfiguration, methods: [Method], registry: AccountRegistry, storage: HostStorage,
    clock: StorageClock
  ) {
    self.methods = methods
    self.registry = registry
    self.storage = storage
    self.clock = clock
    otherThreads = configuration.loops
    anonymous = PrincipalAccount(
      id: "anonymous", name: "anonymous", limits: .none, day: 0, stored: Usage(),
      shards: configuration.loops + 1)
    let (write, report) = (configuration.limits.writeLatency, configuration.limits.reportLatency)
    // One more than the queues take, so that a queue that is smaller than the limit says so itself.
    writes =
      write == .zero
      ? nil
      : AdaptiveLimit(
        AdaptiveLimit.Settings(
          initial: min(2_048, configuration.writeQueue + 1), minimum: min(256, configuration.writeQueue + 1),
          maximum: configuration.writeQueue + 1, floorNanoseconds: Int64(write.wholeNanoseconds), factor: 10))
    let reportMaximum = configuration.reportQueue + configuration.reportThreads + 1
    reports =
      report == .zero
      ? nil
      : AdaptiveLimit(
        AdaptiveLimit.Settings(
          initial: min(reportMaximum, 64 * configuration.reportThreads),
          minimum: min(reportMaximum, 4 * configuration.reportThreads), maximum: reportMaximum,
          floorNanoseconds: Int64(report.wholeNanoseconds), factor: 2))
  }

  // MARK: Admission

  /// Refuses calls from an address that failed too often, unless what they present was valid lately on this loop.
  /// - Throws: `Status` RESOURCE_EXHAUSTED.
  func checkPeer(of call: any ServerCall, on loop: LoopState) throws {
    guard loop.failedCallers.emptyUntilNanoseconds != .min else { return }
    let now = LimitClock.coarseNanoseconds()
    guard loop.failedCallers.emptyUntilNanoseconds > now else { return }
    let wait = loop.failedCallers.wait(of: call.peer, at: LimitClock.nanoseconds())
    guard wait > 0, !isKnown(call, on: loop) else { return }
    throw refused(.failedAuthentications, allowed: loop.failedCallers.rate.perSecond, wait)
  }

  /// Whether a call's token is known on this loop or, without one, its certificate. A certificate covers no guesses at
  /// tokens.
  private func isKnown(_ call: any ServerCall, on loop: LoopState) -> Bool {
    let isTokenKnown = call.withHeader("authorization") { $0.map { loop.credentials.knows($0) } }
    if let isTokenKnown { return isTokenKnown }
    guard let key = call.peerIdentity?.publicKeyHash else { return false }
    return key.withUnsafeBufferPointer { loop.certificates.knows($0) }
  }

  /// Takes note of a call that was refused for want of a valid token.
  func refusedAdmission(_ error: any Error, of call: any ServerCall, on loop: LoopState) {
    guard let status = error as? Status, status.code == .unauthenticated else { return }
    loop.failedCallers.failed(call.peer, at: LimitClock.nanoseconds())
  }

  /// Lets a call in that has a valid token, if its principal may make another one now.
  /// - Throws: `Status` RESOURCE_EXHAUSTED; `StorageError` when its use cannot be looked up.
  func admit(_ credential: Credential, method: Int, on loop: LoopState) throws {
    let account = try account(of: credential, on: loop)
    let kind = methods[method].kind
    if account.take(kind, at: LimitClock.coarseNanoseconds()) > 0 {
      // The coarse clock is behind; the exact one decides, and says how long it takes.
      let wait = account.take(kind, at: LimitClock.nanoseconds())
      if wait > 0 {
        let (rate, limit) = account.limits.rate(of: kind)
        throw refused(limit, allowed: rate.perSecond, wait)
      }
    }
    try checkQuota(of: account)
  }

  /// - Parameter counts: which quotas do.
  private func checkQuota(
    of account: PrincipalAccount, where counts: (Limit) -> Bool = { _ in true }
  ) throws(Status) {
    let today = { ChinaDay.number(of: self.clock.wall()) }
    guard let quota = account.exhaustedQuota(where: counts, today: today) else { return }
    let now = clock.wall()
    let milliseconds = ChinaDay.end(after: now).milliseconds - now.milliseconds
    throw refused(quota.limit, allowed: quota.value, milliseconds * 1_000_000)
  }

  private func account(of credential: Credential, on loop: LoopState) throws -> PrincipalAccount {
    if let known = credential.account.value { return known }
    let caller = credential.caller
    return credential.account.set(try registry.account(of: caller.id) ?? makeAccount(of: caller, loop))
  }

  private func makeAccount(of caller: Caller, _ loop: LoopState) throws -> PrincipalAccount {
    let day = ChinaDay.number(of: clock.wall())
    let call = CallContext(
      module: UsageStore.scope, caller: .system, requestID: "", method: "admit")
    let stored = try loop.reader.read(call: call) { try UsageStore.usage(of: caller.id, day: day, in: $0) }
    return registry.makeAccount(of: caller, day: day, stored: stored)
  }

  // MARK: Calls under way

  /// Lets a write or a report begin.
  /// - Throws: `Status` RESOURCE_EXHAUSTED.
  func enter(_ kind: MethodKind, _ run: CallRun) throws {
    let account = run.account ?? anonymous
    let now = LimitClock.coarseNanoseconds()
    switch kind {
    case .write:
      guard let refusal = writes?.enter(account.writes, at: now) else { return }
      throw busy(writes, refusal == .share ? .shareOfWrites : .writesInFlight)
    case .report:
      guard let refusal = reports?.enter(account.reports, at: now) else { return }
      throw busy(reports, refusal == .share ? .shareOfReports : .reportsInFlight)
    case .read, .stream: return
    }
  }

  /// A write or report that was let in has ended.
  /// - Parameters:
  ///   - waited: Whether it got so far as to wait for its turn.
  ///   - start: When it began to wait; nil for when the call began.
  func leave(
    _ kind: MethodKind, _ run: CallRun, waited: Bool = true, since start: ContinuousClock.Instant? = nil
  ) {
    let account = run.account ?? anonymous
    let latency = waited ? Int64((ContinuousClock.now - (start ?? run.start)).wholeNanoseconds) : nil
    let now = LimitClock.coarseNanoseconds()
    switch kind {
    case .write:
      writes?.left(account.writes, latency: latency, at: now) { commitNanoseconds() }
    case .report: reports?.left(account.reports, latency: latency, at: now)
    case .read, .stream: return
    }
  }

  /// Lets a stream begin.
  /// - Throws: `Status` RESOURCE_EXHAUSTED.
  func openStream(_ run: CallRun) throws {
    let account = run.account ?? anonymous
    let limit = account.limits.openStreams
    let count = account.openStreams.add(1, ordering: .relaxed).newValue
    guard limit == 0 || count <= limit else {
      account.openStreams.subtract(1, ordering: .relaxed)
      throw refused(.openStreams, allowed: limit, 1_000_000_000)
    }
    account.add(1, to: .calls, shard: otherThreads)
  }

  /// A stream that was let in has ended.
  func closeStream(_ run: CallRun) {
    (run.account ?? anonymous).openStreams.subtract(1, ordering: .relaxed)
  }

  /// How long the commits since the last time took on average; 0 when there were none.
  private func commitNanoseconds() -> Int64 {
    let histogram = storage.database.statistics.commitMicroseconds
    return commits.withLock { last in
      defer { last = (histogram.sum, histogram.count) }
      guard histogram.count > last.count else { return 0 }
      return (histogram.sum - last.sum) * 1_000 / Int64(histogram.count - last.count)
    }
  }

  // MARK: Use

  /// Counts the message of a unary call.
  func received(_ run: CallRun, _ message: UnsafeRawBufferPointer) {
    guard let account = run.account else { return }
    let shard = run.call.loopIndex
    account.add(1, to: .calls, shard: shard)
    account.add(message.count, to: .bytesReceived, shard: shard)
    let method = methods[run.call.methodIndex]
    if method.kind == .write {
      account.add(method.rows.request.count(in: message), to: .rowsReceived, shard: shard)
    }
  }

  /// Counts a unary call's reply, with its prefix.
  func sent(_ run: CallRun, _ framed: [UInt8], shard: Int) {
    guard let account = run.account else { return }
    let method = methods[run.call.methodIndex]
    countSent(framed, method, account, shard, isRead: method.kind != .write)
  }

  /// The messages of a stream, counted as they come, until the day's quota is used up.
  func counted(_ incoming: any IncomingMessages, _ run: CallRun) -> any IncomingMessages {
    guard let account = run.account else { return incoming }
    let method = methods[run.call.methodIndex]
    return CountedIncoming(incoming) { [self] message in
      try checkQuota(of: account) { $0.isOfRequests }
      account.add(message.count, to: .bytesReceived, shard: otherThreads)
      let rows = message.withUnsafeBytes { method.rows.request.count(in: $0) }
      account.add(rows, to: .rowsReceived, shard: otherThreads)
    }
  }

  /// The replies of a stream, counted as they go, until the day's quota is used up.
  func counted(_ outgoing: any OutgoingMessages, _ run: CallRun) -> any OutgoingMessages {
    guard let account = run.account else { return outgoing }
    let method = methods[run.call.methodIndex]
    return CountedOutgoing(outgoing) { [self] framed in
      try checkQuota(of: account) { $0.isOfReplies }
      countSent(framed, method, account, otherThreads, isRead: true)
    }
  }

  private func countSent(
    _ framed: [UInt8], _ method: Method, _ account: PrincipalAccount, _ shard: Int, isRead: Bool
  ) {
    account.add(framed.count, to: .bytesSent, shard: shard)
    guard isRead else { return }
    let rows = framed.withUnsafeBytes {
      method.rows.reply.count(
        in: UnsafeRawBufferPointer(rebasing: $0.dropFirst(MessageFraming.prefixSizeBytes)))
    }
    account.add(rows, to: .rowsReturned, shard: shard)
  }

  // MARK: Refusals

  /// How often calls were refused for a limit.
  func refusalCount(_ limit: Limit) -> UInt64 { refusals.value(at: limit.rawValue) }

  private func busy(_ adaptive: AdaptiveLimit?, _ limit: Limit) -> Status {
    // About one turn of the queue, and up to twice that, so that those who were refused together do not come back
    // together: the last digits of the time are as good as a die for that.
    let latency = min(2_000_000_000, max(20_000_000, adaptive?.latencyNanoseconds ?? 0))
    return refused(limit, allowed: nil, latency + LimitClock.nanoseconds() % latency)
  }

  private func refused(_ limit: Limit, allowed: Int?, _ nanoseconds: Int64) -> Status {
    refusals.add(1, at: limit.rawValue)
    return limit.refusal(allowed: allowed, retryAfterNanoseconds: nanoseconds)
  }
}

extension CallRun {
  /// The account of the call's principal; nil for a call without a token.
  var account: PrincipalAccount? { credential?.account.value }
}
