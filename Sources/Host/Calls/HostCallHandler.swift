import Logging
import ModuleKit

/// Runs the calls that a server receives: checks the token and the policy, then lets the method's handler run
/// where its kind says.
///
/// Invariants of the hot path, which a READ with a token that was seen lately takes:
/// 1. It runs on one event loop from `admit` to `reply` and takes no lock that another thread holds.
/// 2. It builds no string that is stored on the heap, and looks nothing up by one.
/// 3. It logs nothing unless the call is slow or the level is debug.
final class HostCallHandler: CallHandler {
  let methods: MethodTable
  let routes: [Route]
  let loops: [LoopState]
  let storage: HostStorage
  let access: AccessChecker
  let limits: CallLimits
  let metrics: CallMetrics
  let journal: CallJournal
  private let digest: RequestDigest

  init(
    routes: [Route], loops: [LoopState], storage: HostStorage, access: AccessChecker, limits: CallLimits,
    metrics: CallMetrics, journal: CallJournal, digest: RequestDigest
  ) throws(MethodTableError) {
    methods = try MethodTable(routes.map(\.descriptor))
    self.routes = routes
    self.loops = loops
    self.storage = storage
    self.access = access
    self.limits = limits
    self.metrics = metrics
    self.journal = journal
    self.digest = digest
  }

  func admit(_ call: any ServerCall) throws(Status) {
    let route = routes[call.methodIndex]
    if route.isOpen { return }
    let loop = loops[call.loopIndex]
    do {
      try limits.checkPeer(of: call, on: loop)
      let credential = try access.credential(of: call, on: loop)
      try limits.admit(credential, method: call.methodIndex, on: loop)
      try Self.check(credential, route)
      call.hostContext = credential
    } catch {
      limits.refusedAdmission(error, of: call, on: loop)
      let run = CallRun(call, start: .now, requestID: loop.identifiers.identifier(of: call))
      throw settle(run, error: error, shard: call.loopIndex)
    }
  }

  /// - Throws: `Status` PERMISSION_DENIED where the policy keeps the credential from the method.
  private static func check(_ credential: Credential, _ route: Route) throws(Status) {
    guard !credential.roles.isDisjoint(with: route.allowedRoles) else {
      throw AccessChecker.denied(route.descriptor)
    }
    guard route.callScope != .host || credential.caller.areaCodes.isEmpty else {
      throw AccessChecker.areaBound(route.descriptor)
    }
  }

  /// Who calls, if anything was revoked or changed since `admit`: a message may come a while after its headers. Nil
  /// where nothing was.
  private func changedCredential(of call: any ServerCall, _ route: Route, _ loop: LoopState) throws
    -> Credential?
  {
    guard let admitted = CallRun.admitted(call), !access.isCurrent(admitted) else { return nil }
    let credential = try access.credential(of: call, on: loop)
    try Self.check(credential, route)
    return credential
  }

  func unary(_ call: any ServerCall, _ message: UnsafeRawBufferPointer) {
    let loop = loops[call.loopIndex]
    let route = routes[call.methodIndex]
    var run = CallRun(call, start: .now, requestID: loop.identifiers.identifier(of: call))
    limits.received(run, message)
    do {
      if let credential = try changedCredential(of: call, route, loop) { run.credential = credential }
      run.purpose = try CallPurpose.read(call, route: route, roles: run.roles)
    } catch {
      return fail(run, error, shard: call.loopIndex)
    }
    // A write's digest waits until the write is let in: what is refused must cost little.
    if run.purpose != nil, route.descriptor.kind != .write { run.digest = digest(route, run, message) }
    switch route.work {
    case .read(let body): read(run, message, loop, body)
    case .direct(let body): direct(run, message, loop, body)
    case .report(let body): report(run, Array(message), body)
    case .write(let prepare): write(run, message, loop, prepare, isKeptWhole: true)
    case .writeUnstored(let prepare): write(run, message, loop, prepare, isKeptWhole: false)
    case .stream:
      preconditionFailure("the transport took the stream \(methods[call.methodIndex].path) for a unary call")
    }
  }

  func batchEnded(loopIndex: Int) { loops[loopIndex].reader.endBatch() }

  // MARK: Reads

  private func read(
    _ run: CallRun, _ message: UnsafeRawBufferPointer, _ loop: LoopState, _ body: BoundMethod.Read
  ) {
    var output: [UInt8] = []
    var persons: [String] = []
    do {
      try loop.reader.read(call: context(run)) { snapshot in
        try body(message, loop.arena, snapshot, &output)
        guard snapshot.isScopeHeeded else { throw CallFault.scopeIgnored }
        if run.purpose != nil { persons = snapshot.concernedPersons }
      }
    } catch {
      return fail(run, error, shard: run.call.loopIndex)
    }
    if run.purpose != nil { return answer(run, output, recording: persons) }
    reply(run, output, shard: run.call.loopIndex)
  }

  private func direct(
    _ run: CallRun, _ message: UnsafeRawBufferPointer, _ loop: LoopState, _ body: Route.Direct
  ) {
    var output: [UInt8] = []
    do {
      try body(message, loop.arena, &output)
    } catch {
      return fail(run, error, shard: run.call.loopIndex)
    }
    reply(run, output, shard: run.call.loopIndex)
  }

  private func report(_ run: CallRun, _ message: [UInt8], _ body: @escaping BoundMethod.Read) {
    do { try limits.enter(.report, run) } catch { return fail(run, error, shard: run.call.loopIndex) }
    metrics.entered()
    let shard = metrics.otherThreads
    let persons = run.purpose == nil ? nil : ReadPersons()
    storage.database.readPool.submit(context(run)) { [storage, limits] snapshot, output in
      if run.call.isCancelled { throw CancellationError() }
      let start = ContinuousClock.now
      defer { limits.reports?.took(Int64((ContinuousClock.now - start).wholeNanoseconds)) }
      let arena = storage.makeArena()
      try message.withUnsafeBytes { try body($0, arena, snapshot, &output) }
      guard snapshot.isScopeHeeded else { throw CallFault.scopeIgnored }
      persons?.list = snapshot.concernedPersons
    } completion: { result in
      self.limits.leave(.report, run)
      self.metrics.left()
      switch result {
      case .success(let output):
        if let persons { return self.answer(run, output, recording: persons.list) }
        self.reply(run, output, shard: shard)
      case .failure(let error): self.fail(run, error, shard: shard)
      }
    }
  }

  // MARK: Writes

  private func write(
    _ run: CallRun, _ message: UnsafeRawBufferPointer, _ loop: LoopState, _ prepare: BoundMethod.Prepare,
    isKeptWhole: Bool
  ) {
    let route = routes[run.call.methodIndex]
    do { try limits.enter(.write, run) } catch { return fail(run, error, shard: run.call.loopIndex) }
    let job: WriteJob
    do {
      let key = try IdempotencyKey.read(run.call)
      let perform = try prepare(message, loop.arena)
      let arena = storage.writerArena
      // What is kept is masked. Without a purpose what is sent is masked as well, and encoded once for both.
      let first = key != nil && (run.purpose != nil || !isKeptWhole) ? FirstReply() : nil
      job = WriteJob(
        call: context(run), digest: digest(route, run, message), idempotencyKey: key,
        sizeBytes: message.count + 1_024,
        isCancelled: { [call = run.call] in call.isCancelled },
        body: { transaction, output in
          try perform(transaction, arena.value, &output, first)
          guard transaction.isScopeHeeded else { throw CallFault.scopeIgnored }
        },
        completion: { result in self.written(run, route, result, first) })
    } catch {
      limits.leave(.write, run, waited: false)
      return fail(run, error, shard: run.call.loopIndex)
    }
    metrics.entered()
    storage.database.writer.submit(job)
  }

  private func written(
    _ run: CallRun, _ route: Route, _ result: Result<WriteReply, any Error>, _ first: FirstReply?
  ) {
    limits.leave(.write, run)
    metrics.left()
    switch result {
    case .failure(let error): fail(run, error, shard: metrics.otherThreads)
    case .success(let written):
      if written.replayed { return reply(run, written.bytes, shard: metrics.otherThreads, isReplayed: true) }
      route.afterCommit?()
      reply(run, first?.bytes ?? written.bytes, shard: metrics.otherThreads)
    }
  }

  // MARK: Streams

  func stream(_ call: any ServerCall, _ incoming: any IncomingMessages, _ outgoing: any OutgoingMessages)
    async throws
  {
    let route = routes[call.methodIndex]
    guard case .stream(let body) = route.work else {
      preconditionFailure("the transport took the unary call \(route.descriptor.path) for a stream")
    }
    // A stream's task may run beside its loop, so its identifier does not come from the loop's state.
    var identifiers = RequestIdentifiers()
    let run = CallRun(call, start: .now, requestID: identifiers.identifier(of: call))
    do {
      _ = try CallPurpose.read(call, route: route, roles: run.roles)
    } catch {
      throw settle(run, error: error, shard: metrics.otherThreads)
    }
    metrics.entered()
    defer { metrics.left() }
    let scope = StreamScope()
    let context = StreamContext(
      caller: run.caller, requestID: run.requestID, metadata: call.metadata,
      storage: CallStorage(
        database: storage.database, call: context(run), scope: scope, access: access,
        credential: run.credential))
    var replies = limits.counted(outgoing, run)
    // Streams that need not ask may reach no storage at all.
    let mustAsk = route.callScope.isToBeAsked
    if mustAsk { replies = StreamScope.CheckedOutgoing(outgoing: replies, scope: scope) }
    do {
      try limits.openStream(run)
      defer { limits.closeStream(run) }
      try await body(context, limits.counted(incoming, run), replies)
      if mustAsk { try scope.check() }
    } catch {
      throw settle(run, error: error, shard: metrics.otherThreads)
    }
    journal.ended(run, route, .ok, shard: metrics.otherThreads)
  }

  // MARK: Ends

  func reply(_ run: CallRun, _ output: consuming [UInt8], shard: Int, isReplayed: Bool = false) {
    limits.sent(run, output, shard: shard)
    journal.ended(run, routes[run.call.methodIndex], .ok, shard: shard)
    var trailers = Metadata()
    if isReplayed { trailers.add("idempotent-replayed", "true") }
    if run.isNamedByCaller { trailers.add("x-request-id", run.requestID) }
    run.call.reply(output, trailers: trailers)
  }

  func fail(_ run: CallRun, _ error: any Error, shard: Int) {
    run.call.fail(settle(run, error: error, shard: shard))
  }

  /// Maps, counts and logs an error; the status is for the caller.
  private func settle(_ run: CallRun, error: any Error, shard: Int) -> Status {
    let route = routes[run.call.methodIndex]
    let outcome = ErrorMapping.outcome(error, requestID: run.requestID)
    journal.ended(run, route, outcome.status.code, shard: shard)
    if let unexpected = outcome.unexpected { journal.unexpected(run, route, unexpected) }
    return outcome.status
  }

  func context(_ run: CallRun) -> CallContext {
    let route = routes[run.call.methodIndex]
    var deadline = run.call.deadline
    if let longest = route.longest {
      let latest = run.start + longest
      if deadline.map({ latest < $0 }) ?? true { deadline = latest }
    }
    return CallContext(
      module: route.scope, caller: run.caller, requestID: run.requestID, method: route.method,
      deadline: deadline, purpose: run.purpose, credentialID: run.credential?.id ?? "",
      scope: route.callScope, admittedRoles: route.admittedRoles)
  }
}
