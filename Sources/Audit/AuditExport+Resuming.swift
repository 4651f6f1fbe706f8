extension AuditExport {
  /// Looks how far a file was written that was broken off.
  /// - Parameter source: gives the next bytes, as many as asked for at most, none at the end.
  /// - Returns: the record to go on with, and how many bytes of the file are whole; nil for what does not begin as an
  ///   export does. Whether the records are right is for `AuditVerifier` to say.
  /// - Throws: what the source throws.
  public static func progress(of source: @escaping (_ maximumBytes: Int) throws -> [UInt8]) throws -> (
    nextSequence: Int64, sizeBytes: Int64
  )? {
    var reader = ExportReader(source)
    var next: Int64?
    var size: Int64 = 0
    do {
      while let frame = try reader.next() {
        switch frame {
        case .opening:
          guard let opening = Opening(reader.payload) else { break }
          next = opening.sequence
        case .record:
          guard let sequence = RecordLayout.sequence(of: reader.payload), sequence == next else { break }
          next = sequence + 1
        case .shape, .head: break
        }
        if next == nil { return nil }
        size = reader.offset
      }
    } catch is ExportReader.Problem {
      // The file ends in the middle of a frame: what comes before it is whole.
    }
    return next.map { ($0, size) }
  }
}

/// What an opening says.
struct Opening {
  /// No chain gets there; counting on from below it cannot overflow.
  private static let sequenceLimit: Int64 = 1 << 62

  let version: UInt8
  let sequence: Int64
  let previous: [UInt8]

  /// - Returns: nil for bytes that are no opening of any version.
  init?(_ payload: [UInt8]) {
    let magic = AuditExport.magic
    guard payload.count == AuditExport.openingBytes, payload.starts(with: magic) else { return nil }
    version = payload[magic.count]
    sequence = payload[(magic.count + 1)..<(magic.count + 9)].reduce(0) { $0 << 8 | Int64($1) }
    previous = Array(payload.suffix(32))
    if sequence < 1 || sequence >= Self.sequenceLimit { return nil }
  }
}
