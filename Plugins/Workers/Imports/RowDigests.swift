import ModuleKit

/// What is kept of the rows of an import to know them again: eight bytes of a keyed hash for each, from which nobody
/// without the host's key reads a row or tries what it might have been. Of 2⁶⁴ changed rows one looks the same.
struct RowDigests: Sendable, Equatable {
  private static let digestSizeBytes = 8

  /// The digests, one behind the other.
  let bytes: [UInt8]

  /// Reads what was kept.
  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The digests of some rows of a request.
  init<Request: BulkRequest>(of request: Request, _ rows: Range<Int>, _ vault: Vault) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(rows.count * Self.digestSizeBytes)
    for row in request.rows[rows] {
      let text = "\(request.circumstances(of: row)) \(Base64.encode(row.encoded()))"
      bytes += vault.lookup(text, as: "workers_import_chunk.digests").prefix(Self.digestSizeBytes)
    }
    self.bytes = bytes
  }

  /// How many rows they are of.
  var count: Int { bytes.count / Self.digestSizeBytes }

  /// The digest of one row.
  subscript(index: Int) -> ArraySlice<UInt8> {
    let start = index * Self.digestSizeBytes
    return bytes[start..<start + Self.digestSizeBytes]
  }

  /// Those of all rows but the first ones.
  func dropping(first count: Int) -> RowDigests {
    RowDigests(Array(bytes.dropFirst(count * Self.digestSizeBytes)))
  }
}
