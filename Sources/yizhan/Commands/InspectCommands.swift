import RPC
import Wire

/// Commands that look at the server itself.
struct InspectCommands {
  let session: Session
  private var console: any Console { session.console }

  /// Lists the modules with their commands.
  /// - Throws: `Status`, `UsageError`.
  func modules() async throws -> ExitCode {
    let catalogue = Catalogue(try await ReflectionClient(try await session.server()).schema())
    let headings = ["MODULE", "PACKAGE", "COMMANDS", "ABOUT"]
    let rows = catalogue.modules.map { module in
      [
        module.name, module.package, String(module.commands.count),
        FieldHelp.firstSentence(module.about),
      ]
    }
    switch session.options.output {
    case .table:
      let table = Table(
        headings: headings, rows: rows.map { $0.map(DisplayWidth.safe) },
        width: console.isOutputTerminal ? console.columns : nil)
      console.line(table.header(bold: session.options.usesColour))
      for row in rows { console.line(table.line(row.map(DisplayWidth.safe))) }
    case .csv:
      console.write(CSV.record(headings.map { $0.lowercased() }))
      for row in rows { console.write(CSV.record(row.map(CSV.guarded))) }
    case .json, .jsonl:
      let values = catalogue.modules.map { module in
        JSONValue.object([
          JSONValue.Member("module", .string(module.name)),
          JSONValue.Member("package", .string(module.package)),
          JSONValue.Member("commands", .array(module.commands.map { .string($0.name) })),
        ])
      }
      if session.options.output == .json {
        console.line(JSONValue.array(values).text(indented: true))
      } else {
        for value in values { console.line(value.text()) }
      }
    }
    return .ok
  }

  /// Asks the health service about the server as a whole.
  /// - Throws: `Status` if it does not answer, `UsageError`.
  func status() async throws -> ExitCode {
    let server = try await session.server()
    let clock = ContinuousClock()
    let start = clock.now
    let reply = try await server.call("/grpc.health.v1.Health/Check", [])
    let elapsed = start.duration(to: clock.now)
    let state = try Self.servingStatus(reply.message)
    let milliseconds =
      Double(elapsed.components.attoseconds) / 1e15 + Double(elapsed.components.seconds) * 1000
    let answered = "\((milliseconds * 10).rounded() / 10) ms"
    let version = reply.headers["server"] ?? ""
    var facts = [("server", server.endpoint.description), ("state", state), ("answered in", answered)]
    if !version.isEmpty { facts.append(("version", version)) }
    switch session.options.output {
    case .table:
      for (name, value) in facts {
        console.line(DisplayWidth.pad(name, to: 11) + "  " + DisplayWidth.safe(value))
      }
    case .csv:
      console.write(CSV.record(facts.map { $0.0.replacing(" ", with: "_") }))
      console.write(CSV.record(facts.map { CSV.guarded($0.1) }))
    case .json, .jsonl:
      let members = facts.map { JSONValue.Member($0.0.replacing(" ", with: "_"), .string($0.1)) }
      console.line(JSONValue.object(members).text(indented: session.options.output == .json))
    }
    return state == "SERVING" ? .ok : .unavailable
  }

  /// The status in a grpc.health.v1.HealthCheckResponse.
  private static func servingStatus(_ bytes: [UInt8]) throws -> String {
    var reader = WireReader(bytes)
    var number: UInt64 = 0
    while !reader.isAtEnd {
      let (field, type) = try reader.tag()
      if field == 1, type == .varint {
        number = try reader.varint()
      } else {
        try reader.skip(type, number: field)
      }
    }
    return switch number {
    case 1: "SERVING"
    case 2: "NOT_SERVING"
    case 3: "SERVICE_UNKNOWN"
    default: "UNKNOWN"
    }
  }
}
