import Foundation

/// What the files of a new module say.
struct ScaffoldTemplates {
  let module: String
  let resource: String

  /// "lending".
  var package: String { module.lowercased() }
  /// "bicycle", "rest_stop".
  var snake: String {
    resource.enumerated().map { index, character in
      character.isUppercase ? (index > 0 ? "_" : "") + character.lowercased() : String(character)
    }.joined()
  }
  /// "bicycle", "restStop"; as a name of its own it is `identifier`.
  var variable: String { resource.prefix(1).lowercased() + resource.dropFirst() }
  /// "bicycle", "`case`".
  var identifier: String { Names.escaped(variable) }
  var plural: String { Self.plural(of: resource) }
  var pluralVariable: String { Names.escaped(Self.plural(of: variable)) }
  var pluralSnake: String { Self.plural(of: snake) }
  var words: String { snake.replacing("_", with: " ") }
  var table: String { "\(package)_\(snake)" }
  var reason: String { snake.uppercased() }

  /// A name as the CLI has it: "rest-stop".
  func dashed(_ snake: String) -> String { snake.replacing("_", with: "-") }

  static func plural(of name: String) -> String {
    if name.hasSuffix("y"), let before = name.dropLast().last, !"aeiou".contains(before) {
      return name.dropLast() + "ies"
    }
    return name + (["s", "x", "sh", "ch"].contains(where: name.hasSuffix) ? "es" : "s")
  }

  /// Paths and contents.
  var files: [(String, String)] {
    [
      ("Proto/yizhan/\(package)/v1/\(snake).proto", proto),
      ("Plugins/\(module)/\(module)Module.swift", moduleSwift),
      ("Plugins/\(module)/\(resource)Handler.swift", handler),
      ("Plugins/\(module)/\(resource)Store.swift", store),
      ("Plugins/\(module)/Migrations.swift", migrations),
      ("Plugins/\(module)/\(module)Error.swift", errors),
      ("Plugins/\(module)/README.md", readme),
      ("Tests/\(module)Tests/\(resource)Tests.swift", tests),
    ]
  }

  /// Package.swift with the module at the end of `modules`; nil if the list is not found.
  func enteredInManifest(_ text: String) -> String? {
    guard let start = text.range(of: "let modules = [\n"),
      let end = text.range(of: "]", range: start.upperBound..<text.endIndex)
    else { return nil }
    return text[..<end.lowerBound] + "  \"\(module)\",\n" + text[end.lowerBound...]
  }

  /// Modules.swift with the module imported and at the end of the list; nil if the list is not found.
  func enteredInModules(_ text: String) -> String? {
    guard let start = text.range(of: "let modules: [any Module.Type] = [\n"),
      let end = text.range(of: "]", range: start.upperBound..<text.endIndex)
    else { return nil }
    let lines = (text[..<end.lowerBound] + "  \(module)Module.self,\n" + text[end.lowerBound...])
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let imports = lines.filter { $0.hasPrefix("import ") } + ["import \(module)"]
    return (imports.sorted() + lines.filter { !$0.hasPrefix("import ") }).joined(separator: "\n")
  }

  /// README.md with the module behind the others in the map of folders, or as it is where there is no such map.
  func enteredInMap(_ text: String) -> String? {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if let last = lines.lastIndex(where: { $0.hasPrefix("| `Plugins/") }) {
      lines.insert("| `Plugins/\(module)` | \(Self.plural(of: words)) |", at: last + 1)
    }
    return lines.joined(separator: "\n")
  }

  private var proto: String {
    """
    syntax = "proto3";

    // Keeps \(Self.plural(of: words)).
    package yizhan.\(package).v1;

    import "google/protobuf/timestamp.proto";
    import "yizhan/options.proto";

    // Keeps \(Self.plural(of: words)).
    service \(resource)Service {
      // Adds a \(words). Fails with PERMISSION_DENIED outside of the caller's areas, with ALREADY_EXISTS if the area has
      // one of this name.
      rpc Create\(resource)(Create\(resource)Request) returns (\(resource)) {
        option (yizhan.method) = {
          kind: WRITE
          roles: [STAFF]
          scope: AREA
        };
      }
      // Returns one \(words). Fails with NOT_FOUND also outside of the caller's areas.
      rpc Get\(resource)(Get\(resource)Request) returns (\(resource)) {
        option (yizhan.method) = {
          kind: READ
          roles: [STAFF]
          scope: AREA
        };
      }
      // Lists \(Self.plural(of: words)) of the caller's areas, the oldest first.
      rpc List\(plural)(List\(plural)Request) returns (List\(plural)Response) {
        option (yizhan.method) = {
          kind: READ
          roles: [STAFF]
          scope: AREA
        };
      }
    }

    // A \(words).
    message \(resource) {
      // Its identifier, a UUID.
      string id = 1;
      // The area that it is in: a code of 6, 9, 12 or 15 digits.
      string area_code = 2;
      // What people call it.
      string name = 3;
      // When it was added.
      google.protobuf.Timestamp create_time = 4;
    }

    // A \(words) to add.
    message Create\(resource)Request {
      // The area that it is in: a code of 6, 9, 12 or 15 digits.
      string area_code = 1 [(yizhan.check) = {
        required: true
        format: AREA_CODE
      }];
      // What people call it, 1 to 80 characters.
      string name = 2 [(yizhan.check) = {
        required: true
        max_length: 80
      }];
    }

    // Which \(words) to return.
    message Get\(resource)Request {
      // Its identifier.
      string \(snake)_id = 1 [(yizhan.check) = {
        required: true
        format: UUID
      }];
    }

    // Which \(Self.plural(of: words)) to list.
    message List\(plural)Request {
      // Only those in this area and below it; empty for all.
      string area_code = 1 [(yizhan.check) = {format: AREA_CODE}];
      // How many to return at most; 50 unless given, 1,000 at most.
      int32 page_size = 2;
      // The next_page_token of the page before; empty for the first page.
      string page_token = 3 [(yizhan.check) = {max_length: 2000}];
    }

    // A page of \(Self.plural(of: words)).
    message List\(plural)Response {
      // What was found.
      repeated \(resource) \(pluralSnake) = 1;
      // What to ask the next page with; empty on the last page.
      string next_page_token = 2;
    }

    """
  }
}
