import ModuleKit

extension WorkerHandler {
  /// What a platform may change of a worker.
  private static let platformFields: Set<String> = ["phone", "other_phones", "occupations"]

  func updateWorker(_ request: UpdateWorkerRequest, _ transaction: Transaction) throws -> Worker {
    let reach = Reach(transaction.caller)
    let worker = try WorkerHandler.fullWorker(request.id, reach, transaction)
    guard request.etag.isEmpty || request.etag == worker.etag else { throw WorkersError.staleETag }
    let selection = try FieldSelection(
      request.updateMask,
      of: [
        "name": !request.name.isEmpty, "identity_number": !request.identityNumber.isEmpty,
        "phone": !request.phone.isEmpty, "other_phones": !request.otherPhones.isEmpty,
        "occupations": !request.occupations.isEmpty, "area_code": !request.areaCode.isEmpty,
        "affiliation": request.affiliation != nil,
      ])
    if reach.employerID != nil {
      let others = selection.others(than: WorkerHandler.platformFields)
      guard others.isEmpty else { throw WorkersError.fieldsNotYours(others) }
    }
    let changed = try changed(worker, by: request, selection, transaction)
    try exchangePhones(of: worker, for: changed, transaction)
    try WorkerWriter(transaction: transaction).update(
      worker.id, name: changed.name, identityNumber: changed.identityNumber.nonEmpty,
      phones: [changed.phone] + changed.otherPhones, occupations: OccupationSet(changed.occupations),
      areaCode: changed.areaCode, affiliation: changed.affiliation ?? Affiliation())
    if changed.areaCode != worker.areaCode {
      try WorkerWriter(transaction: transaction).emitMove(
        worker.id, from: worker.areaCode, to: changed.areaCode)
    }
    // Staff who moved the worker out of their own area see the result once more.
    return reach.view(of: try WorkerHandler.fullWorker(worker.id, .everything, transaction))
  }

  private func changed(
    _ worker: Worker, by request: UpdateWorkerRequest, _ selection: FieldSelection, _ transaction: Transaction
  ) throws -> Worker {
    var changed = worker
    if selection.contains("name") {
      changed.name = PlainText.personName(request.name)
      if let flaw = WorkerInput.nameFlaw(changed.name) { throw WorkersError.invalid([flaw]) }
    }
    if selection.contains("identity_number") {
      changed.identityNumber = try identityNumber(request, of: worker, transaction)
    }
    if selection.contains("phone") {
      guard let phone = PhoneNumber.normalised(request.phone) else {
        throw WorkersError.invalid([WorkerInput.phoneFlaw("phone")])
      }
      changed.phone = phone
    }
    if selection.contains("other_phones") {
      changed.otherPhones = request.otherPhones.compactMap { PhoneNumber.normalised($0) }
    }
    var seen: Set = [changed.phone]
    changed.otherPhones.removeAll { !seen.insert($0).inserted }
    if selection.contains("occupations") { changed.occupations = OccupationSet(request.occupations).list }
    if selection.contains("area_code") {
      let code = try AreaInput.code(request.areaCode)
      guard try AreaStore(snapshot: transaction).exists(code) else {
        throw WorkersError.areaNotFound(code: code.text)
      }
      changed.areaCode = code.text
    }
    if selection.contains("affiliation") { changed.affiliation = request.affiliation }
    return changed
  }

  /// The identity number that a worker is to have: nobody else's, of somebody who may work.
  private func identityNumber(
    _ request: UpdateWorkerRequest, of worker: Worker, _ transaction: Transaction
  ) throws -> String {
    if request.identityNumber.isEmpty { return "" }
    guard let number = IdentityNumber(request.identityNumber) else {
      throw WorkersError.invalid([IdentityNumber.flaw(of: request.identityNumber, field: "identity_number")])
    }
    if let flaw = WorkerInput.ageFlaw(number, today: CalendarDate.chinaDay(at: transaction.now)) {
      throw WorkersError.invalid([flaw])
    }
    let holder = try WorkerStore(snapshot: transaction).id(identityNumber: number.text)
    guard holder == nil || holder == worker.id else {
      throw WorkersError.conflict(fields: ["identity_number"])
    }
    return number.text
  }

  private func exchangePhones(of worker: Worker, for changed: Worker, _ transaction: Transaction) throws {
    let old = Set([worker.phone] + worker.otherPhones)
    let new = [changed.phone] + changed.otherPhones
    let writer = WorkerWriter(transaction: transaction)
    for phone in old.subtracting(new).sorted() { try writer.delete(phone: phone, of: worker.id) }
    for phone in new where !old.contains(phone) {
      guard try WorkerStore(snapshot: transaction).id(phone: phone) == nil else {
        throw WorkersError.conflict(fields: [phone == changed.phone ? "phone" : "other_phones"])
      }
      try writer.insert(phone: phone, of: worker.id)
    }
  }
}
