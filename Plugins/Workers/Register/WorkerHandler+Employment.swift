import ModuleKit

extension WorkerHandler {
  func addEmployment(_ request: AddEmploymentRequest, _ transaction: Transaction) throws -> Worker {
    let reach = transaction.reach
    let worker = try fullWorker(request.workerID, reach, transaction)
    let entry = try EmploymentEntry(
      request.employment ?? NewEmployment(), reach, today: CalendarDate.inChina(at: transaction.now))
    try WorkerHandler.checkEmployer(entry.organisationID, transaction)
    let known = KnownWorker(worker)
    guard !known.employments.contains(where: { $0.organisationID == entry.organisationID }) else {
      throw WorkersError.employmentExists
    }
    var enrichment = Enrichment()
    enrichment.employment = entry
    enrichment.occupations = known.occupations.union(OccupationSet(entry.occupation))
    try WorkerWriter(transaction: transaction, vault: vault).apply(enrichment, to: known)
    return try self.worker(worker.id, reach, transaction)
  }

  func endEmployment(_ request: EndEmploymentRequest, _ transaction: Transaction) throws -> Worker {
    let reach = transaction.reach
    let organisationID = try employer(request, reach)
    // A platform that ended the employment before still gets told so, and nothing else of the worker.
    let worker = try fullWorker(
      request.workerID, reach.employerID == nil ? reach : .everything, transaction)
    // Employment decides here and not reach; areas limit everybody all the same.
    guard reach.isWithinAreas(worker.areaCode) else { throw WorkersError.workerNotFound }
    let theirs = worker.employments.filter { $0.organisationID == organisationID }
    guard !theirs.isEmpty else {
      throw reach.employerID == nil ? WorkersError.employmentNotFound : WorkersError.workerNotFound
    }
    guard let employment = theirs.first(where: { $0.state == .open }) else {
      throw WorkersError.employmentEnded
    }
    let date = try WorkerHandler.endDate(request, of: employment, CalendarDate.inChina(at: transaction.now))
    let isLast = worker.employments.filter { $0.state == .open }.count == 1
    try WorkerWriter(transaction: transaction, vault: vault).end(
      employment, of: worker.id, on: date, isLast: isLast)
    // The platform sees once more what it ended, though the worker is out of its reach from now on.
    return reach.view(of: try fullWorker(worker.id, .everything, transaction))
  }

  /// The last day of an employment that ends now: none that is still to come, but for one that has not begun, which
  /// ends on its first day.
  private static func endDate(
    _ request: EndEmploymentRequest, of employment: Employment, _ today: CalendarDate
  ) throws -> CalendarDate {
    let start = CalendarDate(employment.startDate) ?? today
    let latest = max(today, start)
    let date = CalendarDate(request.endDate) ?? latest
    guard date >= start else {
      throw WorkersError.invalid([
        FieldViolation(
          "end_date", "DATE_IMPLAUSIBLE", "must not be before the first day, \(start)",
          "不得早于入职日期 \(start)")
      ])
    }
    guard date <= latest else {
      throw WorkersError.invalid([
        FieldViolation(
          "end_date", "DATE_TO_COME",
          "must not be after \(latest), because the employment ends at once; end it on its last day",
          "不得晚于 \(latest):从业关系提交后即时结束,请在最后工作日当天办理")
      ])
    }
    return date
  }

  private func employer(_ request: EndEmploymentRequest, _ reach: Reach) throws -> String {
    guard let own = reach.employerID else {
      guard !request.organisationID.isEmpty else {
        throw WorkersError.invalid([FieldViolation("organisation_id", "REQUIRED", "must be given", "须填写单位")])
      }
      return request.organisationID
    }
    guard request.organisationID.isEmpty || request.organisationID == own else {
      throw WorkersError.organisationNotYours
    }
    return own
  }
}
