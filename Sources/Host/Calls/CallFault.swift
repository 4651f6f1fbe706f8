/// What a module's handler did that no handler may do. The caller gets INTERNAL, and the log says what it was.
enum CallFault: Error, CustomStringConvertible {
  /// It answered without having asked what its caller may reach.
  case scopeIgnored

  /// One line for the log, which names the method beside it.
  var description: String {
    switch self {
    case .scopeIgnored:
      "the handler answered or wrote without asking for snapshot.reach, which every method does whose scope is"
        + " neither ANY nor HOST; the answer was held back, because nobody checked what the caller may reach"
    }
  }
}
