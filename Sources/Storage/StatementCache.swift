internal import CSQLite

/// Prepared statements of one connection: at most `limit`, the least recently used dropped first.
///
/// A literal is found by its address, which costs no hashing of text; a composed query by its text. Literals that
/// are used often are found in a small table of recent ones without any hashing.
final class StatementCache {
  private struct LiteralKey: Hashable {
    let scope: Int
    let address: UInt
    let count: Int
  }

  private struct TextKey: Hashable {
    let scope: Int
    let text: String
  }

  /// A recent literal; the dictionary keeps the statement alive, and dropping one empties its place here.
  private struct Recent {
    var scope: Int
    var address: UInt
    var count: Int
    unowned(unsafe) var statement: Statement
  }

  private static let recentCount = 256
  private let limit: Int
  private let recent: UnsafeMutablePointer<Recent?>
  private var literals: [LiteralKey: Statement] = [:]
  private var texts: [TextKey: Statement] = [:]
  private var uses: UInt64 = 0
  private(set) var misses: UInt64 = 0

  init(limit: Int) {
    self.limit = max(limit, 8)
    recent = .allocate(capacity: Self.recentCount)
    recent.initialize(repeating: nil, count: Self.recentCount)
  }

  deinit { recent.deallocate() }

  /// How often a statement was found prepared.
  var hits: UInt64 { uses - misses }

  func statement(_ sql: StaticString, in scope: ModuleScope, for connection: Connection) throws -> Statement {
    precondition(sql.hasPointerRepresentation, "a statement is longer than one character")
    uses &+= 1
    let address = UInt(bitPattern: sql.utf8Start)
    let place =
      recent + Int((address >> 3 ^ address >> 11 ^ UInt(bitPattern: scope.number)) % UInt(Self.recentCount))
    if let found = place.pointee, found.address == address, found.scope == scope.number,
      found.count == sql.utf8CodeUnitCount, !found.statement.isInUse
    {
      found.statement.lastUse = uses
      return found.statement
    }
    let statement = try lookUp(sql, address, scope, connection)
    if !statement.isTransient {
      place.pointee = Recent(
        scope: scope.number, address: address, count: sql.utf8CodeUnitCount, statement: statement)
    }
    return statement
  }

  private func lookUp(_ sql: StaticString, _ address: UInt, _ scope: ModuleScope, _ connection: Connection)
    throws
    -> Statement
  {
    let key = LiteralKey(scope: scope.number, address: address, count: sql.utf8CodeUnitCount)
    let found = literals[key]
    if let found, !found.isInUse {
      found.lastUse = uses
      return found
    }
    let start = UnsafeRawPointer(sql.utf8Start).assumingMemoryBound(to: CChar.self)
    let made = try make(start, count: sql.utf8CodeUnitCount + 1, scope, connection, isTransient: found != nil)
    if found == nil { literals[key] = made }
    return made
  }

  func statement(_ sql: String, in scope: ModuleScope, for connection: Connection) throws -> Statement {
    uses &+= 1
    let key = TextKey(scope: scope.number, text: sql)
    let found = texts[key]
    if let found, !found.isInUse {
      found.lastUse = uses
      return found
    }
    var text = sql
    let made = try text.withUTF8 { bytes in
      try bytes.withMemoryRebound(to: CChar.self) {
        try make($0.baseAddress!, count: $0.count, scope, connection, isTransient: found != nil)
      }
    }
    if found == nil { texts[key] = made }
    return made
  }

  func removeAll() {
    recent.update(repeating: nil, count: Self.recentCount)
    for statement in literals.values { sqlite3_finalize(statement.handle) }
    for statement in texts.values { sqlite3_finalize(statement.handle) }
    literals = [:]
    texts = [:]
  }

  /// Prepares a statement. One whose cached twin is in use (a walk that runs its own query again) is for this
  /// use only.
  private func make(
    _ sql: UnsafePointer<CChar>, count: Int, _ scope: ModuleScope, _ connection: Connection, isTransient: Bool
  ) throws -> Statement {
    misses &+= 1
    if !isTransient, literals.count + texts.count >= limit { evict() }
    let handle = try connection.prepare(sql, count: count, in: scope, persistent: !isTransient)
    let statement = Statement(handle: handle, scope: scope, connection: connection)
    statement.isTransient = isTransient
    statement.lastUse = uses
    return statement
  }

  private func evict() {
    let literal = literals.filter { !$0.value.isInUse }.min { $0.value.lastUse < $1.value.lastUse }
    let text = texts.filter { !$0.value.isInUse }.min { $0.value.lastUse < $1.value.lastUse }
    if let literal, literal.value.lastUse < text?.value.lastUse ?? .max {
      recent.update(repeating: nil, count: Self.recentCount)
      sqlite3_finalize(literal.value.handle)
      literals[literal.key] = nil
    } else if let text {
      sqlite3_finalize(text.value.handle)
      texts[text.key] = nil
    }
  }
}
