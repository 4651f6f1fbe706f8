import ModuleKit

/// Serves WishService. Its calls are in extensions, one file for each part of a wish's life.
struct WishesHandler: WishServiceHandler {
  /// The register of workers.
  let workers: any WorkerDirectory
  /// The register of organisations.
  let organisations: any OrganisationDirectory
  /// The tree of areas.
  let areas: any AreaDirectory
  /// What persons have agreed to, as the host keeps it.
  let consent: PublicationConsent
  /// Seals what is personal.
  let vault: WishVault

  /// The timer that ends a claim; its key is the claim.
  static let lapseTimer = "claim_lapse"
  /// The timer that reminds of a delivery to be confirmed; its key is the claim.
  static let confirmationTimer = "confirmation_due"
  /// The timer that deletes what is personal after the end of a wish; its key is the wish.
  static let retentionTimer = "retention"
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

  /// Refuses a text that is declared required and holds nothing but spaces.
  /// - Throws: `WishesError.invalid`.
  func requireText(_ text: String, field: String) throws {
    if text.isBlank { throw WishesError.invalid([.blank(field)]) }
  }

  /// The organisation that the caller acts for.
  /// - Throws: `WishesError.organisationNeeded`.
  func callersOrganisation(_ step: String, in snapshot: Snapshot) throws -> String {
    guard let id = snapshot.caller.organisationID else { throw WishesError.organisationNeeded(step) }
    return id
  }

  /// Ends a change of a wish: records the step, counts the version up and writes the row. A wish that ended with it
  /// has its personal data deleted in time.
  /// - Parameter publishes: whether title and description, which were a draft, are for everybody from now on.
  func save(
    _ wish: inout WishRecord, after step: HistoryStep, from state: Wish.State, publishes: Bool = false,
    in transaction: Transaction
  ) throws {
    try record(step, to: &wish, from: state, in: transaction)
    try armRetention(of: &wish, in: transaction)
    wish.version += 1
    wish.updatedAt = transaction.now
    try WishStore.saveProgress(
      wish, changesState: wish.state != state, publishes: publishes, in: transaction)
  }

  /// Records a step of the caller's; the wish has to be saved afterwards.
  func record(
    _ step: HistoryStep, to wish: inout WishRecord, from state: Wish.State, in transaction: Transaction
  ) throws {
    try HistoryStore.append(
      step, to: &wish, from: state, actor: transaction.roles.actor, vault: vault, in: transaction)
  }

  /// A wish as the caller sees it after a change.
  /// - Parameters:
  ///   - wisherName: the wisher's name, where the change has asked the register for it.
  ///   - claim: the claim that the change has made or changed, which is shown as it is if it is the wish's only one.
  func reply(
    _ wish: WishRecord, wisherName: String? = nil, claim: ClaimRecord? = nil, in transaction: Transaction
  ) throws -> Wish {
    guard let sight = try sight(of: wish, in: transaction) else { throw WishesError.wishNotFound(wish.id) }
    return try view(
      wish, sight, wisherName: wisherName, claim: wish.claimCount == 1 ? claim : nil, in: transaction)
  }
}
