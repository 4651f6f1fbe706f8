/// A statement put together from pieces at run time, with its values.
///
/// The pieces are literals and the values are bound, so the text never holds a value. Statements are cached by
/// their text; a query that can take many shapes should take few.
/// ```swift
/// var query = Query("SELECT id, title FROM wishes_wish WHERE area_code = ?", code)
/// if let state { query.append(" AND state = ?", state) }
/// ```
/// Placeholders are plain `?`, one for each value, in order.
public struct Query: Sendable {
  /// The statement.
  var text: String
  private(set) var values: [any Bindable]

  /// Begins a query.
  public init(_ sql: StaticString, _ values: any Bindable...) {
    text = sql.description
    self.values = values
  }

  /// The same statement with other values, one for each placeholder: for one that is put together once and run often.
  public func binding(_ values: any Bindable...) -> Query {
    var query = self
    query.values = values
    return query
  }

  /// The query with one more piece.
  public func appending(_ sql: StaticString) -> Query {
    var query = self
    query.append(sql)
    return query
  }

  /// Appends a piece with its values.
  public mutating func append(_ sql: StaticString, _ values: any Bindable...) {
    text += sql.description
    self.values += values
  }

  /// Appends a parenthesised list of placeholders for `IN`: `query.append(" AND id IN "); query.appendList(ids)`.
  ///
  /// An empty list becomes an empty set. Lists are padded to a power of two by repeating the last value, which
  /// changes nothing for `IN` and keeps the number of distinct statements small.
  /// - Parameter list: at most 16,384 values; with more, up to the power of two above, the engine takes no statement
  ///   (SQLITE_MAX_VARIABLE_NUMBER is 32,766) and the query fails with `StorageError.invalidStatement`.
  public mutating func appendList(_ list: [any Bindable]) {
    guard let last = list.last else {
      text += "(SELECT NULL WHERE 1 = 0)"
      return
    }
    var capacity = 1
    while capacity < list.count { capacity *= 2 }
    text += "(?" + String(repeating: ", ?", count: capacity - 1) + ")"
    values += list
    values += repeatElement(last, count: capacity - list.count)
  }
}
