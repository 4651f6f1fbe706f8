import ModuleKit

/// Decides what an entry does to the register. Pure, so that a call, an import and a dry run decide alike.
///
/// A person is who has the identity number; without one, who has the phone. Whoever is found must bear the same
/// name, and must not have another identity number: a phone may have gone to somebody else, a number may be
/// mistyped, and a wrong guess would put two lives into one entry. What is at odds is named, and nothing is
/// changed; the caller is not told what the register holds instead. Of a person out of the caller's reach not even
/// what is at odds is named, or values could be tried one by one until the answer changes.
struct Registration {
  /// What happens.
  enum Decision: Equatable {
    /// Nobody is known: a new entry.
    case create
    /// Somebody is known; the enrichment may be empty.
    case enrich(KnownWorker, Enrichment)
  }

  let reach: Reach

  /// - Parameters:
  ///   - byNumber: who has the entry's identity number.
  ///   - byPhone: who has the entry's phone.
  /// - Throws: `WorkersError`: conflict, twoEntries, conflictOutOfReach, registeredElsewhere, areaNotYours.
  func decide(_ entry: WorkerEntry, byNumber: KnownWorker?, byPhone: KnownWorker?) throws -> Decision {
    guard let known = byNumber ?? byPhone else {
      // A platform registers workers wherever it works; staff in their own areas.
      guard reach.isWithinAreas(entry.areaCode.text) else {
        throw WorkersError.areaNotYours(entry.areaCode.text)
      }
      return .create
    }
    // Before anything is compared: of a person elsewhere a caller learns no more than that, whatever it guesses.
    let found = [byNumber, byPhone].compactMap(\.self)
    guard found.allSatisfy({ reach.isWithinAreas($0.areaCode) }) else {
      throw WorkersError.registeredElsewhere
    }
    let isNewPhone = !known.phones.contains(entry.phone)
    if let refusal = objection(to: entry, known, byPhone, isNewPhone: isNewPhone) {
      throw found.allSatisfy({ reach.includes($0) }) ? refusal : WorkersError.conflictOutOfReach
    }
    return .enrich(known, try enrichment(entry, known, isNewPhone: isNewPhone))
  }

  /// What is at odds between an entry and who was found; nil for nothing.
  private func objection(
    to entry: WorkerEntry, _ known: KnownWorker, _ byPhone: KnownWorker?, isNewPhone: Bool
  ) -> WorkersError? {
    if let byPhone, byPhone.id != known.id {
      let mayBeOne = byPhone.identityNumber == nil && byPhone.name == known.name
      return mayBeOne ? WorkersError.twoEntries : WorkersError.conflict(fields: ["phone"])
    }
    var conflicts: [String] = []
    if known.name != entry.name { conflicts.append("name") }
    if let number = entry.identityNumber?.text, let other = known.identityNumber, number != other {
      conflicts.append("identity_number")
    }
    if isNewPhone, known.phones.count >= WorkerInput.maximumPhoneCount { conflicts.append("phone") }
    return conflicts.isEmpty ? nil : WorkersError.conflict(fields: conflicts)
  }

  private func enrichment(_ entry: WorkerEntry, _ known: KnownWorker, isNewPhone: Bool) throws -> Enrichment {
    var enrichment = Enrichment()
    if known.identityNumber == nil { enrichment.identityNumber = entry.identityNumber?.text }
    if isNewPhone { enrichment.phone = entry.phone }
    if !known.occupations.isSuperset(of: entry.occupations) {
      enrichment.occupations = known.occupations.union(entry.occupations)
    }
    if reach.employerID == nil {
      enrichment.areaCode = try newAreaCode(entry, known)
      let affiliation = known.affiliation.adding(entry.affiliation)
      if affiliation != known.affiliation { enrichment.affiliation = affiliation }
    }
    addEmployment(entry, known, to: &enrichment)
    // Who has left has no open employment, so that any employment of the entry's begins and says it by itself.
    enrichment.isReturn = known.hasLeft && entry.employment == nil
    return enrichment
  }

  /// Staff say where a worker is registered; a wider area than the known one says nothing new.
  private func newAreaCode(_ entry: WorkerEntry, _ known: KnownWorker) throws -> String? {
    if let knownCode = AreaCode(known.areaCode), entry.areaCode.contains(knownCode) { return nil }
    guard reach.includes(area: entry.areaCode.text) else {
      throw WorkersError.areaNotYours(entry.areaCode.text)
    }
    return entry.areaCode.text
  }

  private func addEmployment(_ entry: WorkerEntry, _ known: KnownWorker, to enrichment: inout Enrichment) {
    guard var employment = entry.employment else { return }
    guard let open = known.employments.first(where: { $0.organisationID == employment.organisationID }) else {
      enrichment.employment = employment
      return
    }
    // What is not said stays as it is.
    if employment.station.isEmpty { employment.station = open.station }
    if employment.staffNumber.isEmpty { employment.staffNumber = open.staffNumber }
    if !employment.saysStartDate, let start = CalendarDate(open.startDate) { employment.startDate = start }
    if KnownWorker.OpenEmployment(employment) != open {
      enrichment.employment = employment
      enrichment.isEmploymentKnown = true
    }
  }
}

extension Affiliation {
  /// This affiliation with what another one says in addition; what it does not say stays.
  func adding(_ other: Affiliation) -> Affiliation {
    Affiliation(
      partyMembership: other.partyMembership == .unspecified ? partyMembership : other.partyMembership,
      isMobilePartyMember: isMobilePartyMember || other.isMobilePartyMember,
      partyBranch: other.partyBranch.nonEmpty ?? partyBranch,
      isUnionMember: isUnionMember || other.isUnionMember, unionName: other.unionName.nonEmpty ?? unionName,
      isYouthLeagueMember: isYouthLeagueMember || other.isYouthLeagueMember,
      youthLeagueBranch: other.youthLeagueBranch.nonEmpty ?? youthLeagueBranch)
  }
}
