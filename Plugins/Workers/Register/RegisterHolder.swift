import ModuleKit

/// What the register holds about a person, and how it lets go of it.
struct RegisterHolder: PersonalDataHolder {
  private static let update = "yizhan.workers.v1.WorkerService/UpdateWorker"
  /// What somebody to ask for in an organisation is kept for, as the fields declare it.
  private static let contactPurpose = "contact"

  let vault: WorkerVault

  func holdings(of person: String, in snapshot: Snapshot) throws -> [PersonalHolding] {
    guard let worker = try entry(of: person, in: snapshot) else {
      return try organisations(snapshot).organisation(contactPerson: person).map { [contact(of: $0)] } ?? []
    }
    var holdings = [registration(worker)]
    if let affiliation = worker.affiliation { holdings.append(self.affiliation(affiliation, of: worker)) }
    for employment in worker.employments { holdings.append(self.employment(employment)) }
    return holdings
  }

  /// The entry of a person; nil for one who is in no register.
  /// - Throws: `WorkersError.mergedInto` for the identifier of an entry that leads to another one.
  private func entry(of person: String, in snapshot: Snapshot) throws -> Worker? {
    guard let worker = try WorkerStore(snapshot: snapshot, vault: vault).worker(person, .everything) else {
      return nil
    }
    try requireOwnEntry(worker, of: person)
    return worker
  }

  /// Other modules know the person by the identifier of the entry that goes on, and the host destroys the key of the
  /// one that it was given: half of the person would stay.
  private func requireOwnEntry(_ worker: Worker, of person: String) throws {
    guard worker.id == person else { throw WorkersError.mergedInto(id: worker.id) }
  }

  private func registration(_ worker: Worker) -> PersonalHolding {
    let sex = worker.sex == .unspecified ? "" : "\(worker.sex)"
    return PersonalHolding(
      title: "registration", titleChinese: "登记信息", purpose: "register", isSensitive: true,
      recordID: worker.id,
      since: worker.createTime.flatMap { Instant($0) },
      fields: [
        .init("name", worker.name), .init("identity_number", worker.identityNumber),
        .init("phones", ([worker.phone] + worker.otherPhones).joined(separator: " ")),
        .init("sex", sex), .init("birth_date", worker.birthDate), .init("area_code", worker.areaCode),
        .init("occupations", worker.occupations.map { "\($0)" }.joined(separator: " ")),
      ].filter { !$0.value.isEmpty },
      disposition: .erased, correctedBy: Self.update)
  }

  private func affiliation(_ affiliation: Affiliation, of worker: Worker) -> PersonalHolding {
    PersonalHolding(
      title: "party, union and youth league", titleChinese: "党群组织关系", purpose: AffiliationConsent.purpose,
      isSensitive: true,
      recordID: worker.id,
      fields: [
        .init(
          "party_membership",
          affiliation.partyMembership == .unspecified ? "" : "\(affiliation.partyMembership)"),
        .init("party_branch", affiliation.partyBranch),
        .init("is_mobile_party_member", affiliation.isMobilePartyMember ? "true" : ""),
        .init("is_union_member", affiliation.isUnionMember ? "true" : ""),
        .init("union_name", affiliation.unionName),
        .init("is_youth_league_member", affiliation.isYouthLeagueMember ? "true" : ""),
        .init("youth_league_branch", affiliation.youthLeagueBranch),
      ].filter { !$0.value.isEmpty },
      disposition: .erased, correctedBy: Self.update)
  }

  private func employment(_ employment: Employment) -> PersonalHolding {
    PersonalHolding(
      title: "employment", titleChinese: "从业记录", purpose: "register", recordID: employment.id,
      fields: [
        .init("organisation_id", employment.organisationID), .init("station", employment.station),
        .init("staff_number", employment.staffNumber), .init("start_date", employment.startDate),
        .init("end_date", employment.endDate),
      ].filter { !$0.value.isEmpty },
      disposition: .pseudonymised, correctedBy: "yizhan.workers.v1.WorkerService/EndEmployment")
  }

  private func organisations(_ snapshot: Snapshot) -> OrganisationStore {
    OrganisationStore(snapshot: snapshot, vault: OrganisationVault(vault: vault.vault))
  }

  private func organisationWriter(_ transaction: Transaction) -> OrganisationWriter {
    OrganisationWriter(transaction: transaction, vault: OrganisationVault(vault: vault.vault))
  }

  /// What is held of somebody who is the contact of an organisation and in no register.
  private func contact(of organisation: Organisation) -> PersonalHolding {
    PersonalHolding(
      title: "contact of an organisation", titleChinese: "单位联系人", purpose: Self.contactPurpose,
      recordID: organisation.id, areaCode: organisation.areaCode,
      fields: [
        .init("organisation", organisation.name), .init("contact_name", organisation.contactName),
        .init("contact_phone", organisation.contactPhone),
      ].filter { !$0.value.isEmpty },
      disposition: .erased, correctedBy: "yizhan.workers.v1.OrganisationService/UpdateOrganisation")
  }

  func erase(_ person: String, in transaction: Transaction) throws {
    guard let worker = try WorkerStore(snapshot: transaction, vault: vault).standing(person) else {
      return try organisationWriter(transaction).removeContact(person)
    }
    try requireOwnEntry(worker, of: person)
    guard !worker.employments.contains(where: { $0.state == .open }) else { throw WorkersError.stillEmployed }
    try transaction.execute("DELETE FROM workers_phone WHERE worker_id = ?", worker.id)
    try transaction.execute(
      """
      UPDATE workers_worker
      SET state = ?, personal = NULL, name_hash = NULL, identity_hash = NULL, version = version + 1, update_time = ?
      WHERE id = ?
      """, Worker.State.erased.rawValue, transaction.now, worker.id)
    try transaction.execute(
      "UPDATE workers_employment SET station = '' WHERE worker_id = ?", worker.id)
    // Entries that were merged into this one have keys of their own, for what is sealed elsewhere.
    let merged = try transaction.all("SELECT id FROM workers_worker WHERE merged_into = ?", worker.id) {
      $0.text(0)
    }
    for id in merged { try vault.vault.destroyKey(of: id, in: transaction) }
  }

  /// Party, union and youth league go, and so does who to ask for in an organisation. An entry in the register itself
  /// goes with its erasure alone.
  func withdraw(_ purpose: String, of person: String, in transaction: Transaction) throws {
    switch purpose {
    case AffiliationConsent.purpose: try withdrawAffiliation(of: person, in: transaction)
    // The key stays with the person, because the consent that was withdrawn is sealed with it.
    case Self.contactPurpose: try organisationWriter(transaction).removeContact(person)
    default: break
    }
  }

  private func withdrawAffiliation(of person: String, in transaction: Transaction) throws {
    guard let worker = try entry(of: person, in: transaction), worker.affiliation != nil else { return }
    var personal = PersonalFacts(worker)
    personal.affiliation = Affiliation()
    try WorkerWriter(transaction: transaction, vault: vault).update(
      worker.id, personal, occupations: OccupationSet(worker.occupations), areaCode: worker.areaCode)
  }
}
