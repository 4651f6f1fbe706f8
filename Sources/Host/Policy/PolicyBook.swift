import ModuleKit
import Synchronization

/// What the methods of a host declare. The host's own module is registered before it is known what else there is, so
/// the book is filled once everything is.
final class PolicyBook: Sendable {
  /// One method: its declaration, and what its reply's personal data may be wanted for.
  struct Entry: Sendable {
    let method: MethodDescriptor
    let purposes: [PersonalPurpose]
  }

  private let written = Mutex<[Entry]>([])

  /// All methods, by path.
  var entries: [Entry] { written.withLock { $0 } }

  func fill(_ routes: [Route]) {
    let entries = routes.map { Entry(method: $0.descriptor, purposes: $0.purposes) }
    written.withLock { $0 = entries.sorted { $0.method.path < $1.method.path } }
  }

  /// The one method that a text names: by its full name, or by the end of it from a "/" or "." on.
  func entry(_ text: String) -> Entry? {
    let wanted = text.hasPrefix("/") ? String(text.dropFirst()) : text
    let all = entries
    if let exact = all.first(where: { $0.method.path.dropFirst() == wanted }) { return exact }
    let found = all.filter {
      $0.method.path.hasSuffix("/" + wanted) || $0.method.path.hasSuffix("." + wanted)
    }
    return found.count == 1 ? found[0] : nil
  }
}

extension MethodPolicy {
  init(_ entry: PolicyBook.Entry) {
    let method = entry.method
    let unmask = entry.purposes.map { purpose in
      "\(purpose.name): "
        + Roles(rawValue: purpose.roles).names.map { $0.uppercased() }.joined(separator: " ")
    }
    self.init(
      method: String(method.path.dropFirst()), kind: method.kind.rawValue.uppercased(),
      roles: method.policy.roles.names.map { $0.uppercased() }, scope: method.policy.scope.name.uppercased(),
      unmask: Set(unmask).sorted())
  }
}

extension MethodScope {
  /// The name in lower case: "area".
  var name: String {
    switch self {
    case .any: "any"
    case .organisation: "organisation"
    case .employment: "employment"
    case .area: "area"
    case .case: "case"
    case .host: "host"
    }
  }
}
