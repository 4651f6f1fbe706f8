import ModuleKit

extension WorkerEntry {
  /// Reads a row of a file.
  /// - Parameter organisationID: finds the organisation that a row names; throws what is wrong with it.
  /// - Throws: `WorkersError.invalid` with everything that is wrong with the row's values.
  init(_ row: WorkerRow, _ snapshot: Snapshot, organisationID: (String) throws -> String) throws {
    let today = CalendarDate.inChina(at: snapshot.now)
    var violations: [FieldViolation] = []
    name = PlainText.personName(row.name)
    if let violation = WorkerInput.nameViolation(name) { violations.append(violation) }
    identityNumber = WorkerEntry.identityNumber(row.identityNumber, today: today, &violations)
    let phone = PhoneNumber.normalised(PlainText.tidied(row.phone))
    if phone == nil { violations.append(WorkerInput.phoneViolation("phone")) }
    let areaCode = AreaCode(PlainText.tidied(row.areaCode))
    if areaCode == nil { violations.append(AreaInput.codeViolation("area_code")) }
    let occupations = OccupationNames.occupations(row.occupations)
    if occupations == nil { violations.append(OccupationNames.violation) }
    self.occupations = OccupationSet(occupations ?? [])
    affiliation = WorkerEntry.affiliation(row, &violations)
    affiliationConsent = affiliation == Affiliation() ? "" : PlainText.tidied(row.affiliationConsent)
    let start = PlainText.tidied(row.startDate)
    let startDate = start.isEmpty ? today : CalendarDate(start)
    if let startDate {
      if let violation = WorkerInput.startDateViolation(startDate, today: today) {
        violations.append(violation)
      }
    } else {
      violations.append(
        FieldViolation(
          "start_date", "NOT_A_DATE", TextFormat.date.expectation, TextFormat.date.expectationChinese))
    }
    let station = PlainText.tidied(row.station)
    let staffNumber = PlainText.tidied(row.staffNumber)
    violations += [
      WorkerInput.lengthViolation("station", station, WorkerInput.maximumTextLength),
      WorkerInput.lengthViolation("staff_number", staffNumber, WorkerInput.maximumStaffNumberLength),
      WorkerInput.lengthViolation("party_branch", affiliation.partyBranch, WorkerInput.maximumTextLength),
      WorkerInput.lengthViolation(
        "affiliation_consent", affiliationConsent, AffiliationConsent.maximumEvidenceLength),
    ].compactMap { $0 }
    var organisation = PlainText.tidied(row.organisation)
    if organisation.isEmpty, let own = snapshot.reach.employerID { organisation = own }
    if !organisation.isEmpty, occupations?.isEmpty == true {
      violations.append(OccupationNames.missingViolation)
    }
    if organisation.isEmpty, ![station, staffNumber, start].allSatisfy(\.isEmpty) {
      violations.append(
        FieldViolation(
          "organisation", "REQUIRED", "must be given with station, staff_number or start_date",
          "填写站点、工号或入职日期时须填写单位"))
    }
    guard violations.isEmpty, let phone, let areaCode, let startDate else {
      throw WorkersError.invalid(violations)
    }
    self.phone = phone
    self.areaCode = areaCode
    source = .import
    if let occupation = occupations?.first, !organisation.isEmpty {
      employment = EmploymentEntry(
        organisationID: try organisationID(organisation), station: station, occupation: occupation,
        staffNumber: staffNumber, startDate: startDate, saysStartDate: !start.isEmpty)
    } else {
      employment = nil
    }
    if snapshot.reach.employerID != nil, affiliation != Affiliation() {
      throw WorkersError.fieldsNotYours(["party_membership"])
    }
  }

  private static func identityNumber(
    _ text: String, today: CalendarDate, _ violations: inout [FieldViolation]
  )
    -> IdentityNumber?
  {
    let tidy = PlainText.tidied(text)
    if tidy.isEmpty { return nil }
    guard let number = IdentityNumber(tidy) else {
      violations.append(IdentityNumber.violation(of: tidy, field: "identity_number"))
      return nil
    }
    if let violation = WorkerInput.ageViolation(number, today: today) { violations.append(violation) }
    return number
  }

  private static func affiliation(_ row: WorkerRow, _ violations: inout [FieldViolation]) -> Affiliation {
    var affiliation = Affiliation()
    if let membership = PartyNames.membership(row.partyMembership) {
      affiliation.partyMembership = membership
    } else {
      violations.append(PartyNames.violation)
    }
    let truths: [(String, String, WritableKeyPath<Affiliation, Bool>)] = [
      ("is_mobile_party_member", row.isMobilePartyMember, \.isMobilePartyMember),
      ("is_union_member", row.isUnionMember, \.isUnionMember),
      ("is_youth_league_member", row.isYouthLeagueMember, \.isYouthLeagueMember),
    ]
    for (column, text, path) in truths {
      if let truth = YesNo.truth(text) {
        affiliation[keyPath: path] = truth
      } else {
        violations.append(FieldViolation(column, "NOT_YES_OR_NO", "must be yes or no", "须填“是”或“否”"))
      }
    }
    affiliation.partyBranch = PlainText.tidied(row.partyBranch)
    return affiliation
  }
}

/// Occupations as people write them in a spreadsheet.
enum OccupationNames {
  private static let names: [String: Occupation] = [
    "COURIER": .courier, "快递员": .courier, "快递": .courier, "快递小哥": .courier,
    "DELIVERY_RIDER": .deliveryRider, "外卖员": .deliveryRider, "外卖骑手": .deliveryRider, "骑手": .deliveryRider,
    "外卖配送员": .deliveryRider, "网约配送员": .deliveryRider, "送餐员": .deliveryRider,
    "RIDE_HAIL_DRIVER": .rideHailDriver, "网约车司机": .rideHailDriver, "网约车驾驶员": .rideHailDriver,
    "TAXI_DRIVER": .taxiDriver, "出租车司机": .taxiDriver, "出租车驾驶员": .taxiDriver,
    "TRUCK_DRIVER": .truckDriver, "货车司机": .truckDriver, "货车驾驶员": .truckDriver, "货运司机": .truckDriver,
    "LIVESTREAMER": .livestreamer, "网络主播": .livestreamer, "主播": .livestreamer,
    "DESIGNATED_DRIVER": .designatedDriver, "代驾": .designatedDriver, "代驾司机": .designatedDriver,
    "DOMESTIC_WORKER": .domesticWorker, "家政": .domesticWorker, "家政服务员": .domesticWorker,
    "家政员": .domesticWorker,
    "OTHER": .other, "其他": .other,
  ]

  /// The occupations of a text, nil if one of them is unknown. ";", ",", "、" and "/" part them.
  static func occupations(_ text: String) -> [Occupation]? {
    var found: [Occupation] = []
    for part in PlainText.tidied(text).split(whereSeparator: { ";,、/;,".contains($0) }) {
      let name = PlainText.tidied(String(part)).uppercased()
      if name.isEmpty { continue }
      let bare = name.hasPrefix("OCCUPATION_") ? String(name.dropFirst("OCCUPATION_".count)) : name
      guard let occupation = names[bare] else { return nil }
      found.append(occupation)
    }
    return found
  }

  static let violation = FieldViolation(
    "occupations", "OCCUPATION_UNKNOWN",
    "must be names such as COURIER, DELIVERY_RIDER, RIDE_HAIL_DRIVER, TAXI_DRIVER, TRUCK_DRIVER, LIVESTREAMER",
    "须为快递员、外卖员、网约车司机、出租车司机、货车司机、网络主播等")
  static let missingViolation = FieldViolation(
    "occupations", "REQUIRED", "must be given for an employment", "登记从业关系时须填写职业")
}

/// Party membership as people write it in a spreadsheet.
enum PartyNames {
  private static let names: [String: PartyMembership] = [
    "": .unspecified, "NOT_MEMBER": .notMember, "群众": .notMember, "无": .notMember, "否": .notMember,
    "APPLICANT": .applicant, "入党申请人": .applicant, "入党积极分子": .applicant, "积极分子": .applicant,
    "发展对象": .applicant, "PROBATIONARY": .probationary, "预备党员": .probationary,
    "中共预备党员": .probationary, "FULL": .full, "党员": .full, "正式党员": .full, "中共党员": .full, "是": .full,
  ]

  /// Nil for an unknown word.
  static func membership(_ text: String) -> PartyMembership? { names[PlainText.tidied(text).uppercased()] }

  static let violation = FieldViolation(
    "party_membership", "PARTY_MEMBERSHIP_UNKNOWN",
    "must be NOT_MEMBER, APPLICANT, PROBATIONARY or FULL", "须为群众、入党积极分子、预备党员或党员")
}

/// Yes and no as people write them in a spreadsheet.
enum YesNo {
  /// Nil for an unknown word; empty is no.
  static func truth(_ text: String) -> Bool? {
    switch PlainText.tidied(text).lowercased() {
    case "", "no", "n", "false", "0", "否", "无": false
    case "yes", "y", "true", "1", "是", "有": true
    default: nil
    }
  }
}
