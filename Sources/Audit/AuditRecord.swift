internal import Crypto

/// What is kept of one write, or of one read of unmasked personal data: who did what to whom, when and why.
///
/// Records form a chain: the hash of each covers the hash of the one before, so that a record that is changed,
/// dropped or moved shows, and where. A cut tail shows by a head that was kept elsewhere.
public struct AuditRecord: Sendable, Equatable {
  /// Its place in the chain: 1 for the first, without gaps.
  public var sequence: Int64
  /// When it was made, in milliseconds since 1970-01-01T00:00:00Z.
  public var timeMilliseconds: Int64
  /// The identifier of the principal on whose behalf it was done; "system" for the host itself.
  public var principal: String
  /// The credential that was presented; "" for none.
  public var credential: String
  /// The method's full name: "yizhan.wishes.v1.WishService/ClaimWish"; "timer/…" and "event/…" for the host's work.
  public var method: String
  /// The module whose method it is.
  public var module: String
  /// The call's identifier in the log.
  public var requestID: String
  /// What it was about, usually an identifier; "" where the method has no one subject.
  public var subject: String
  /// What personal data was asked for, unmasked; "" for masked.
  public var purpose: String
  /// The persons whose data it dealt with.
  public var persons: [String]
  /// Stands for the request: equal requests of one method, purpose and set of roles have equal digests, and whoever has
  /// not the host's keys learns no more from it. HMAC-SHA-256, 32 bytes; empty for streams and the host's own work.
  public var digest: [UInt8]
  /// The old and the new values of the rows that it changed (`RowChange`), sealed if the host seals.
  public var changes: [UInt8]

  /// Creates a record.
  public init(
    sequence: Int64, timeMilliseconds: Int64, principal: String, credential: String, method: String,
    module: String, requestID: String, subject: String, purpose: String, persons: [String], digest: [UInt8],
    changes: [UInt8]
  ) {
    self.sequence = sequence
    self.timeMilliseconds = timeMilliseconds
    self.principal = principal
    self.credential = credential
    self.method = method
    self.module = module
    self.requestID = requestID
    self.subject = subject
    self.purpose = purpose
    self.persons = persons
    self.digest = digest
    self.changes = changes
  }

  /// The hash that the first record's hash covers: 32 zero bytes.
  public static let firstPreviousHash = [UInt8](repeating: 0, count: 32)

  /// The record's hash: SHA-256 (FIPS 180-4) of the hash before it and of the record's canonical form.
  /// - Parameter previous: the 32 bytes of the hash before it, `firstPreviousHash` for the first record.
  public func hash(after previous: [UInt8]) -> [UInt8] {
    precondition(previous.count == 32, "a hash has 32 bytes, not \(previous.count)")
    var form = CanonicalForm(capacity: 256 + changes.count)
    form.append(raw: previous)
    append(to: &form)
    return form.bytes.withUnsafeBytes { Array(SHA256.hash(data: $0)) }
  }

  /// Writes the canonical form, as `RecordLayout` reads it.
  func append(to form: inout CanonicalForm) {
    form.append(byte: RecordLayout.version)
    form.append(integer: sequence)
    form.append(integer: timeMilliseconds)
    for text in [principal, credential, method, module, requestID, subject, purpose] {
      form.append(text: text)
    }
    form.append(count: persons.count)
    for person in persons { form.append(text: person) }
    form.append(bytes: digest)
    form.append(bytes: changes)
  }
}

/// A record's canonical form: each integer in eight bytes, big-endian, each text and byte string behind its length
/// in four. No two records have one form.
struct CanonicalForm {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  mutating func append(byte: UInt8) { bytes.append(byte) }

  mutating func append(integer: Int64) {
    withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func append(count: Int) {
    precondition(count <= UInt32.max, "too long for an audit record: \(count)")
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: count).bigEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func append(text: String) {
    append(count: text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  mutating func append(bytes value: [UInt8]) {
    append(count: value.count)
    bytes.append(contentsOf: value)
  }

  mutating func append(raw value: [UInt8]) { bytes.append(contentsOf: value) }
}
