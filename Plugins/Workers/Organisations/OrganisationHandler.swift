import ModuleKit

/// `OrganisationService`: who takes part.
struct OrganisationHandler: OrganisationServiceHandler {
  let vault: OrganisationVault
  let consents: any ConsentDirectory
  let principals: any PrincipalDirectory

  func getOrganisation(_ request: GetOrganisationRequest, _ snapshot: Snapshot) throws -> Organisation {
    try shown(request.id, snapshot)
  }

  func listOrganisations(_ request: ListOrganisationsRequest, _ snapshot: Snapshot) throws
    -> ListOrganisationsResponse
  {
    let filter = OrganisationStore.Filter(
      kind: request.kind, area: request.areaCode.isEmpty ? nil : try AreaInput.code(request.areaCode),
      nameContains: try WorkerInput.wanted(request.nameContains, "name_contains"),
      state: request.state == .unspecified ? .active : request.state)
    let page = try Page(
      size: request.pageSize, token: request.pageToken,
      query: [
        "organisations", "\(filter.kind.rawValue)", filter.area?.text ?? "", filter.nameContains,
        "\(filter.state.rawValue)",
      ])
    var organisations = try OrganisationStore(snapshot: snapshot, vault: vault)
      .organisations(filter, after: page.cursor.first ?? "", limit: page.limit + 1)
    let next = page.cut(&organisations) { [$0.id] }
    return ListOrganisationsResponse(
      organisations: organisations.map { OrganisationHandler.view($0, snapshot) }, nextPageToken: next)
  }

  func createOrganisation(_ request: CreateOrganisationRequest, _ transaction: Transaction) throws
    -> Organisation
  {
    var organisation = Organisation(kind: request.kind, state: .active)
    organisation.name = try OrganisationInput.name(request.name)
    organisation.shortName = PlainText.tidied(request.shortName)
    organisation.creditCode = try OrganisationInput.creditCode(request.creditCode)
    organisation.areaCode = try OrganisationInput.area(request.areaCode, transaction)
    organisation.address = PlainText.tidied(request.address)
    organisation.phone = try OrganisationInput.phone(request.phone, "phone")
    organisation.contactName = PlainText.personName(request.contactName)
    organisation.contactPhone = try OrganisationInput.phone(request.contactPhone, "contact_phone")
    organisation.id = transaction.makeID()
    try identifyContact(of: &organisation, insteadOf: Organisation(), transaction)
    try OrganisationHandler.checkUnique(organisation, transaction)
    try OrganisationWriter(transaction: transaction, vault: vault).insert(organisation)
    return try shown(organisation.id, transaction)
  }

  func updateOrganisation(_ request: UpdateOrganisationRequest, _ transaction: Transaction) throws
    -> Organisation
  {
    let known = try changeable(request.id, request.etag, transaction)
    var organisation = known
    let selection = try FieldSelection(
      request.updateMask,
      of: [
        "name": !request.name.isEmpty, "short_name": !request.shortName.isEmpty,
        "credit_code": !request.creditCode.isEmpty, "area_code": !request.areaCode.isEmpty,
        "address": !request.address.isEmpty, "phone": !request.phone.isEmpty,
        "contact_name": !request.contactName.isEmpty, "contact_phone": !request.contactPhone.isEmpty,
      ])
    if selection.contains("name") { organisation.name = try OrganisationInput.name(request.name) }
    if selection.contains("short_name") { organisation.shortName = PlainText.tidied(request.shortName) }
    if selection.contains("credit_code") {
      organisation.creditCode = try OrganisationInput.creditCode(request.creditCode)
    }
    if selection.contains("area_code") {
      organisation.areaCode = try OrganisationInput.area(request.areaCode, transaction)
    }
    if selection.contains("address") { organisation.address = PlainText.tidied(request.address) }
    if selection.contains("phone") {
      organisation.phone = try OrganisationInput.phone(request.phone, "phone")
    }
    if selection.contains("contact_name") {
      organisation.contactName = PlainText.personName(request.contactName)
    }
    if selection.contains("contact_phone") {
      organisation.contactPhone = try OrganisationInput.phone(request.contactPhone, "contact_phone")
    }
    try OrganisationHandler.checkUnique(organisation, transaction)
    return try save(organisation, insteadOf: known, transaction)
  }

  func closeOrganisation(_ request: CloseOrganisationRequest, _ transaction: Transaction) throws
    -> Organisation
  {
    let known = try changeable(request.id, request.etag, transaction)
    var organisation = known
    guard organisation.state != .closed else { throw WorkersError.organisationClosed }
    guard try !OrganisationStore(snapshot: transaction).hasWorkers(organisation.id) else {
      throw WorkersError.organisationHasWorkers
    }
    try principals.disablePrincipals(ofOrganisation: organisation.id, in: transaction)
    organisation.state = .closed
    return try save(organisation, insteadOf: known, transaction)
  }

  func reopenOrganisation(_ request: ReopenOrganisationRequest, _ transaction: Transaction) throws
    -> Organisation
  {
    let known = try changeable(request.id, request.etag, transaction)
    var organisation = known
    guard organisation.state == .closed else { throw WorkersError.organisationOpen }
    organisation.state = .active
    return try save(organisation, insteadOf: known, transaction)
  }

  /// What a caller may see of the organisation of an identifier.
  /// - Throws: `WorkersError.organisationNotFound`.
  private func shown(_ id: String, _ snapshot: Snapshot) throws -> Organisation {
    OrganisationHandler.view(try opened(id, snapshot), snapshot)
  }

  /// The organisation of an identifier with who to ask for.
  /// - Throws: `WorkersError.organisationNotFound`.
  private func opened(_ id: String, _ snapshot: Snapshot) throws -> Organisation {
    guard let organisation = try OrganisationStore(snapshot: snapshot, vault: vault).organisation(id) else {
      throw WorkersError.organisationNotFound
    }
    return organisation
  }

  /// The organisation of an identifier, without who to ask for.
  /// - Throws: `WorkersError.organisationNotFound`.
  static func known(_ id: String, _ snapshot: Snapshot) throws -> Organisation {
    guard let organisation = try OrganisationStore(snapshot: snapshot).organisation(id) else {
      throw WorkersError.organisationNotFound
    }
    return organisation
  }

  /// What a caller may see: who to ask for is shown to staff and to the organisation itself, where their areas let the
  /// organisation's pass.
  private static func view(_ organisation: Organisation, _ snapshot: Snapshot) -> Organisation {
    let caller = snapshot.caller
    let isWithinAreas =
      caller.areaCodes.isEmpty
      || AreaCode.anyOf(AreaCode.outermost(caller.areaCodes), contains: organisation.areaCode)
    let isItself = caller.organisationID == organisation.id
    if isWithinAreas, isItself || !snapshot.roles.isDisjoint(with: [.administrator, .staff]) {
      return organisation
    }
    var view = organisation
    view.contactName = ""
    view.contactPhone = ""
    view.contactPersonID = ""
    return view
  }

  private func changeable(_ id: String, _ etag: String, _ transaction: Transaction) throws -> Organisation {
    let organisation = try opened(id, transaction)
    guard transaction.reach.includes(area: organisation.areaCode) else {
      throw WorkersError.areaNotYours(organisation.areaCode)
    }
    try WorkersError.requireETag(etag, is: organisation.etag, of: "organisation")
    return organisation
  }

  private func save(
    _ organisation: Organisation, insteadOf known: Organisation, _ transaction: Transaction
  ) throws -> Organisation {
    var organisation = organisation
    try identifyContact(of: &organisation, insteadOf: known, transaction)
    try OrganisationWriter(transaction: transaction, vault: vault).update(organisation)
    return try shown(organisation.id, transaction)
  }

  /// Gives a contact who is new an identifier, and forgets the one who is replaced.
  private func identifyContact(
    of organisation: inout Organisation, insteadOf known: Organisation, _ transaction: Transaction
  ) throws {
    let former = known.contactPersonID
    if !former.isEmpty, !organisation.hasContact || organisation.hasAnotherContact(than: known) {
      try consents.forget(former, in: transaction)
      try vault.forget(former, in: transaction)
      organisation.contactPersonID = ""
    }
    if organisation.hasContact, organisation.contactPersonID.isEmpty {
      organisation.contactPersonID = transaction.makeID()
    }
  }

  private static func checkUnique(_ organisation: Organisation, _ transaction: Transaction) throws {
    let store = OrganisationStore(snapshot: transaction)
    if let code = organisation.creditCode.nonEmpty,
      try store.isTaken(creditCode: code, otherThan: organisation.id)
    {
      throw WorkersError.organisationExists(field: "credit_code")
    }
    if try store.isTaken(
      name: organisation.name, kind: organisation.kind, areaCode: organisation.areaCode,
      otherThan: organisation.id)
    {
      throw WorkersError.organisationExists(field: "name")
    }
  }
}

/// Organisations as requests give them, checked.
enum OrganisationInput {
  static func name(_ text: String) throws -> String {
    let name = PlainText.tidied(text)
    guard !name.isEmpty else {
      throw WorkersError.invalid([FieldViolation("name", "REQUIRED", "must not be empty", "不能为空")])
    }
    return name
  }

  /// The code in upper case; empty for none.
  static func creditCode(_ text: String) throws -> String {
    let tidy = PlainText.tidied(text)
    if tidy.isEmpty { return "" }
    guard let code = CreditCode.normalised(tidy) else {
      throw WorkersError.invalid([
        FieldViolation(
          "credit_code", "NOT_A_CREDIT_CODE",
          "must be a unified social credit code of 18 characters (GB 32100); its check character is wrong",
          "须为 18 位统一社会信用代码(GB 32100),校验码不正确")
      ])
    }
    return code
  }

  /// An area of the tree, within the caller's own.
  static func area(_ text: String, _ transaction: Transaction) throws -> String {
    let code = try AreaInput.code(text)
    guard try AreaStore(snapshot: transaction).exists(code) else {
      throw WorkersError.areaNotFound(code.text)
    }
    try AreaHandler.checkReach(code, transaction)
    return code.text
  }

  /// The phone in E.164; empty for none.
  static func phone(_ text: String, _ field: String) throws -> String {
    if text.isEmpty { return "" }
    guard let phone = PhoneNumber.normalised(text) else {
      throw WorkersError.invalid([WorkerInput.phoneViolation(field)])
    }
    return phone
  }
}
