import Audit
import Testing

/// Makes exported logs for tests, and takes them apart without the code under test.
struct Log {
  /// What stands between two frames' beginnings, by what the frame is.
  struct Frame {
    var type: Character
    var bytes: [UInt8]
  }

  var frames: [Frame]
  var bytes: [UInt8] { frames.flatMap(\.bytes) }
  /// Where each record's frame is, in order.
  var recordIndexes: [Int] { frames.indices.filter { frames[$0].type == "R" } }

  static let seed = [UInt8](0..<32)
  static let time: Int64 = 1_767_574_800_000

  static func record(_ sequence: Int64) -> AuditRecord {
    AuditRecord(
      sequence: sequence, timeMilliseconds: time + sequence, principal: "p\(sequence)", credential: "c",
      method: "yizhan.wishes.v1.WishService/ClaimWish", module: "wishes", requestID: "r\(sequence)",
      subject: sequence % 2 == 0 ? "s" : "", purpose: "", persons: sequence % 3 == 0 ? ["a", "bc"] : [],
      digest: [UInt8(sequence)], changes: [UInt8](repeating: UInt8(sequence), count: Int(sequence)))
  }

  static func hashes(_ count: Int64) -> [[UInt8]] {
    var hashes = [AuditRecord.firstPreviousHash]
    for sequence in 1...count { hashes.append(record(sequence).hash(after: hashes[Int(sequence) - 1])) }
    return hashes
  }

  static func head(_ sequence: Int64, seed: [UInt8] = seed) throws -> AuditHead {
    try AuditSigner(seed: seed).head(
      sequence: sequence, hash: hashes(max(sequence, 1))[Int(sequence)], timeMilliseconds: time + 1_000_000)
  }

  /// A log of records that nobody tampered with.
  static func export(_ sequences: ClosedRange<Int64>) throws -> Log {
    let hashes = hashes(sequences.upperBound)
    var export = AuditExport()
    export.open(at: sequences.lowerBound, after: hashes[Int(sequences.lowerBound) - 1])
    export.append(TableShape(table: "wishes_wish", columns: ["id", "title"]))
    for sequence in sequences { try export.append(record(sequence), hash: hashes[Int(sequence)]) }
    export.append(try head(sequences.upperBound))
    return Log(export.take())
  }

  init(_ bytes: [UInt8]) {
    frames = []
    var position = 0
    while position < bytes.count {
      let length = bytes[(position + 1)..<(position + 5)].reduce(0) { $0 << 8 | Int($1) }
      let end = position + 5 + length
      frames.append(
        Frame(
          type: Character(UnicodeScalar(bytes[position])), bytes: Array(bytes[position..<end])))
      position = end
    }
  }
}

/// Hands bytes out in pieces of odd sizes.
func source(_ bytes: [UInt8], piece: Int = 4_099) -> (Int) throws -> [UInt8] {
  var rest = bytes[...]
  return { maximum in
    let next = Array(rest.prefix(min(maximum, piece)))
    rest = rest.dropFirst(next.count)
    return next
  }
}

/// What is found to be wrong; nil if nothing is.
func fault(
  _ bytes: [UInt8], heads: [AuditHead] = [], keys: [[UInt8]] = []
) throws -> AuditFault? {
  do {
    _ = try AuditVerifier(publicKeys: keys, heads: heads).verify(source(bytes))
    return nil
  } catch let fault as AuditFault {
    return fault
  }
}
