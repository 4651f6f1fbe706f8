/// Things of a module that other organisations may read once they are in some state, although a method's scope says
/// whose they are: a wish that is on the list, a report that is published.
///
/// A module whose tests name none is held to its scopes alone. What is published is so within a caller's areas, and
/// nobody else may change it.
public struct PublishedThings: Sendable {
  /// The full name of the message type: "yizhan.wishes.v1.Wish". It has the fields `id` and `state`.
  public let type: String
  /// The states in which a thing may be read, as the proto spells them: "STATE_LISTED".
  public let states: Set<String>
  /// Fields of the type, beside `id`, in which it may show identifiers of what is not published.
  public let shownReferences: Set<String>

  /// - Parameters:
  ///   - type: The full name of the message type.
  ///   - states: The states in which a thing may be read.
  ///   - shownReferences: Fields in which it may show identifiers of what is not published.
  public init(_ type: String, states: Set<String>, shownReferences: Set<String> = []) {
    self.type = type
    self.states = states
    self.shownReferences = shownReferences
  }
}
