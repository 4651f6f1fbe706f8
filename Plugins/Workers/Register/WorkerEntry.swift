import ModuleKit

/// A person to be entered in the register, as a request or a row gives them, checked for itself: shapes and
/// check characters, not yet whether areas and organisations exist.
struct WorkerEntry: Sendable, Equatable {
  var name: String
  var identityNumber: IdentityNumber?
  /// E.164.
  var phone: String
  var occupations: OccupationSet
  var areaCode: AreaCode
  /// What is said of it; what is not said is unspecified, empty or false.
  var affiliation: Affiliation
  /// How the worker consented to its being kept; empty where nothing is said of that.
  var affiliationConsent = ""
  var employment: EmploymentEntry?
  var source: WorkerSource
}

/// An employment to begin.
struct EmploymentEntry: Sendable, Equatable {
  var organisationID: String
  var station: String
  var occupation: Occupation
  var staffNumber: String
  var startDate: CalendarDate
  /// Whether it was said, and not taken to be the day of the entry.
  var saysStartDate = true
}

/// Rules that every entry has to keep, wherever it comes from.
enum WorkerInput {
  /// Longest name, station and branch, in characters.
  static let maximumNameLength = 50
  static let maximumTextLength = 100
  static let maximumStaffNumberLength = 50
  /// Who is younger may not work. Source: 中华人民共和国劳动法, article 15.
  static let minimumAgeYears = 16
  /// A worker's phones at most.
  static let maximumPhoneCount = 5

  static func nameViolation(_ name: String) -> FieldViolation? {
    if name.isEmpty { return FieldViolation("name", "REQUIRED", "must not be empty", "不能为空") }
    let isPlausible = name.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || $0 == "\u{b7}" || $0 == " " || $0 == "-" || $0 == "'" || $0 == "."
    }
    guard isPlausible, (2...maximumNameLength).contains(name.unicodeScalars.count) else {
      return FieldViolation(
        "name", "NOT_A_NAME",
        "must have 2 to \(maximumNameLength) letters or characters and no digits or signs",
        "须为 2 至 \(maximumNameLength) 个字,不含数字和符号")
    }
    return nil
  }

  static func phoneViolation(_ field: String) -> FieldViolation {
    FieldViolation(
      field, "NOT_A_PHONE_NUMBER", TextFormat.phone.expectation, TextFormat.phone.expectationChinese)
  }

  static func ageViolation(_ number: IdentityNumber, today: CalendarDate) -> FieldViolation? {
    if number.birthDate > today {
      return FieldViolation(
        "identity_number", "IDENTITY_NUMBER_BIRTH_DATE", "the birth date is in the future", "出生日期在未来")
    }
    guard number.birthDate.years(until: today) < minimumAgeYears else { return nil }
    return FieldViolation(
      "identity_number", "UNDER_AGE", "the person is under \(minimumAgeYears) and may not work",
      "未满 \(minimumAgeYears) 周岁,不得登记从业")
  }

  static func startDateViolation(
    _ date: CalendarDate, today: CalendarDate, _ field: String = "start_date"
  ) -> FieldViolation? {
    guard date.year < 1978 || date.years(until: today) < -1 else { return nil }
    return FieldViolation(
      field, "DATE_IMPLAUSIBLE", "must be after 1977 and no more than a year ahead",
      "须晚于 1977 年且不超过一年之后")
  }

  /// A word on consent to an affiliation of which nothing is said.
  static let consentToNothing = FieldViolation(
    "affiliation_consent", "NOTHING_CONSENTED_TO",
    "goes with affiliation; to record a consent alone use ConsentService.GrantConsent",
    "须与党群组织关系一并填写;仅登记同意请使用 ConsentService.GrantConsent")

  /// A text to search for, tidied; empty for none.
  /// - Throws: `WorkersError.invalid` for nothing but spaces, which every text would hold.
  static func wanted(_ text: String, _ field: String) throws -> String {
    let wanted = PlainText.tidied(text)
    guard text.isEmpty || !wanted.isEmpty else {
      throw WorkersError.invalid([FieldViolation(field, "BLANK", "must say something", "不能为空白")])
    }
    return wanted
  }

  static func lengthViolation(_ field: String, _ text: String, _ maximum: Int) -> FieldViolation? {
    guard text.unicodeScalars.count > maximum else { return nil }
    return FieldViolation(field, "TOO_LONG", "must have at most \(maximum) characters", "最多 \(maximum) 个字")
  }
}

extension WorkerEntry {
  /// Reads a request, whose formats are checked by declaration.
  /// - Throws: `WorkersError`.
  init(_ request: RegisterWorkerRequest, _ snapshot: Snapshot) throws {
    let today = CalendarDate.inChina(at: snapshot.now)
    let reach = snapshot.reach
    var violations: [FieldViolation] = []
    name = PlainText.personName(request.name)
    if let violation = WorkerInput.nameViolation(name) { violations.append(violation) }
    identityNumber = IdentityNumber(request.identityNumber)
    if let number = identityNumber, let violation = WorkerInput.ageViolation(number, today: today) {
      violations.append(violation)
    }
    let phone = PhoneNumber.normalised(request.phone)
    if phone == nil { violations.append(WorkerInput.phoneViolation("phone")) }
    let areaCode = AreaCode(PlainText.tidied(request.areaCode))
    if areaCode == nil { violations.append(AreaInput.codeViolation("area_code")) }
    affiliation = request.affiliation ?? Affiliation()
    affiliationConsent = PlainText.tidied(request.affiliationConsent)
    if !affiliationConsent.isEmpty, affiliation == Affiliation() {
      violations.append(WorkerInput.consentToNothing)
    }
    source = reach.employerID == nil ? .staff : .platform
    employment = try request.employment.map { try EmploymentEntry($0, reach, today: today) }
    occupations = OccupationSet(request.occupations + [employment?.occupation ?? .unspecified])
    guard violations.isEmpty, let phone, let areaCode else { throw WorkersError.invalid(violations) }
    self.phone = phone
    self.areaCode = areaCode
    if reach.employerID != nil {
      guard employment != nil else { throw WorkersError.employmentMissing }
      guard affiliation == Affiliation() else { throw WorkersError.fieldsNotYours(["affiliation"]) }
    }
  }
}

extension EmploymentEntry {
  /// Reads a request. A platform's own employment need not name it.
  /// - Throws: `WorkersError`.
  init(_ request: NewEmployment, _ reach: Reach, today: CalendarDate) throws {
    if let own = reach.employerID {
      guard request.organisationID.isEmpty || request.organisationID == own else {
        throw WorkersError.organisationNotYours
      }
      organisationID = own
    } else {
      organisationID = request.organisationID
      guard !organisationID.isEmpty else {
        throw WorkersError.invalid([
          FieldViolation("employment.organisation_id", "REQUIRED", "must be given", "须填写单位")
        ])
      }
    }
    station = PlainText.tidied(request.station)
    occupation = request.occupation
    staffNumber = PlainText.tidied(request.staffNumber)
    startDate = CalendarDate(request.startDate) ?? today
    saysStartDate = !request.startDate.isEmpty
    let field = "employment.start_date"
    if let violation = WorkerInput.startDateViolation(startDate, today: today, field) {
      throw WorkersError.invalid([violation])
    }
  }
}
