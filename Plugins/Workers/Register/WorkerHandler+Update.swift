import ModuleKit

extension WorkerHandler {
  /// What a platform may change of a worker.
  private static let platformFields: Set<String> = ["phone", "other_phones", "occupations"]

  func updateWorker(_ request: UpdateWorkerRequest, _ transaction: Transaction) throws -> Worker {
    let reach = transaction.reach
    let worker = try fullWorker(request.id, reach, transaction)
    try WorkersError.requireETag(request.etag, is: worker.etag, of: "worker")
    let selection = try WorkerHandler.selection(of: request)
    if reach.employerID != nil {
      let others = selection.others(than: WorkerHandler.platformFields)
      guard others.isEmpty else { throw WorkersError.fieldsNotYours(others) }
    }
    let changed = try changed(worker, by: request, selection, transaction)
    let isWithoutAffiliation = (changed.affiliation ?? Affiliation()) == Affiliation()
    if !request.affiliationConsent.isEmpty, !selection.concernsAffiliation || isWithoutAffiliation {
      throw WorkersError.invalid([WorkerInput.consentToNothing])
    }
    try checkAffiliation(of: changed, insteadOf: worker, request, transaction)
    try exchangePhones(of: worker, for: changed, transaction)
    try WorkerWriter(transaction: transaction, vault: vault).update(
      worker.id, PersonalFacts(changed), occupations: OccupationSet(changed.occupations),
      areaCode: changed.areaCode)
    if changed.areaCode != worker.areaCode {
      try WorkerWriter(transaction: transaction, vault: vault).emitMove(
        worker.id, from: worker.areaCode, to: changed.areaCode)
    }
    // Staff who moved the worker out of their own area see the result once more.
    return reach.view(of: try fullWorker(worker.id, .everything, transaction))
  }

  /// The fields that an update changes. The affiliation as a whole is changed only where the mask says so; else each
  /// of its fields by itself, so that setting one leaves the others as they are.
  private static func selection(of request: UpdateWorkerRequest) throws -> FieldSelection {
    let affiliation = request.affiliation ?? Affiliation()
    let saysMembership = affiliation.partyMembership != .unspecified
    return try FieldSelection(
      request.updateMask,
      of: [
        "name": !request.name.isEmpty, "identity_number": !request.identityNumber.isEmpty,
        "phone": !request.phone.isEmpty, "other_phones": !request.otherPhones.isEmpty,
        "occupations": !request.occupations.isEmpty, "area_code": !request.areaCode.isEmpty,
        "affiliation": false,
        "affiliation.party_membership": saysMembership,
        "affiliation.is_mobile_party_member": affiliation.isMobilePartyMember,
        "affiliation.party_branch": !affiliation.partyBranch.isEmpty,
        "affiliation.is_union_member": affiliation.isUnionMember,
        "affiliation.union_name": !affiliation.unionName.isEmpty,
        "affiliation.is_youth_league_member": affiliation.isYouthLeagueMember,
        "affiliation.youth_league_branch": !affiliation.youthLeagueBranch.isEmpty,
      ])
  }

  /// Refuses to write down what the worker did not consent to, and records a consent that came along.
  private func checkAffiliation(
    of changed: Worker, insteadOf worker: Worker, _ request: UpdateWorkerRequest, _ transaction: Transaction
  ) throws {
    let affiliation = changed.affiliation ?? Affiliation()
    guard affiliation != worker.affiliation ?? Affiliation(), affiliation != Affiliation() else { return }
    let evidence = PlainText.tidied(request.affiliationConsent)
    guard try !evidence.isEmpty || consent.isGiven(by: worker.id, in: transaction) else {
      throw WorkersError.affiliationNeedsConsent
    }
    try consent.record(evidence, of: worker.id, in: transaction)
  }

  private func changed(
    _ worker: Worker, by request: UpdateWorkerRequest, _ selection: FieldSelection, _ transaction: Transaction
  ) throws -> Worker {
    var changed = worker
    if selection.contains("name") {
      changed.name = PlainText.personName(request.name)
      if let violation = WorkerInput.nameViolation(changed.name) { throw WorkersError.invalid([violation]) }
    }
    if selection.contains("identity_number") {
      changed.identityNumber = try identityNumber(request, of: worker, transaction)
    }
    if selection.contains("phone") {
      guard let phone = PhoneNumber.normalised(request.phone) else {
        throw WorkersError.invalid([WorkerInput.phoneViolation("phone")])
      }
      changed.phone = phone
      // Nobody said that the one to call first until now is the worker's no more.
      if !worker.phone.isEmpty { changed.otherPhones.insert(worker.phone, at: 0) }
    }
    if selection.contains("other_phones") {
      changed.otherPhones = request.otherPhones.compactMap { PhoneNumber.normalised($0) }
    }
    var seen: Set = [changed.phone]
    changed.otherPhones.removeAll { !seen.insert($0).inserted }
    if selection.contains("phone"), changed.otherPhones.count >= WorkerInput.maximumPhoneCount {
      throw WorkersError.noRoomForPhone
    }
    if selection.contains("occupations") { changed.occupations = OccupationSet(request.occupations).list }
    if selection.contains("area_code") {
      let code = try AreaInput.code(request.areaCode)
      guard try AreaStore(snapshot: transaction).exists(code) else {
        throw WorkersError.areaNotFound(code.text)
      }
      changed.areaCode = code.text
    }
    if selection.concernsAffiliation {
      changed.affiliation = (worker.affiliation ?? Affiliation())
        .taking(selection, from: request.affiliation ?? Affiliation())
    }
    return changed
  }

  /// The identity number that a worker is to have: nobody else's, of somebody who may work.
  private func identityNumber(
    _ request: UpdateWorkerRequest, of worker: Worker, _ transaction: Transaction
  ) throws -> String {
    if request.identityNumber.isEmpty { return "" }
    guard let number = IdentityNumber(request.identityNumber) else {
      throw WorkersError.invalid([
        IdentityNumber.violation(of: request.identityNumber, field: "identity_number")
      ])
    }
    if let violation = WorkerInput.ageViolation(number, today: CalendarDate.inChina(at: transaction.now)) {
      throw WorkersError.invalid([violation])
    }
    let holder = try WorkerStore(snapshot: transaction, vault: vault).id(identityNumber: number.text)
    if let holder, holder != worker.id {
      throw try takenNumber(of: holder, "identity_number", transaction)
    }
    return number.text
  }

  /// Why a worker cannot have a number of somebody else. Of somebody out of reach it says what registration says.
  private func takenNumber(
    of holder: String, _ field: String, _ transaction: Transaction
  ) throws -> WorkersError {
    let reach = transaction.reach
    let other = try WorkerStore(snapshot: transaction, vault: vault).standing(holder)
    guard let other, reach.isWithinAreas(other.areaCode) else { return WorkersError.registeredElsewhere }
    return reach.includes(other) ? WorkersError.conflict(fields: [field]) : WorkersError.conflictOutOfReach
  }

  private func exchangePhones(of worker: Worker, for changed: Worker, _ transaction: Transaction) throws {
    let old = Set([worker.phone] + worker.otherPhones)
    let new = [changed.phone] + changed.otherPhones
    let writer = WorkerWriter(transaction: transaction, vault: vault)
    for phone in old.subtracting(new).sorted() { try writer.delete(phone: phone, of: worker.id) }
    for phone in new where !old.contains(phone) {
      if let holder = try WorkerStore(snapshot: transaction, vault: vault).id(phone: phone) {
        throw try takenNumber(of: holder, phone == changed.phone ? "phone" : "other_phones", transaction)
      }
      try writer.insert(phone: phone, of: worker.id)
    }
  }
}

extension FieldSelection {
  /// Whether it is about the affiliation: the whole of it or a field of it.
  fileprivate var concernsAffiliation: Bool {
    names.contains { $0 == "affiliation" || $0.hasPrefix("affiliation.") }
  }
}

extension Affiliation {
  /// This affiliation with what of another one is selected.
  fileprivate func taking(_ selection: FieldSelection, from other: Affiliation) -> Affiliation {
    if selection.contains("affiliation") { return other }
    var changed = self
    for name in selection.names {
      switch name {
      case "affiliation.party_membership": changed.partyMembership = other.partyMembership
      case "affiliation.is_mobile_party_member": changed.isMobilePartyMember = other.isMobilePartyMember
      case "affiliation.party_branch": changed.partyBranch = other.partyBranch
      case "affiliation.is_union_member": changed.isUnionMember = other.isUnionMember
      case "affiliation.union_name": changed.unionName = other.unionName
      case "affiliation.is_youth_league_member": changed.isYouthLeagueMember = other.isYouthLeagueMember
      case "affiliation.youth_league_branch": changed.youthLeagueBranch = other.youthLeagueBranch
      default: break
      }
    }
    return changed
  }
}
