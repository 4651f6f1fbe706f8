internal import Crypto

/// Checks an exported audit log without a host: each record's hash and place, each head's signature, and heads that
/// were kept elsewhere. What it reads may be anything; what it finds first, it names.
public struct AuditVerifier: Sendable {
  /// What a log was found to hold in which nothing is wrong.
  public struct Report: Sendable, Equatable {
    /// The first record's place in the chain.
    public var firstSequence: Int64
    /// The last record's place; one less than `firstSequence` if there is none.
    public var lastSequence: Int64
    /// The last head in the file.
    public var head: AuditHead
    /// How many kept heads are of records in the file, or of the one before its first.
    public var matchingHeads: Int
    /// How many kept heads are of earlier records, which the file does not hold.
    public var earlierHeads: Int
    /// The last record in the file that a kept head is of; nil if there is none. A tail that was cut behind it does not
    /// show: whoever cut it may have a head of that time.
    public var lastKeptSequence: Int64?
    /// Whether the heads in the file are signed with a key that was given, alone or with a kept head. It says who signed,
    /// and nothing of a cut tail.
    public var isKeyTrusted: Bool
    /// How many bytes were read.
    public var sizeBytes: Int64
  }

  private let trustedKeys: Set<[UInt8]>
  private let keptHeads: [AuditHead]

  /// Creates a verifier.
  /// - Parameters:
  ///   - publicKeys: the keys that heads may be signed with, 32 bytes each. If none is given, those of the kept
  ///     heads; if there is none either, any.
  ///   - heads: heads that were kept elsewhere, in any order.
  public init(publicKeys: [[UInt8]] = [], heads: [AuditHead] = []) {
    trustedKeys = Set(publicKeys.isEmpty ? heads.map(\.publicKey) : publicKeys)
    keptHeads = heads.sorted { $0.sequence < $1.sequence }
  }

  /// Reads a log to its end.
  /// - Parameter source: gives the next bytes, as many as asked for at most, none at the end.
  /// - Throws: `AuditFault` for the first thing that is wrong, or what the source throws.
  public func verify(_ source: @escaping (_ maximumBytes: Int) throws -> [UInt8]) throws -> Report {
    for head in keptHeads { try check(head, isKept: true) }
    var walk = Walk(reader: ExportReader(source), keptHeads: keptHeads[...])
    while let frame = try walk.nextFrame() {
      switch frame {
      case .opening: try walk.opening()
      case .shape: try walk.shape()
      case .record: try walk.record()
      case .head: try check(try walk.readHead(), isKept: false)
      }
    }
    let head = try walk.finish()
    return Report(
      firstSequence: walk.first, lastSequence: walk.expected - 1, head: head, matchingHeads: walk.matching,
      earlierHeads: walk.earlier, lastKeptSequence: walk.lastKept, isKeyTrusted: !trustedKeys.isEmpty,
      sizeBytes: walk.reader.offset)
  }

  private func check(_ head: AuditHead, isKept: Bool) throws(AuditFault) {
    guard head.isSignatureValid else { throw .headForged(sequence: head.sequence, isKept: isKept) }
    guard trustedKeys.isEmpty || trustedKeys.contains(head.publicKey) else {
      throw .keyUnknown(sequence: head.sequence, keyID: head.keyID, isKept: isKept)
    }
  }
}

/// How far a log was read.
private struct Walk {
  var reader: ExportReader
  /// Kept heads of records that are still to come.
  var keptHeads: ArraySlice<AuditHead>
  var first: Int64 = 0
  /// The record that must come next; 0 before the opening.
  var expected: Int64 = 0
  var previous = AuditRecord.firstPreviousHash
  var matching = 0
  var earlier = 0
  /// The last record that a kept head is of, or the one before the first.
  private var lastMatching: Int64
  /// The last record in the file that a kept head is of.
  var lastKept: Int64? { lastMatching < first ? nil : lastMatching }
  /// The last head, as long as nothing follows it.
  private var head: AuditHead?

  init(reader: ExportReader, keptHeads: ArraySlice<AuditHead>) {
    self.reader = reader
    self.keptHeads = keptHeads
    lastMatching = 0
  }

  mutating func nextFrame() throws -> AuditExport.Frame? {
    let offset = reader.offset
    do {
      let frame = try reader.next()
      if expected == 0, frame != .opening { throw AuditFault.notAnExport }
      if frame != nil { head = frame == .head ? head : nil }
      return frame
    } catch let problem as ExportReader.Problem {
      if expected == 0 { throw AuditFault.notAnExport }
      if problem == .ended { throw endedEarly() }
      throw AuditFault.unreadable(sequence: expected, offsetBytes: offset)
    }
  }

  /// A file that was cut: if a head was kept of a record behind the cut, that says more.
  private func endedEarly() -> AuditFault {
    if let kept = keptHeads.last, kept.sequence >= expected {
      return .tailCut(end: expected - 1, kept: kept.sequence)
    }
    return .cut(sequence: expected)
  }

  mutating func opening() throws {
    guard let opening = Opening(reader.payload) else {
      throw expected == 0
        ? AuditFault.notAnExport : .unreadable(sequence: expected, offsetBytes: reader.offset)
    }
    guard opening.version == AuditExport.version else { throw AuditFault.versionUnknown(opening.version) }
    if expected == 0 {
      guard opening.sequence > 1 || opening.previous == AuditRecord.firstPreviousHash else {
        throw AuditFault.openingWrong(sequence: 1)
      }
      first = opening.sequence
      expected = first
      previous = opening.previous
      lastMatching = first - 1
      while let kept = keptHeads.first, kept.sequence < first - 1 {
        earlier += 1
        keptHeads.removeFirst()
      }
      try compareKeptHeads()
    } else if opening.sequence != expected || opening.previous != previous {
      throw AuditFault.openingWrong(sequence: expected)
    }
  }

  /// - Throws: `AuditFault.shapeChanged` unless the names give the identifier.
  func shape() throws {
    guard let shape = ShapeLayout.shape(in: reader.payload),
      shape.identifier == Array(reader.payload.prefix(8))
    else { throw AuditFault.shapeChanged(sequence: expected) }
  }

  mutating func record() throws {
    guard let sequence = RecordLayout.sequence(of: reader.payload) else {
      throw AuditFault.unreadable(
        sequence: expected,
        offsetBytes: reader.offset - Int64(reader.payload.count + AuditExport.frameHeaderBytes))
    }
    guard sequence == expected else { throw misplaced(sequence) }
    let computed = Self.hash(of: reader.payload, after: previous)
    guard reader.payload.suffix(32) == computed[...] else {
      // The next record's hash covers the hash that this one should have.
      if let next = try? reader.next(), next == .record,
        RecordLayout.sequence(of: reader.payload) == expected + 1,
        Self.hash(of: reader.payload, after: computed)[...] == reader.payload.suffix(32)
      {
        throw AuditFault.hashChanged(sequence: expected)
      }
      throw AuditFault.changed(sequence: expected)
    }
    previous = computed
    expected += 1
    try compareKeptHeads()
  }

  /// Tells a record that was renumbered from one that stands in the wrong place; looks through the rest of the file
  /// for the one that should have been here.
  private mutating func misplaced(_ found: Int64) -> AuditFault {
    var renumbered = reader.payload
    withUnsafeBytes(of: expected.bigEndian) { renumbered.replaceSubrange(1..<9, with: $0) }
    if Self.hash(of: renumbered, after: previous)[...] == renumbered.suffix(32) {
      return .changed(sequence: expected)
    }
    if found < expected, found >= first { return .repeated(sequence: found, inPlaceOf: expected) }
    while let frame = try? reader.next() {
      if frame == .record, RecordLayout.sequence(of: reader.payload) == expected {
        return .moved(sequence: expected, found: found)
      }
    }
    return .missing(sequence: expected, found: found)
  }

  /// Compares the heads that were kept of the record read last.
  private mutating func compareKeptHeads() throws {
    while let kept = keptHeads.first, kept.sequence == expected - 1 {
      guard kept.hash == previous else {
        throw AuditFault.rewritten(
          sequence: kept.sequence, matching: min(lastMatching, max(kept.sequence - 1, 0)))
      }
      lastMatching = kept.sequence
      matching += 1
      keptHeads.removeFirst()
    }
  }

  mutating func readHead() throws -> AuditHead {
    // Whoever keeps heads may have them with other spaces; in a file they stand as they were written.
    guard let text = String(validating: reader.payload, as: UTF8.self), let read = try? AuditHead(line: text),
      text == read.line
    else { throw AuditFault.headUnreadable(sequence: expected - 1) }
    if read.sequence >= expected, read.isSignatureValid {
      throw AuditFault.tailCut(end: expected - 1, kept: read.sequence)
    }
    guard read.sequence == expected - 1, read.hash == previous else {
      throw AuditFault.headWrong(sequence: expected - 1)
    }
    head = read
    return read
  }

  mutating func finish() throws -> AuditHead {
    if expected == 0 { throw AuditFault.notAnExport }
    guard keptHeads.isEmpty, let head else { throw endedEarly() }
    return head
  }

  private static func hash(of payload: [UInt8], after previous: [UInt8]) -> [UInt8] {
    payload.withUnsafeBytes { bytes in
      var hash = SHA256()
      previous.withUnsafeBytes { hash.update(bufferPointer: $0) }
      hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes.dropLast(32)))
      return Array(hash.finalize())
    }
  }
}

/// Reads what `AuditExport` writes of a shape.
enum ShapeLayout {
  private static let maximumColumns = 1 << 14

  static func shape(in payload: [UInt8]) -> TableShape? {
    var rest = payload.dropFirst(8)
    func count() -> Int? {
      guard rest.count >= 4 else { return nil }
      defer { rest = rest.dropFirst(4) }
      return rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }
    func text() -> String? {
      guard let length = count(), length <= rest.count else { return nil }
      defer { rest = rest.dropFirst(length) }
      return String(validating: rest.prefix(length), as: UTF8.self)
    }
    guard payload.count > 8, let table = text(), let columns = count(), columns <= maximumColumns else {
      return nil
    }
    var names: [String] = []
    for _ in 0..<columns {
      guard let name = text() else { return nil }
      names.append(name)
    }
    return rest.isEmpty ? TableShape(table: table, columns: names) : nil
  }
}
