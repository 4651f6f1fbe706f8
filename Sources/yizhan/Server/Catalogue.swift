import Wire

/// A command that makes a call.
struct CallCommand: Sendable {
  /// The name on the command line: "claim".
  var name: String
  /// The method's whole name in kebab-case, which always works too: "claim-wish".
  var fullName: String
  var service: ServiceSchema
  var method: MethodSchema
}

/// The commands of one package: one module of the server.
struct ModuleCommands: Sendable {
  /// The name on the command line: "wishes".
  var name: String
  /// The proto package: "yizhan.wishes.v1".
  var package: String
  /// What the module is for: the comment at its package, or at its main service.
  var about: String
  var commands: [CallCommand]
  var services: [ServiceSchema]

  /// The command of that name.
  func command(_ name: String) -> CallCommand? {
    let typed = Words.option(name.lowercased())
    return commands.first { $0.name == typed } ?? commands.first { $0.fullName == typed }
  }
}

/// The tree of commands that a server's schema makes. It knows no module by name.
struct Catalogue: Sendable {
  let schema: Schema
  let modules: [ModuleCommands]

  init(_ schema: Schema) {
    self.schema = schema
    let packages = Dictionary(grouping: schema.services, by: \.package).sorted { $0.key < $1.key }
    let named = packages.map { package, services in
      let (name, version) = Self.name(of: package)
      return (name: name, version: version, package: package, services: services)
    }
    modules = named.map { entry in
      // Of several versions the highest has the plain name; older ones carry theirs.
      let newest = named.filter { $0.name == entry.name }.map(\.version).max { Self.isOlder($0, $1) }
      let isNewest = newest == entry.version
      return ModuleCommands(
        name: isNewest || entry.version.isEmpty ? entry.name : "\(entry.name).\(entry.version)",
        package: entry.package, about: Self.about(entry.package, entry.services, module: entry.name, schema),
        commands: Self.commands(entry.services, module: entry.name),
        services: entry.services)
    }
  }

  /// The module of that name.
  func module(_ name: String) -> ModuleCommands? { modules.first { $0.name == name.lowercased() } }

  /// The module's name and version in a package's: "yizhan.wishes.v1" is wishes and v1; a package of another
  /// house keeps its name in front.
  private static func name(of package: String) -> (name: String, version: String) {
    var parts = package.split(separator: ".").map(String.init)
    var version = ""
    if let last = parts.last, last.count > 1, last.hasPrefix("v"), last.dropFirst().first?.isNumber == true,
      parts.count > 1
    {
      version = parts.removeLast()
    }
    if parts.count > 1, parts.first == "yizhan" { parts.removeFirst() }
    return (parts.isEmpty ? "default" : parts.joined(separator: ".").lowercased(), version)
  }

  private static func about(_ package: String, _ services: [ServiceSchema], module: String, _ schema: Schema)
    -> String
  {
    let comment = schema.comment(ofPackage: package)
    if !comment.isEmpty { return comment }
    let nouns = mainNoun(of: module)
    let main = services.first { Words.split($0.name).first.map(nouns.contains) == true }
    return (main ?? services.first)?.comment ?? ""
  }

  private static func mainNoun(of module: String) -> Set<String> {
    Words.singulars(of: module.split(separator: ".").last.map(String.init) ?? module)
  }

  /// v1alpha1 comes before v1, v2 before v10.
  private static func isOlder(_ left: String, _ right: String) -> Bool {
    func key(_ version: String) -> (Int, Int, String) {
      let digits = version.dropFirst().prefix { $0.isNumber }
      let rest = version.dropFirst(1 + digits.count)
      return (Int(digits) ?? 0, rest.isEmpty ? 1 : 0, String(rest))
    }
    return key(left) < key(right)
  }

  private static func commands(_ services: [ServiceSchema], module: String) -> [CallCommand] {
    let mainNoun = mainNoun(of: module)
    struct Draft {
      var service: ServiceSchema
      var method: MethodSchema
      var words: [String]
      var name: String
    }
    var drafts: [Draft] = []
    for service in services {
      for method in service.methods {
        let words = Words.split(method.name)
        // The module says already what is claimed in "wishes claim-wish".
        let isNounLast = words.count > 1 && mainNoun.contains(words[words.count - 1])
        let short = isNounLast ? Array(words.dropLast()) : words
        drafts.append(
          Draft(service: service, method: method, words: words, name: short.joined(separator: "-")))
      }
    }
    // Where two methods have one name, the noun of each one's service goes behind the verb, unless it is the
    // module's own noun: get-import of the workers, get-area-import of the areas.
    for (name, group) in Dictionary(grouping: drafts.indices, by: { drafts[$0].name }) where group.count > 1 {
      for index in group {
        var noun = Words.split(drafts[index].service.name)
        if noun.last == "service" { noun.removeLast() }
        let isMain = noun.count == 1 && mainNoun.contains(noun[0])
        if !isMain {
          let words = drafts[index].words
          drafts[index].name = ([words[0]] + noun + words.dropFirst()).joined(separator: "-")
        } else {
          drafts[index].name = name
        }
      }
    }
    var taken: Set<String> = []
    return drafts.map { draft in
      var name = draft.name
      // Still the same: the service's whole name tells them apart.
      if !taken.insert(name).inserted {
        name =
          Words.split(draft.service.name).joined(separator: "-") + "." + draft.words.joined(separator: "-")
      }
      return CallCommand(
        name: name, fullName: draft.words.joined(separator: "-"), service: draft.service, method: draft.method
      )
    }.sorted { $0.name < $1.name }
  }
}
