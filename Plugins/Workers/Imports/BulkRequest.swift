import ModuleKit

/// A request of a method that imports: the shape that `yizhan.bulk.v1` asks for.
protocol BulkRequest: Message {
  associatedtype Row: BulkRow
  var importID: String { get }
  var dryRun: Bool { get }
  var firstRow: Int64 { get }
  var rows: [Row] { get }
  /// What of the request decides, beside a row itself, what the row does; "" for nothing.
  func circumstances(of row: Row) -> String
}

extension BulkRequest {
  func circumstances(of row: Row) -> String { "" }
}

/// A row that can name its values, for the errors about it.
protocol BulkRow: Message {
  /// The value in a column, as it came; empty for a column that the row does not have.
  func value(ofColumn column: String) -> String
}

extension AreaRow: BulkRow {
  func value(ofColumn column: String) -> String {
    switch column {
    case "code": code
    case "name": name
    case "longitude": longitude
    case "latitude": latitude
    default: ""
    }
  }
}

extension WorkerRow: BulkRow {
  func value(ofColumn column: String) -> String {
    switch column {
    case "name": name
    case "identity_number": identityNumber
    case "phone": phone
    case "occupations": occupations
    case "area_code": areaCode
    case "organisation": organisation
    case "station": station
    case "staff_number": staffNumber
    case "start_date": startDate
    default: ""
    }
  }
}

/// What is imported. Imports of two targets may have the same name.
enum ImportTarget: String, Sendable {
  case areas
  case workers

  /// The row's column for a field that errors name: areas have their own code in "code".
  func column(for field: String) -> String {
    self == .areas && field == "area_code" ? "code" : field
  }
}

/// What a good row did, or would do.
enum RowOutcome: Sendable, Equatable {
  /// It made a new entry.
  case created
  /// It changed these fields of an entry.
  case updated(fields: [String])
  /// All of it was known.
  case unchanged
}
