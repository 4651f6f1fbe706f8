import ModuleKit

/// Serves `yizhan.parking.v1.BayService`.
struct BayHandler: BayServiceHandler {
  func createBay(_ request: CreateBayRequest, _ transaction: Transaction) throws -> Bay {
    guard transaction.reach.includes(area: request.areaCode) else {
      throw Status(
        .permissionDenied, "the area is not within those that your token acts for", reason: "AREA_NOT_YOURS",
        domain: "parking.yizhan", messageChinese: "区划不在您的管辖范围内")
    }
    let bay = Bay(
      id: transaction.makeID(), areaCode: request.areaCode, name: request.name, capacity: request.capacity,
      createTime: ProtoTimestamp(transaction.now))
    try transaction.execute(
      "INSERT INTO parking_bay (id, area_code, name, capacity, created_at) VALUES (?, ?, ?, ?, ?)",
      bay.id, bay.areaCode, bay.name, bay.capacity, transaction.now)
    return bay
  }

  func listBays(_ request: ListBaysRequest, _ snapshot: Snapshot) throws -> ListBaysResponse {
    let page = try Page(
      size: request.pageSize, token: request.pageToken, query: [request.areaCode], keyCount: 2)
    // Codes of what lies below an area begin with the area's own, so they sort before the code with ":" behind it.
    var query = Query(
      "SELECT id, area_code, name, capacity, created_at FROM parking_bay WHERE area_code >= ? AND area_code < ?",
      request.areaCode, request.areaCode + ":")
    if page.cursor.count == 2 {
      query.append(" AND (area_code, name) > (?, ?)", page.cursor[0], page.cursor[1])
    }
    query.append(snapshot.reach, area: "area_code")
    query.append(" ORDER BY area_code, name LIMIT ?", page.limit + 1)
    var bays = try snapshot.all(query) { row in
      Bay(
        id: row.text(0), areaCode: row.text(1), name: row.text(2), capacity: Int32(row.int(3)),
        createTime: ProtoTimestamp(row.instant(4)))
    }
    let next = page.cut(&bays) { [$0.areaCode, $0.name] }
    return ListBaysResponse(bays: bays, nextPageToken: next)
  }
}
