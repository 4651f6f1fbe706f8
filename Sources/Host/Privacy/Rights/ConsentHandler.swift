import ModuleKit

/// Serves `yizhan.privacy.v1.ConsentService`, and consents to the modules that keep what only consent allows.
struct ConsentHandler: ConsentServiceHandler {
  /// The age from which on a child consents for itself. Source: PIPL article 31.
  static let ageOfConsentYears = 14
  /// What a call says that it needs personal data for when it acts on a person's rights.
  static let rightsPurpose = "rights"

  let people: People
  let consents: ConsentStore
  private var register: PersonalDataRegister { people.register }

  func grantConsent(_ request: GrantConsentRequest, _ transaction: Transaction) throws -> Consent {
    let person = try people.livingPerson(request.personID, in: transaction)
    transaction.subject = person.id
    transaction.concerns(person: person.id)
    let purposes = register.purposes
    let known = purposes.names(for: transaction.roles) ?? purposes.names
    guard known.contains(request.purpose) else {
      throw PrivacyError.purposeUnknown(request.purpose, known: known)
    }
    if let guardian = request.guardian {
      try Self.requireWhole(guardian)
    } else if request.birthDate.isEmpty {
      // Nobody under 16 works (Labour Law, article 15), so the register's workers are of age.
      guard person.isWorker || request.ofAge else { throw PrivacyError.ageNeeded }
    } else if try Self.isChild(bornOn: request.birthDate, at: transaction.now) {
      throw PrivacyError.guardianNeeded
    }
    return Consent(
      try grant(
        request.purpose, by: person.id, isSeparate: request.separate,
        ConsentStore.Personal(evidence: request.evidence, guardian: request.guardian), in: transaction))
  }

  /// Withdrawn again, what modules took in since goes; of the consent or the objection nothing changes.
  func withdrawConsent(_ request: WithdrawConsentRequest, _ transaction: Transaction) throws -> Consent {
    let person = try people.livingPerson(request.personID, in: transaction)
    transaction.subject = person.id
    transaction.concerns(person: person.id)
    func latest() throws -> ConsentStore.ConsentRow? {
      try consents.consents(of: person.id, to: [request.purpose], limit: 1, in: transaction).first
    }
    let visible = register.purposes.names(for: transaction.roles)
    let declared = visible ?? register.purposes.names
    let known = try latest()
    // Staff also end consents to what the modules that are gone kept data for.
    guard declared.contains(request.purpose) || (visible == nil && known != nil) else {
      throw PrivacyError.purposeUnknown(request.purpose, known: declared)
    }
    transaction.forget()
    if known == nil {
      try consents.object(to: request.purpose, by: person.id, in: transaction)
    } else {
      // Ends those alone that are open, if any are.
      try consents.withdraw(request.purpose, of: person.id, in: transaction)
    }
    try letGo(of: request.purpose, of: person.id, in: transaction)
    guard let ended = try latest() else { preconditionFailure("a consent or an objection was kept") }
    return Consent(ended)
  }

  /// After a merge: what one entry had consented to, and the other's later word refused, is withdrawn. What a module
  /// cannot let go of yet, as it would tell whoever withdraws, it keeps.
  func followMerge(into person: String, in transaction: Transaction) throws {
    for purpose in try consents.overruledPurposes(of: person, in: transaction) {
      transaction.forget()
      try consents.withdraw(purpose, of: person, in: transaction)
      try letGo(of: purpose, of: person, asFarAsPossible: true, in: transaction)
    }
  }

  /// Has every module let go of what it kept for a purpose alone.
  /// - Parameter asFarAsPossible: whether a module may refuse, as while a wish is open, and the others do it still.
  private func letGo(
    of purpose: String, of person: String, asFarAsPossible: Bool = false, in transaction: Transaction
  ) throws {
    for holder in register.holders {
      do {
        try holder.named {
          try holder.holder.withdraw(purpose, of: person, in: transaction.entering(holder.module))
        }
      } catch let status as Status where asFarAsPossible && status.code == .failedPrecondition {}
    }
    try transaction.emit(ConsentWithdrawnEvent(personID: person, purpose: purpose), subject: person)
  }

  func listConsents(_ request: ListConsentsRequest, _ snapshot: Snapshot) throws -> ListConsentsResponse {
    let person = try people.person(request.personID, in: snapshot)
    snapshot.concerns(person: person.id)
    let page = try Page(
      size: request.pageSize, token: request.pageToken, query: ["consents", person.id])
    var rows = try consents.consents(
      of: person.id, to: register.purposes.names(for: snapshot.roles), before: page.cursor.first,
      limit: page.limit + 1, in: snapshot)
    let next = page.cut(&rows) { [$0.id] }
    return ListConsentsResponse(consents: rows.map { Consent($0) }, nextPageToken: next)
  }

  private func grant(
    _ purpose: String, by person: String, isSeparate: Bool, _ personal: ConsentStore.Personal,
    in transaction: Transaction
  ) throws -> ConsentStore.ConsentRow {
    // A guardian consents for a child, all of whose data is sensitive.
    guard isSeparate || personal.guardian == nil else { throw PrivacyError.separateNeededForChild }
    guard isSeparate || !register.purposes.isSensitive(purpose) else {
      throw PrivacyError.separateNeeded(purpose: purpose)
    }
    return try consents.grant(purpose, by: person, isSeparate: isSeparate, personal, in: transaction)
  }

  /// Refuses a guardian of whom something is missing.
  private static func requireWhole(_ guardian: Guardian) throws {
    guard !guardian.name.isEmpty, !guardian.relation.isEmpty,
      !(guardian.phone.isEmpty && guardian.identityNumber.isEmpty)
    else { throw PrivacyError.guardianNeeded }
  }

  private static func isChild(bornOn text: String, at time: Instant) throws -> Bool {
    guard let birth = CalendarDate(text) else { return false }
    // China keeps one time, eight hours ahead of UTC, the year round.
    let civil = CivilTime.date(days: (time.milliseconds + 8 * 3_600_000) / 86_400_000)
    guard let today = CalendarDate(year: civil.year, month: civil.month, day: civil.day), birth <= today
    else {
      throw PrivacyError.birthDateInFuture
    }
    let hadBirthday = (today.month, today.day) >= (birth.month, birth.day)
    return today.year - birth.year - (hadBirthday ? 0 : 1) < ageOfConsentYears
  }
}

extension ConsentHandler: ConsentDirectory {
  func hasConsent(of person: String, to purpose: String, in snapshot: Snapshot) throws -> Bool {
    let snapshot = snapshot.entering(people.scope)
    if try consents.isOpen(purpose, of: person, isSeparate: true, in: snapshot) { return true }
    guard !register.purposes.isSensitive(purpose) else { return false }
    // Of a guardian's consents those alone count that were asked for by themselves.
    return try consents.isOpen(purpose, of: person, isSeparate: false, in: snapshot)
      && consents.hasOwnConsent(of: person, to: purpose, in: snapshot)
  }

  func forget(_ person: String, in transaction: Transaction) throws {
    try consents.erase(person, in: transaction.entering(people.scope))
  }

  func grant(
    _ purpose: String, by person: String, age: ConsentAge, isSeparate: Bool, evidence: String,
    in transaction: Transaction
  ) throws {
    guard evidence.unicodeScalars.count <= 200 else {
      throw StorageError.limitExceeded(
        what: "the evidence of a consent in characters", limit: 200, actual: evidence.unicodeScalars.count)
    }
    let transaction = transaction.entering(people.scope)
    let guardian = try guardian(at: age, of: person, in: transaction)
    _ = try grant(
      purpose, by: person, isSeparate: isSeparate,
      ConsentStore.Personal(evidence: evidence, guardian: guardian), in: transaction)
  }

  /// Who consents in a child's place; nil for a person who is of age.
  private func guardian(at age: ConsentAge, of person: String, in snapshot: Snapshot) throws -> Guardian? {
    switch age {
    case .ofAge: return nil
    case .child(let given):
      let guardian = Guardian(
        name: given.name, relation: given.relation, phone: given.phone, identityNumber: given.identityNumber)
      try Self.requireWhole(guardian)
      var violations = Violations()
      guardian.check(&violations)
      guard violations.isEmpty else { throw PrivacyError.guardianInvalid(violations.items) }
      return guardian
    case .unknown:
      guard try people.workers.value?.standing(person, in: snapshot) != nil else {
        throw PrivacyError.ageUnknown
      }
      return nil
    }
  }
}

extension ConsentHandler: PersonalDataHolder {
  /// The most consents of one person that a view shows.
  private static let limit = 1_000

  func holdings(of person: String, in snapshot: Snapshot) throws -> [PersonalHolding] {
    try consents.consents(of: person, limit: Self.limit, in: snapshot).compactMap { row in
      if row.isObjection { return Self.objection(row) }
      guard let personal = row.personal else { return nil }
      var fields = [
        PersonalHolding.Field("purpose", row.purpose), PersonalHolding.Field("evidence", personal.evidence),
      ]
      if let guardian = personal.guardian {
        fields += [
          PersonalHolding.Field("guardian.name", guardian.name),
          PersonalHolding.Field("guardian.relation", guardian.relation),
          PersonalHolding.Field("guardian.phone", guardian.phone),
          PersonalHolding.Field("guardian.identity_number", guardian.identityNumber),
        ].filter { !$0.value.isEmpty }
      }
      return PersonalHolding(
        title: "consent", titleChinese: "同意记录", purpose: Self.rightsPurpose, recordID: row.id,
        since: row.givenAt, fields: fields, disposition: .pseudonymised,
        correctedBy: "yizhan.privacy.v1.ConsentService/GrantConsent")
    }
  }

  private static func objection(_ row: ConsentStore.ConsentRow) -> PersonalHolding {
    PersonalHolding(
      title: "objection", titleChinese: "拒绝记录", purpose: rightsPurpose, recordID: row.id,
      since: row.withdrawnAt, fields: [PersonalHolding.Field("purpose", row.purpose)],
      disposition: .pseudonymised, correctedBy: "yizhan.privacy.v1.ConsentService/GrantConsent")
  }

  func erase(_ person: String, in transaction: Transaction) throws {
    try consents.erase(person, in: transaction)
  }
}

extension PersonalDataRegister.Holder {
  /// Runs what a module does for a person's rights; a refusal says whose it is.
  func named<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as any StatusConvertible {
      var status = error.status
      status.metadata["module"] = module.name
      throw status
    }
  }
}
