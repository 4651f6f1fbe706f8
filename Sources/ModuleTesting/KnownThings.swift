import ModuleKit

/// What a probe has learned of the things on a host, by the names of the request fields that refer to them.
struct KnownThings {
  /// A thing that is not for everybody.
  struct Thing {
    let id: String
    /// The full name of its message type.
    let type: String
  }

  /// Values of a field that are kept at most: a few are as good as all.
  private static let limit = 12
  /// A shorter identifier would be found in what has nothing to do with it.
  private static let leastIdentifierLength = 20
  /// Whom the host calls a person the register calls a worker.
  private static let personField = "person_id"
  private static let workerField = "worker_id"
  /// Fields of requests that deal with two things of one kind.
  private static let pairFields: Set<String> = ["source_id", "target_id"]

  /// Message types that anybody may read: what they tell is no secret.
  private let open: Set<String>
  private let published: [String: PublishedThings]
  private var values: [String: [String]] = [:]
  /// Identifiers of things that are not for everybody, with the type of the thing.
  private(set) var guarded: [String: String] = [:]
  /// Identifiers of things of open types.
  private var openIDs: Set<String> = []
  private var identifierLengths: Set<Int> = []
  /// The state that each thing was last seen in.
  private var states: [String: String] = [:]
  /// An organisation that is never referred to, so that nothing can be its own.
  private(set) var uninvolvedOrganisation: String?

  /// - Parameters:
  ///   - open: the full names of message types that methods of the scope ANY show.
  ///   - published: what modules let other organisations read.
  init(open: Set<String>, published: [PublishedThings] = []) {
    self.open = open
    self.published = Dictionary(published.map { ($0.type, $0) }) { first, _ in first }
  }

  /// The values known for a field, of a request for things of a kind: "id" in a request for a Worker is a worker_id.
  func values(for field: String, noun: String) -> [String] {
    if field == "id" || Self.pairFields.contains(field) { return values[Self.snake(noun) + "_id"] ?? [] }
    if field == Self.personField { return values[field] ?? values[Self.workerField] ?? [] }
    return values[field] ?? []
  }

  // MARK: Learning

  /// Takes in the identifiers that a reply shows, and the states of what they stand for.
  /// - Parameter statesOnly: whether things that are not known yet stay unknown.
  mutating func learn(from message: DynamicMessage, statesOnly: Bool = false) {
    if let id = Self.id(of: message), let state = Self.state(of: message),
      !statesOnly || guarded[id] != nil
    {
      states[id] = state
    }
    for field in message.type.fields {
      switch message[field] {
      case .string(let text): if !statesOnly { learn(text, field.name, message.type) }
      case .message(let inner): learn(from: inner, statesOnly: statesOnly)
      case .list(let elements):
        for case .message(let inner) in elements { learn(from: inner, statesOnly: statesOnly) }
      default: continue
      }
    }
  }

  private mutating func learn(_ text: String, _ field: String, _ type: MessageSchema) {
    guard !text.isEmpty else { return }
    if field == "id" {
      let key = Self.snake(type.name) + "_id"
      // The second one: the first is whom the probe's callers act for.
      if key == "organisation_id", uninvolvedOrganisation == nil, let known = values[key],
        !known.contains(text)
      {
        uninvolvedOrganisation = text
      }
      add(text, key)
      guard text.utf8.count >= Self.leastIdentifierLength, text.utf8.allSatisfy(Self.isIdentifierByte) else {
        return
      }
      identifierLengths.insert(text.utf8.count)
      if open.contains(type.fullName) {
        openIDs.insert(text)
      } else {
        guarded[text] = type.fullName
      }
    } else if field.hasSuffix("_id") {
      add(text, field)
    }
  }

  private mutating func add(_ text: String, _ key: String) {
    guard text != uninvolvedOrganisation else { return }
    var known = values[key] ?? []
    guard !known.contains(text) else { return }
    known.append(text)
    // The latest ones, because the others may be closed by now.
    if known.count > Self.limit { known.removeFirst() }
    values[key] = known
  }

  // MARK: Looking

  /// The guarded things whose identifiers bytes hold, in the order of their identifiers.
  func guarded(in bytes: [UInt8]) -> [Thing] {
    candidates(in: bytes).sorted().compactMap { id in guarded[id].map { Thing(id: id, type: $0) } }
  }

  /// Whether bytes hold the identifier of a thing of an open type.
  func namesOpenThing(in bytes: [UInt8]) -> Bool { !candidates(in: bytes).isDisjoint(with: openIDs) }

  /// Every text in bytes that may be an identifier: by its length, within a run of characters that they are made of.
  /// A pass over the bytes, because there are more identifiers than it would be quick to look for one by one.
  private func candidates(in bytes: [UInt8]) -> Set<String> {
    var found: Set<String> = []
    for run in bytes.split(whereSeparator: { !Self.isIdentifierByte($0) }) {
      for length in identifierLengths where length <= run.count {
        for start in run.startIndex...(run.endIndex - length) {
          found.insert(String(decoding: run[start..<start + length], as: UTF8.self))
        }
      }
    }
    return found
  }

  /// A digit, a letter, or a sign that joins them.
  private static func isIdentifierByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: true
    default: false
    }
  }

  /// Whether a thing is published to a caller from elsewhere, as far as its last known state tells.
  func isPublished(_ thing: Thing, to situation: AccessMatrix.Situation) -> Bool {
    guard situation == .foreignOrganisation, let state = states[thing.id] else { return false }
    return published[thing.type]?.states.contains(state) ?? false
  }

  /// A reply without the identifiers that a published thing may show to a caller from elsewhere.
  func withoutPublished(_ message: DynamicMessage, to situation: AccessMatrix.Situation) -> DynamicMessage {
    if published.isEmpty { return message }
    var rest = message
    let type = message.type
    if let id = Self.id(of: message), let rule = published[type.fullName],
      isPublished(Thing(id: id, type: type.fullName), to: situation)
    {
      for name in rule.shownReferences.union(["id"]) {
        if let field = type.field(named: name) { rest[field] = nil }
      }
    }
    for field in type.fields {
      switch rest[field] {
      case .message(let inner): rest[field] = .message(withoutPublished(inner, to: situation))
      case .list(let elements):
        rest[field] = .list(
          elements.map { element -> DynamicValue in
            guard case .message(let inner) = element else { return element }
            return .message(withoutPublished(inner, to: situation))
          })
      default: continue
      }
    }
    return rest
  }

  private static func id(of message: DynamicMessage) -> String? {
    guard let field = message.type.field(named: "id"), case .string(let id) = message[field] else {
      return nil
    }
    return id
  }

  private static func state(of message: DynamicMessage) -> String? {
    guard let field = message.type.field(named: "state"), case .enumeration(let number) = message[field]
    else { return nil }
    return message.schema.enumeration(of: field)?.name(of: number)
  }

  /// "LockerBay" as fields spell it: "locker_bay".
  private static func snake(_ name: String) -> String {
    name.reduce(into: "") { text, character in
      if character.isUppercase, !text.isEmpty { text.append("_") }
      text += character.lowercased()
    }
  }
}
