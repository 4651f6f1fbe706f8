import ModuleKit
import Synchronization

extension ImportAreasRequest: BulkRequest {
  /// The system of the row's coordinates, if it has any.
  func circumstances(of row: AreaRow) -> String {
    row.hasCoordinates ? "\(coordinateSystem.rawValue)" : ""
  }
}

extension AreaRow {
  fileprivate var hasCoordinates: Bool { !longitude.isEmpty || !latitude.isEmpty }
}

extension AreaHandler {
  func importAreas(_ requests: RequestStream<ImportAreasRequest>, _ context: StreamContext) async throws
    -> ImportAreasResponse
  {
    let rehearsal = AreaRehearsal()
    let result = try await BulkImport(target: .areas, vault: vault).run(
      requests, context,
      check: { request in
        guard request.coordinateSystem != .unspecified || !request.rows.contains(where: \.hasCoordinates)
        else {
          throw WorkersError.invalid([
            FieldViolation(
              "coordinate_system", "REQUIRED", "must be WGS84 or GCJ02, because rows have coordinates",
              "行中有坐标,须说明坐标系:WGS84 或 GCJ02")
          ])
        }
      },
      write: { request, transaction in
        let writer = AreaWriter(transaction: transaction)
        // Asked also where every row was written before, as on going on with an import.
        let reach = transaction.reach
        return { row in
          let entry = try AreaEntry(row, request.coordinateSystem, reach)
          let known = try AreaStore(snapshot: transaction).area(entry.code.text).map(AreaRehearsal.Known.init)
          let outcome = entry.outcome(known)
          switch outcome {
          case .created: try writer.insert(entry.code, name: entry.name, location: entry.location)
          case .updated:
            try writer.update(entry.code, name: entry.name, location: entry.location ?? known?.location)
          case .unchanged: break
          }
          return outcome
        }
      },
      rehearse: { request, snapshot in
        let reach = snapshot.reach
        return { row in
          let entry = try AreaEntry(row, request.coordinateSystem, reach)
          return try rehearsal.outcome(entry, snapshot)
        }
      })
    return ImportAreasResponse(summary: result.summary, errors: result.errors)
  }
}

/// A row of areas, checked.
struct AreaEntry {
  let code: AreaCode
  let name: String
  let location: Location?

  /// - Throws: `WorkersError` with everything that is wrong with the row.
  init(_ row: AreaRow, _ system: CoordinateSystem, _ reach: Reach) throws {
    var violations: [FieldViolation] = []
    let code = AreaCode(PlainText.tidied(row.code))
    if code == nil { violations.append(AreaInput.codeViolation("code")) }
    name = PlainText.tidied(row.name)
    if let violation = AreaInput.nameViolation(name) { violations.append(violation) }
    let longitude = PlainText.tidied(row.longitude)
    let latitude = PlainText.tidied(row.latitude)
    if longitude.isEmpty, latitude.isEmpty {
      location = nil
    } else {
      location = Double(longitude).flatMap { longitude in
        Double(latitude).flatMap { AreaInput.location(longitude, $0, system) }
      }
      if location == nil {
        violations.append(AreaInput.locationViolation(longitude.isEmpty ? "longitude" : "latitude"))
      }
    }
    guard violations.isEmpty, let code else { throw WorkersError.invalid(violations) }
    guard reach.includes(area: code.text) else { throw WorkersError.areaNotYours(code.text) }
    self.code = code
  }

  /// What the row does to the tree. A row without coordinates leaves a known location as it is.
  func outcome(_ known: AreaRehearsal.Known?) -> RowOutcome {
    guard let known else { return .created }
    var fields: [String] = []
    if known.name != name { fields.append("name") }
    if let location, known.location != location { fields.append("location") }
    return fields.isEmpty ? .unchanged : .updated(fields: fields)
  }
}

/// What a dry run of areas has made of the tree so far, in memory. Rows are bounded by
/// `BulkImport.maximumDryRunRows`.
final class AreaRehearsal: Sendable {
  /// What matters of a known area.
  struct Known: Sendable {
    var name: String
    var location: Location?

    init(_ area: Area) {
      name = area.name
      location = area.location
    }

    init(_ entry: AreaEntry, over known: Known?) {
      name = entry.name
      location = entry.location ?? known?.location
    }
  }

  private let areas = Mutex<[AreaCode: Known]>([:])

  func outcome(_ entry: AreaEntry, _ snapshot: Snapshot) throws -> RowOutcome {
    let stored = try AreaStore(snapshot: snapshot).area(entry.code.text).map(Known.init)
    return areas.withLock { areas in
      let known = areas[entry.code] ?? stored
      areas[entry.code] = Known(entry, over: known)
      return entry.outcome(known)
    }
  }
}
