import RPC
import Wire

/// Shows who may do what: `yizhan policy`, and why: `yizhan policy explain`.
///
/// The program knows this one service of the host by its shape: a method that lists policies and one that explains.
struct PolicyCommand {
  static let specs: [OptionSpec] = [
    OptionSpec(
      name: "principal", placeholder: "NAME", about: "Whose access to explain: a name or an identifier."),
    OptionSpec(
      name: "method", placeholder: "METHOD",
      about: "The method to explain, or whose policy to show: ClaimWish, WishService/ClaimWish."),
    OptionSpec(
      name: "target-area", placeholder: "CODE", about: "The area that the thing in question lies in."),
    OptionSpec(
      name: "target-organisation", placeholder: "ID",
      about: "The organisation that owns it, employs the worker, or is a party to the case."),
  ]

  let session: Session
  private var console: any Console { session.console }

  /// - Throws: `UsageError`, `Status`.
  func run(_ parsed: ParsedArguments) async throws -> ExitCode {
    switch parsed.words.first {
    case nil: return try await matrix(parsed)
    case "explain": return try await explain(parsed)
    case let word?:
      throw UsageError("policy has no command \"\(word)\"", hint: "yizhan policy, or yizhan policy explain")
    }
  }

  private func matrix(_ parsed: ParsedArguments) async throws -> ExitCode {
    let reply = try await call("ListMethodPolicies", ["contains": parsed.value("method")])
    let headings = ["METHOD", "ROLES", "SCOPE", "KIND", "UNMASK"]
    let rows = reply.messages("methods").map { policy in
      [
        policy.text("method"), policy.texts("roles").joined(separator: " "), policy.text("scope"),
        policy.text("kind"), policy.texts("unmask").joined(separator: "; "),
      ]
    }
    switch session.options.output {
    case .json, .jsonl: try printJSON(reply)
    case .csv:
      console.write(CSV.record(headings.map { $0.lowercased() }))
      for row in rows { console.write(CSV.record(row.map(CSV.guarded))) }
    case .table:
      let safe = rows.map { $0.map(DisplayWidth.safe) }
      let table = Table(
        headings: headings, rows: safe, width: console.isOutputTerminal ? console.columns : nil)
      console.line(table.header(bold: session.options.usesColour))
      for row in safe { console.line(table.line(row)) }
    }
    return .ok
  }

  private func explain(_ parsed: ParsedArguments) async throws -> ExitCode {
    for name in ["principal", "method"] where parsed.value(name) == nil {
      throw UsageError(
        "policy explain needs --\(name)", hint: "yizhan policy explain --principal NAME --method METHOD")
    }
    let reply = try await call(
      "ExplainAccess",
      [
        "principal": parsed.value("principal"), "method": parsed.value("method"),
        "target_area": parsed.value("target-area"),
        "target_organisation": parsed.value("target-organisation"),
      ])
    if session.options.output == .json || session.options.output == .jsonl {
      try printJSON(reply)
      return .ok
    }
    let isChinese = session.environment.prefersChinese
    for (index, step) in reply.messages("steps").enumerated() {
      let mark = step.flag("holds") ? "+" : "-"
      let text = step.text(isChinese ? "text_zh" : "text")
      console.line("\(index + 1) \(mark) \(step.text("name")): \(DisplayWidth.safe(text))")
    }
    console.line(reply.flag("allowed") ? (isChinese ? "允许" : "allowed") : (isChinese ? "拒绝" : "refused"))
    return .ok
  }

  private func printJSON(_ reply: DynamicMessage) throws {
    console.line(try reply.json().text(indented: session.options.output == .json))
  }

  /// Calls the host's method of that name with the values that are given.
  private func call(_ name: String, _ values: [String: String?]) async throws -> DynamicMessage {
    let server = try await session.server()
    let schema = try await ReflectionClient(server).schema()
    for service in schema.services where service.name == "PolicyService" {
      for method in service.methods where method.name == name {
        let type = schema.messages[method.inputIndex]
        var request = DynamicMessage(type, in: schema)
        for (field, value) in values {
          guard let value, let field = type.field(named: field) else { continue }
          request[field] = .string(value)
        }
        let reply = try await server.call(method.path, request.encoded())
        return try DynamicMessage(
          decoding: reply.message, as: schema.messages[method.outputIndex], in: schema)
      }
    }
    throw UsageError("this server does not say what its policy is", hint: "see: yizhan modules")
  }
}

extension DynamicMessage {
  fileprivate func text(_ name: String) -> String {
    if case .string(let text)? = self[name] { text } else { "" }
  }

  fileprivate func flag(_ name: String) -> Bool { self[name] == .bool(true) }

  fileprivate func texts(_ name: String) -> [String] {
    guard case .list(let values)? = self[name] else { return [] }
    return values.compactMap { if case .string(let text) = $0 { text } else { nil } }
  }

  fileprivate func messages(_ name: String) -> [DynamicMessage] {
    guard case .list(let values)? = self[name] else { return [] }
    return values.compactMap { if case .message(let message) = $0 { message } else { nil } }
  }
}
