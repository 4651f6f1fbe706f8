import Wire

/// Help that needs no server.
enum StaticHelp {
  /// `yizhan help`.
  static func overview(_ session: Session) -> String {
    var page = HelpPage(columns: session.console.columns, usesColour: session.options.usesColour)
    page.paragraph(
      "yizhan works a Yizhan (驿站) host from the command line. Its commands come from the server: every "
        + "module that the host serves is here, with the help that its authors wrote.")
    page.usage([
      "yizhan MODULE COMMAND [OPTIONS]", "yizhan MODULE --help", "yizhan MODULE COMMAND --help",
    ])
    page.list(
      "Commands:",
      StaticCommand.all.map { command in ([command.name] + command.words.prefix(1)).joined(separator: " ") }
        .enumerated().map { ($0.element, StaticCommand.all[$0.offset].about) })
    page.list(
      "For example:",
      [
        ("yizhan login --server 127.0.0.1:7040", "Asks for a token and keeps it."),
        ("yizhan modules", "What the server serves."),
        ("yizhan wishes list --state listed", "A table on a terminal, JSON in a pipe."),
        ("yizhan workers import-areas areas.csv", "Imports a file, with a progress bar and row errors."),
      ])
    page.options("Options of every command:", GlobalOptions.specs)
    page.paragraph("Exit codes: yizhan help exit-codes")
    return page.text
  }

  /// `yizhan COMMAND --help`.
  static func page(_ command: StaticCommand, _ session: Session) -> String {
    var page = HelpPage(columns: session.console.columns, usesColour: session.options.usesColour)
    page.paragraph(command.about)
    page.paragraph(command.details)
    let words = command.words.map { command.name == "help" ? "[\($0)]" : $0 }
    page.usage([(["yizhan", command.path] + words + ["[OPTIONS]"]).joined(separator: " ")])
    page.options("Options:", command.allSpecs)
    return page.text
  }

  /// `yizhan help [MODULE [COMMAND]]`.
  /// - Throws: `UsageError`, `Status`.
  static func help(_ words: [String], _ session: Session, _ program: Program) async throws -> ExitCode {
    guard let first = words.first else {
      session.console.write(overview(session))
      return .ok
    }
    if first == "exit-codes" {
      var page = HelpPage(columns: session.console.columns, usesColour: session.options.usesColour)
      page.list("Exit codes:", ExitCode.allCases.map { (String($0.rawValue), $0.meaning) })
      session.console.write(page.text)
      return .ok
    }
    if let command = StaticCommand.all.first(where: { $0.name == first }) {
      session.console.write(page(command, session))
      return .ok
    }
    if words.count > 1, let command = StaticCommand.inModule(first, words[1]) {
      session.console.write(page(command, session))
      return .ok
    }
    let catalogue = Catalogue(try await ReflectionClient(try await session.server()).schema())
    guard let module = catalogue.module(first) else { throw Program.unknown(first, catalogue) }
    guard words.count > 1 else {
      session.console.write(ModuleHelp.page(module, session))
      return .ok
    }
    guard let command = module.command(words[1]) else {
      throw UsageError(
        "\(module.name) has no command \"\(words[1])\"", hint: "see: yizhan \(module.name) --help")
    }
    session.console.write(
      CallHelp.page(CommandLayout(command, module: module, schema: catalogue.schema), session))
    return .ok
  }
}

/// `yizhan MODULE --help`, from the comments in the module's protos.
enum ModuleHelp {
  static func page(_ module: ModuleCommands, _ session: Session) -> String {
    var page = HelpPage(columns: session.console.columns, usesColour: session.options.usesColour)
    if !module.services.contains(where: { $0.comment == module.about }) {
      page.paragraph(DisplayWidth.safeLines(module.about))
    }
    for service in module.services { page.paragraph(DisplayWidth.safeLines(service.comment)) }
    page.usage(["yizhan \(module.name) COMMAND [OPTIONS]", "yizhan \(module.name) COMMAND --help"])
    page.list(
      "Commands:",
      StaticCommand.inModules.filter { $0.module == module.name }.map { ($0.name, $0.about) }
        + module.commands.map { ($0.name, DisplayWidth.safe(FieldHelp.firstSentence($0.method.comment))) })
    return page.text
  }
}

/// `yizhan MODULE COMMAND --help`, from the comments and declarations of the method and its request.
enum CallHelp {
  static func page(_ layout: CommandLayout, _ session: Session) -> String {
    var page = HelpPage(columns: session.console.columns, usesColour: session.options.usesColour)
    let method = layout.command.method
    page.paragraph(DisplayWidth.safeLines(method.comment))
    if method.isDeprecated { page.paragraph("Deprecated.") }
    var form = layout.title
    if let subject = layout.subject { form += " [\(subject.name.uppercased())]" }
    if layout.bulk != nil { form += " FILE.csv" }
    page.usage([form + " [OPTIONS]"])
    if let bulk = layout.bulk {
      page.list(
        "Columns of the file:",
        bulk.rowType.fields.map { ($0.name, DisplayWidth.safe(FieldHelp.text($0, in: layout.schema))) })
    }
    let fields = layout.flags.map { flag in
      var spec = flag.spec(in: layout.schema)
      spec.about = DisplayWidth.safe(spec.about)
      return spec
    }
    page.options(layout.bulk == nil ? "Request:" : "Options of the import:", fields)
    page.options("Options:", layout.switches)
    page.paragraph("Options of every command (--server, --output, …): yizhan help")
    var facts: [(String, String)] = [
      ("method", String(method.path.dropFirst())),
      (
        "returns",
        layout.schema.messages[method.outputIndex].fullName + (method.isServerStreaming ? ", a stream" : "")
      ),
    ]
    if !method.roles.isEmpty {
      let roles = method.roles.contains("ANYONE") ? "anyone, without a token" : access(method)
      facts.append(("may call it", DisplayWidth.safe(roles)))
    }
    page.list("About the call:", facts)
    return page.text
  }

  private static func access(_ method: MethodSchema) -> String {
    let roles = method.roles.map { $0 == "AUTHENTICATED" ? "whoever has a token" : $0 }
    let names =
      method.roles == ["ADMINISTRATOR"] || method.roles.contains("AUTHENTICATED")
      ? roles : roles + ["ADMINISTRATOR"]
    let reach =
      switch method.scope {
      case "ANY", "": ""
      case "ORGANISATION": "; what belongs to their organisation"
      case "EMPLOYMENT": "; platforms: workers employed with them"
      case "AREA": "; what belongs to their area"
      case "CASE": "; cases that they are party to"
      case "HOST": "; not who is bound to an area"
      case let other: "; scope: \(other)"
      }
    return names.joined(separator: ", ") + reach
  }
}
