import ModuleKit

/// Serves WishService. Its calls are in extensions, one file for each part of a wish's life.
struct WishesHandler: WishServiceHandler {
  /// The register of workers.
  let workers: any WorkerDirectory
  /// The register of organisations.
  let organisations: any OrganisationDirectory
  /// The tree of areas.
  let areas: any AreaDirectory

  /// The timer that ends a claim; its key is the claim.
  static let lapseTimer = "claim_lapse"
  /// The timer that reminds of a delivery to be confirmed; its key is the claim.
  static let confirmationTimer = "confirmation_due"
}

extension WishesHandler {
  /// Refuses a step that the wish's state does not allow.
  /// - Throws: `WishesError.wishStateConflict`.
  func require(_ step: WishStep, of wish: WishRecord) throws {
    guard step.allowedStates.contains(wish.state) else {
      throw WishesError.wishStateConflict(
        step: step.rawValue, state: wish.state.name, allowed: step.allowedStates.map(\.name))
    }
  }

  /// Refuses a step that the claim's state does not allow.
  /// - Throws: `WishesError.claimStateConflict`.
  func require(_ step: ClaimStep, of claim: ClaimRecord) throws {
    guard claim.state == step.allowedState else {
      throw WishesError.claimStateConflict(
        step: step.rawValue, state: claim.state.name, allowed: step.allowedState.name)
    }
  }

  /// Refuses a change that was made in view of an older version; an empty etag is any version.
  /// - Throws: `WishesError.staleEtag`.
  func require(etag given: String, current: String, of resource: String) throws {
    guard given.isEmpty || given == current else {
      throw WishesError.staleEtag(resource: resource, current: current)
    }
  }

  /// Refuses a text that is declared required and holds nothing but spaces.
  /// - Throws: `WishesError.invalid`.
  func requireText(_ text: String, field: String) throws {
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw WishesError.invalid([Flaw(field, "BLANK", "must say something", "不能为空白")])
    }
  }

  /// The organisation that the caller acts for.
  /// - Throws: `WishesError.organisationNeeded`.
  func callersOrganisation(_ step: String, in snapshot: Snapshot) throws -> String {
    guard let id = snapshot.caller.organisationID else { throw WishesError.organisationNeeded(step) }
    return id
  }

  /// Ends a change of a wish: records the step, counts the version up and writes the row.
  func save(
    _ wish: inout WishRecord, after step: HistoryStep, from state: Wish.State, in transaction: Transaction
  ) throws {
    try HistoryStore.append(
      step, to: &wish, from: state, actor: transaction.caller.actor, in: transaction)
    wish.version += 1
    wish.updatedAt = transaction.now
    try WishStore.saveProgress(wish, in: transaction)
    if wish.state != state { try WishStore.saveState(wish, in: transaction) }
  }

  /// A wish as the caller sees it after a change.
  func reply(_ wish: WishRecord, in transaction: Transaction) throws -> Wish {
    guard let sight = try sight(of: wish, in: transaction) else { throw WishesError.wishNotFound(wish.id) }
    return try view(wish, sight, in: transaction)
  }
}
