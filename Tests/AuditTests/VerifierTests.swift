import Audit
import Testing

@Suite struct VerifierTests {
  static let count: Int64 = 9

  @Test func aWholeLogIsFine() throws {
    let log = try Log.export(1...Self.count)
    let signer = try AuditSigner(seed: Log.seed)
    for piece in [1, 7, 1 << 20] {
      let report = try AuditVerifier(
        publicKeys: [signer.publicKey], heads: [try Log.head(9), try Log.head(4), try Log.head(0)]
      ).verify(source(log.bytes, piece: piece))
      #expect(report.firstSequence == 1 && report.lastSequence == 9)
      #expect(report.matchingHeads == 3 && report.earlierHeads == 0 && report.isKeyTrusted)
      #expect(report.sizeBytes == Int64(log.bytes.count))
    }
    #expect(try AuditVerifier().verify(source(log.bytes)).isKeyTrusted == false)
  }

  /// Only a kept head of a record in the file says how far the file has not been cut; neither a key nor a head of what
  /// lies before the file does.
  @Test func aReportSaysHowFarKeptHeadsReach() throws {
    let key = try AuditSigner(seed: Log.seed).publicKey
    let whole = try Log.export(1...Self.count)
    let later = try Log.export(5...Self.count)
    for (log, kept, expected) in [
      (whole, [], nil), (whole, [0], nil), (whole, [3, 1], 3), (whole, [9], 9), (later, [4, 2], nil),
      (later, [2, 5], 5),
    ] as [(Log, [Int64], Int64?)] {
      let verifier = AuditVerifier(publicKeys: [key], heads: try kept.map { try Log.head($0) })
      let report = try verifier.verify(source(log.bytes))
      #expect(report.lastKeptSequence == expected, "\(kept)")
      #expect(report.isKeyTrusted)
    }
  }

  /// Each byte of each record: what it is, its length, every field, its hash.
  @Test func everyFlippedByteOfARecordNamesTheRecord() throws {
    let log = try Log.export(1...Self.count)
    for (index, place) in log.recordIndexes.enumerated() {
      for position in log.frames[place].bytes.indices {
        for bit in [UInt8(0x01), 0x40, 0x80] {
          var changed = log
          changed.frames[place].bytes[position] ^= bit
          let found = try fault(changed.bytes)
          #expect(
            found?.sequence == Int64(index + 1),
            "byte \(position) ^ \(bit) of record \(index + 1): \(String(describing: found))")
        }
      }
    }
  }

  @Test func everyFlippedByteOfTheRestIsFound() throws {
    let log = try Log.export(1...Self.count)
    for (place, frame) in log.frames.enumerated() where frame.type != "R" {
      for position in frame.bytes.indices {
        for bit in [0, 5, 7] {
          var changed = log
          changed.frames[place].bytes[position] ^= 1 << UInt8(bit)
          #expect(try fault(changed.bytes) != nil, "byte \(position), bit \(bit) of frame \(place)")
        }
      }
    }
  }

  @Test func everyDroppedRecordIsNamed() throws {
    let log = try Log.export(1...Self.count)
    for (index, place) in log.recordIndexes.enumerated() {
      var changed = log
      changed.frames.remove(at: place)
      let sequence = Int64(index + 1)
      #expect(
        try fault(changed.bytes)
          == (sequence == Self.count
            ? .tailCut(end: 8, kept: 9) : .missing(sequence: sequence, found: sequence + 1)))
    }
  }

  @Test func everyMovedAndEveryRepeatedRecordIsNamed() throws {
    let log = try Log.export(1...Self.count)
    let places = log.recordIndexes
    for first in places.indices {
      for second in places.indices where second > first {
        var changed = log
        changed.frames.swapAt(places[first], places[second])
        #expect(
          try fault(changed.bytes) == .moved(sequence: Int64(first + 1), found: Int64(second + 1)))
      }
      var changed = log
      changed.frames.insert(log.frames[places[first]], at: places[first] + 1)
      #expect(
        try fault(changed.bytes)
          == .repeated(sequence: Int64(first + 1), inPlaceOf: Int64(first + 2)))
    }
  }

  @Test func everyCutIsFound() throws {
    let log = try Log.export(1...Self.count)
    let kept = try Log.head(Self.count)
    let opening = log.frames[0].bytes.count
    for length in 0..<log.bytes.count {
      let cut = Array(log.bytes[..<length])
      let found = try fault(cut)
      #expect(found == (length < opening ? .notAnExport : .cut(sequence: found?.sequence ?? -1)))
      guard length >= opening else { continue }
      let known = try fault(cut, heads: [kept])
      let end = try #require(found?.sequence) - 1
      #expect(known == (end == Self.count ? .cut(sequence: 10) : .tailCut(end: end, kept: Self.count)))
    }
  }

  /// Whoever cuts the tail may close the log with a head from before.
  @Test func anOlderHeadHidesNoCut() throws {
    let older = try Log.export(1...5)
    #expect(try fault(older.bytes) == nil)
    #expect(try fault(older.bytes, heads: [try Log.head(3), try Log.head(8)]) == .tailCut(end: 5, kept: 8))
  }

  /// A chain that was made anew from a record on is right in itself; only what was kept elsewhere tells.
  @Test func aRewrittenChainIsFoundByHeadsAndKeys() throws {
    var previous = Log.hashes(4)[4]
    var export = AuditExport()
    var frames = try Log.export(1...4).frames
    frames.removeLast()
    for sequence in Int64(5)...9 {
      var record = Log.record(sequence)
      record.principal = "somebody else"
      previous = record.hash(after: previous)
      try export.append(record, hash: previous)
    }
    let forger = [UInt8](repeating: 9, count: 32)
    export.append(
      try AuditSigner(seed: forger).head(sequence: 9, hash: previous, timeMilliseconds: Log.time))
    let forged = frames.flatMap(\.bytes) + export.take()
    #expect(try fault(forged) == nil)
    #expect(
      try fault(forged, heads: [try Log.head(2), try Log.head(7)]) == .rewritten(sequence: 7, matching: 2))
    let key = try AuditSigner(seed: Log.seed).publicKey
    let keyID = AuditHead.keyID(of: try AuditSigner(seed: forger).publicKey)
    #expect(try fault(forged, keys: [key]) == .keyUnknown(sequence: 9, keyID: keyID, isKept: false))
    #expect(
      try fault(forged, heads: [try Log.head(2)]) == .keyUnknown(sequence: 9, keyID: keyID, isKept: false))
  }

  /// One record with a new hash of its own: the next one does not follow from it any more.
  @Test func aRewrittenRecordShowsInTheNext() throws {
    var log = try Log.export(1...Self.count)
    let hashes = Log.hashes(Self.count)
    var record = Log.record(4)
    record.subject = "another"
    var export = AuditExport()
    try export.append(record, hash: record.hash(after: hashes[3]))
    log.frames[log.recordIndexes[3]].bytes = export.take()
    #expect(try fault(log.bytes) == .changed(sequence: 5))
    #expect(AuditFault.changed(sequence: 5).description.contains("record 4"))

    log = try Log.export(1...Self.count)
    let place = log.recordIndexes[3]
    log.frames[place].bytes[log.frames[place].bytes.count - 1] ^= 1
    #expect(try fault(log.bytes) == .hashChanged(sequence: 4))
  }

  @Test func forgedHeadsAreRefused() throws {
    let log = try Log.export(1...Self.count)
    let line = try Log.head(9).line
    let other = try Log.head(8).line
    let signature = try #require(other.split(separator: " ").last)
    let forged = try AuditHead(
      line: (line.split(separator: " ").dropLast() + [signature]).joined(separator: " "))
    #expect(!forged.isSignatureValid)
    #expect(try fault(log.bytes, heads: [forged]) == .headForged(sequence: 9, isKept: true))
    var changed = log
    changed.frames[changed.frames.count - 1].bytes.replaceSubrange(5..., with: Array(forged.line.utf8))
    #expect(try fault(changed.bytes) == .headForged(sequence: 9, isKept: false))
  }

  @Test func exportsThatFollowOneAnotherCanBeJoined() throws {
    let first = try Log.export(1...4).bytes
    let second = try Log.export(5...9).bytes
    let third = try Log.export(8...9).bytes
    #expect(try fault(first + second, heads: [try Log.head(4), try Log.head(9)]) == nil)
    #expect(try fault(second, heads: [try Log.head(4), try Log.head(9)]) == nil)
    #expect(try fault(second + first) == .openingWrong(sequence: 10))
    #expect(try fault(first + third) == .openingWrong(sequence: 5))
    let report = try AuditVerifier(heads: [try Log.head(2), try Log.head(7)]).verify(source(second))
    #expect(report.earlierHeads == 1 && report.matchingHeads == 1 && report.firstSequence == 5)
  }

  @Test func aHeadInAFileHasItsOwnSpaces() throws {
    var log = try Log.export(1...Self.count)
    let place = try #require(log.frames.lastIndex { $0.type == "H" })
    let space = try #require(log.frames[place].bytes.firstIndex(of: UInt8(ascii: " ")))
    log.frames[place].bytes[space] = UInt8(ascii: "\t")
    #expect(try fault(log.bytes) == .headUnreadable(sequence: Self.count))
  }

  @Test func anyBytesAreReadOrRefused() throws {
    let log = try Log.export(1...4).bytes
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<3_000 {
      var bytes = log
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let position = Int.random(in: bytes.indices, using: &generator)
        switch UInt8.random(in: 0..<3, using: &generator) {
        case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: position)
        default: bytes.insert(0xff, at: position)
        }
      }
      if bytes != log { #expect(try fault(bytes) != nil) }
    }
  }

  @Test func aBrokenOffExportGoesOnBehindItsLastWholeFrame() throws {
    let log = try Log.export(3...7)
    var ends = [0]
    for frame in log.frames { ends.append(ends[ends.count - 1] + frame.bytes.count) }
    for length in 0...log.bytes.count {
      let progress = try AuditExport.progress(of: source(Array(log.bytes[..<length]), piece: 50))
      let whole = ends.lastIndex { $0 <= length } ?? 0
      guard whole > 0 else {
        #expect(progress == nil)
        continue
      }
      let records = log.frames[..<whole].count { $0.type == "R" }
      #expect(progress?.nextSequence == Int64(3 + records) && progress?.sizeBytes == Int64(ends[whole]))
    }
    #expect(try AuditExport.progress(of: source(Array("no log at all".utf8))) == nil)
  }
}
