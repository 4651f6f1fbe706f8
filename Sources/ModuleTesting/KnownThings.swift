import ModuleKit

/// What a probe has learned of the things on a host, by the names of the request fields that refer to them.
struct KnownThings {
  /// Values of a field that are kept at most: a few are as good as all.
  private static let limit = 12

  /// Message types that anybody may read: what they tell is no secret.
  private let open: Set<String>
  private var values: [String: [String]] = [:]
  /// Identifiers of things that are not for everybody, with the type of the thing.
  private(set) var guarded: [String: String] = [:]

  /// - Parameter open: the full names of message types that methods of the scope ANY show.
  init(open: Set<String>) { self.open = open }

  /// The values known for a field, of a request for things of a kind: "id" in a request for a Worker is a worker_id.
  func values(for field: String, noun: String) -> [String] {
    values[field == "id" ? Self.snake(noun) + "_id" : field] ?? []
  }

  /// Takes in the identifiers that a reply shows.
  mutating func learn(from message: DynamicMessage) {
    for field in message.type.fields {
      switch message[field] {
      case .string(let text): learn(text, field.name, message.type)
      case .message(let inner): learn(from: inner)
      case .list(let elements):
        for case .message(let inner) in elements { learn(from: inner) }
      default: continue
      }
    }
  }

  private mutating func learn(_ text: String, _ field: String, _ type: MessageSchema) {
    guard !text.isEmpty else { return }
    if field == "id" {
      add(text, Self.snake(type.name) + "_id")
      // A short one would be found in what has nothing to do with it.
      if !open.contains(type.fullName), text.utf8.count >= 20 { guarded[text] = type.fullName }
    } else if field.hasSuffix("_id") {
      add(text, field)
    }
  }

  private mutating func add(_ text: String, _ key: String) {
    var known = values[key] ?? []
    guard !known.contains(text) else { return }
    known.append(text)
    // The latest ones, because the others may be closed by now.
    if known.count > Self.limit { known.removeFirst() }
    values[key] = known
  }

  /// The first identifier of a guarded thing that bytes hold.
  func guarded(in bytes: [UInt8]) -> (id: String, type: String)? {
    // Identifiers are ASCII, so that what is cut at odd places of other text harms no search.
    let text = String(decoding: bytes, as: UTF8.self)
    return guarded.first { text.contains($0.key) }.map { (id: $0.key, type: $0.value) }
  }

  /// "LockerBay" as fields spell it: "locker_bay".
  private static func snake(_ name: String) -> String {
    name.reduce(into: "") { text, character in
      if character.isUppercase, !text.isEmpty { text.append("_") }
      text += character.lowercased()
    }
  }
}
