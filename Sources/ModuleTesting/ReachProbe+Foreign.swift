import ModuleKit

// The cells of callers from elsewhere.
extension ReachProbe {
  /// Somebody from elsewhere.
  private struct Outsider {
    let situation: AccessMatrix.Situation
    let role: String
    let channel: any ClientChannel

    var name: String {
      "\(role) \(situation == .foreignArea ? "of another area" : "of another organisation")"
    }

    /// Whether anything can be out of reach in a method for being elsewhere. Of another organisation's things, only
    /// platforms and partners reach fewer, and only where the scope goes by organisation.
    func isForeign(to method: Method) -> Bool {
      guard method.isScoped, method.admits(role) else { return false }
      return situation == .foreignArea || method.method.scope != "AREA"
    }

    func cell(of method: Method) -> ForeignCells.Cell {
      ForeignCells.Cell(path: method.path, situation: situation, role: role)
    }
  }

  /// What is sent from elsewhere.
  private struct Trial {
    let request: [UInt8]
    /// What it names that is not for everybody.
    let named: [KnownThings.Thing]
    /// Whether it writes into an area, or about a thing that everybody may read, in a way that nobody did before.
    let isPlaced: Bool
    /// Whether it is a repetition of a request that was answered.
    let isRepeated: Bool
  }

  /// Requests that each method is sent at least.
  private static let leastTrials = 2
  /// Requests that it is sent at most, until one counts in each cell.
  private static let mostTrials = 8
  /// The same for a method that never answered, and is not likely to.
  private static let mostHopelessTrials = 3
  private static let foreignArea = "500101"
  /// The identifier of nothing.
  private static let nobody = "018f3c5e-7b1a-7c3d-9e2f-ffffffffffff"
  /// For a host without a register of organisations.
  private static let madeUpOrganisation = "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e60"

  mutating func tryForeignCells() async throws {
    let outsiders = try await makeOutsiders()
    for method in methods {
      for outsider in outsiders where outsider.isForeign(to: method) { cells.add(outsider.cell(of: method)) }
    }
    // Whatever takes credentials away comes last: those of the probe's own callers may be among them.
    for method in methods where !method.isRevoking { try await tryCells(of: method, outsiders) }
    for method in methods where method.isRevoking { try await tryCells(of: method, outsiders) }
  }

  private func makeOutsiders() async throws -> [Outsider] {
    var outsiders: [Outsider] = []
    for (name, role) in AccessMatrix.roles {
      // Of the same organisation as the caller within reach, so that it is the area alone that keeps it away.
      let organisation = callers.last { $0.role == name }?.organisationID
      let channel = try await host.channel(
        as: role, name: "probe \(name) elsewhere", organisationID: organisation, areaCode: Self.foreignArea)
      outsiders.append(Outsider(situation: .foreignArea, role: name, channel: channel))
    }
    for (name, role) in [("PLATFORM", Roles.platform), ("PARTNER", .partner)] {
      let channel = try await host.channel(
        as: role, name: "probe \(name) of another",
        organisationID: known.uninvolvedOrganisation ?? Self.madeUpOrganisation)
      outsiders.append(Outsider(situation: .foreignOrganisation, role: name, channel: channel))
    }
    return outsiders
  }

  private mutating func tryCells(of method: Method, _ outsiders: [Outsider]) async throws {
    let foreign = outsiders.filter { $0.isForeign(to: method) }
    guard !foreign.isEmpty else { return }
    let all = answered[method.path] ?? []
    // Who knows a worker's phone may register the worker: what was written about nothing in particular is not
    // written again.
    let kept = all.filter { !method.isWrite || !known.guarded(in: $0.request).isEmpty }
    let isHopeless = all.isEmpty && !method.isRevoking
    for index in 0..<(isHopeless ? Self.mostHopelessTrials : Self.mostTrials) {
      if index >= Self.leastTrials, foreign.allSatisfy({ cells.isTried($0.cell(of: method)) }) { return }
      let isRepeated = index < kept.count
      let request =
        isRepeated
        ? kept[index].request
        : maker.request(method.input, in: method.schema, noun: method.noun, known: known)
      let isElsewhere = RequestMaker.namesArea(in: request) || known.namesOpenThing(in: request)
      let trial = Trial(
        request: request, named: known.guarded(in: request),
        isPlaced: method.isWrite && !isRepeated && isElsewhere, isRepeated: isRepeated)
      let own =
        try await isRepeated ? kept[index].caller.channel : insider(answered: all.last?.caller)
      await attempt(trial, method, foreign, own: own)
    }
  }

  /// Somebody who reaches what a method deals with: whoever it answered, if anybody.
  private func insider(answered caller: Caller?) async throws -> any ClientChannel {
    if let caller { return caller.channel }
    // The one before may have lost its credential to its own call.
    return try await host.channel(as: .administrator, name: "probe \(callCount)")
  }

  /// Sends a request from elsewhere, while nothing of it is done yet, and then from within reach, which decides whether
  /// it counts.
  private mutating func attempt(
    _ trial: Trial, _ method: Method, _ foreign: [Outsider], own: any ClientChannel
  ) async {
    for outsider in foreign {
      // Anybody may write what is new, but not into an area that is not theirs.
      let isNew = method.isWrite && trial.named.isEmpty
      if isNew, !trial.isPlaced || outsider.situation != .foreignArea { continue }
      await look(at: method, trial, as: outsider)
    }
    let outcome = await call(method, trial.request, own)
    var counts = outcome.status.code == .ok
    if counts, let reply = reply(of: method, outcome) {
      known.learn(from: reply, statesOnly: !method.isWrite)
    }
    if !counts, trial.isRepeated, let twin = twin(of: trial.request, trial.named.first) {
      // What was done once may be refused now, but not as what does not exist.
      let other = await call(method, twin, own)
      counts = Self.words(outcome, trial.named.first) != Self.words(other, nil)
    }
    guard counts else { return }
    let shown = method.isWrite ? [] : known.guarded(in: outcome.replyBytes)
    for outsider in foreign {
      let isClosed = (trial.named + shown).contains { !known.isPublished($0, to: outsider.situation) }
      if isClosed || (trial.isPlaced && outsider.situation == .foreignArea) {
        cells.markTried(outsider.cell(of: method))
      }
    }
  }

  private mutating func look(at method: Method, _ trial: Trial, as outsider: Outsider) async {
    let outcome = await call(method, trial.request, outsider.channel)
    let closed = trial.named.first { !known.isPublished($0, to: outsider.situation) }
    if let closed { await compare(outcome, trial.request, method, outsider, closed) }
    guard outcome.status.code == .ok else { return }
    let reply = reply(of: method, outcome).map { known.withoutPublished($0, to: outsider.situation) }
    let shown = known.guarded(in: reply?.encoded() ?? outcome.replyBytes)
    if let thing = shown.first(where: { !known.isPublished($0, to: outsider.situation) }) {
      violations.insert("\(method.path) shows a \(thing.type) to \(outsider.name)")
    } else if method.isWrite || method.isStream, let thing = trial.named.first {
      violations.insert("\(method.path) takes a reference to a \(thing.type) from \(outsider.name)")
    } else if trial.isPlaced {
      violations.insert("\(method.path) writes into an area that is not that of \(outsider.name)")
    }
  }

  // MARK: Comparing

  /// Asks for the same of a thing that does not exist: nobody may learn from the answer which of the two is there.
  private mutating func compare(
    _ outcome: MatrixOutcome, _ request: [UInt8], _ method: Method, _ outsider: Outsider,
    _ thing: KnownThings.Thing
  ) async {
    guard let twin = twin(of: request, thing) else { return }
    let other = await call(method, twin, outsider.channel)
    let (words, otherWords) = (Self.words(outcome, thing), Self.words(other, nil))
    if words != otherWords {
      violations.insert(
        "\(method.path) tells \(outsider.name) whether a \(thing.type) exists: \(words); \(otherWords)")
    } else if outcome.status.code == .ok, known.guarded(in: outcome.replyBytes).isEmpty,
      outcome.replyBytes.replacing(thing.id.utf8, with: Self.nobody.utf8) != other.replyBytes
    {
      violations.insert("\(method.path) tells \(outsider.name) whether a \(thing.type) exists by its reply")
    }
  }

  /// A request with the identifier of nothing for that of a thing; nil where that would be one of another form.
  private func twin(of request: [UInt8], _ thing: KnownThings.Thing?) -> [UInt8]? {
    guard let thing, thing.id.utf8.count == Self.nobody.utf8.count else { return nil }
    return request.replacing(thing.id.utf8, with: Self.nobody.utf8)
  }

  /// What a caller is told, as if about nothing.
  private static func words(_ outcome: MatrixOutcome, _ thing: KnownThings.Thing?) -> String {
    let status = outcome.status
    let text = "\(status.code) \(status.reason) \(status.message) \(status.messageChinese)"
    return thing.map { text.replacing($0.id, with: nobody) } ?? text
  }
}
