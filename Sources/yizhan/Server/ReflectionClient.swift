import RPC
import Wire

/// Learns from a server what it serves, by gRPC's server reflection.
/// Source: grpc/grpc, doc/server-reflection.md; grpc/reflection/v1/reflection.proto.
struct ReflectionClient: Sendable {
  /// How long the whole conversation may take where nothing else is said.
  static let defaultTimeout = Duration.seconds(15)

  private enum Question {
    case services
    case fileOfSymbol(String)
    case file(String)

    /// The encoded ServerReflectionRequest.
    var bytes: [UInt8] {
      var writer = WireWriter()
      switch self {
      case .services: writer.field(7, "*")
      case .fileOfSymbol(let name): writer.field(4, name)
      case .file(let name): writer.field(3, name)
      }
      return writer.bytes
    }
  }

  private let server: Server

  init(_ server: Server) { self.server = server }

  /// The schema of everything that the server serves, its own plumbing (grpc.*) left out.
  /// - Throws: `Status`; UNIMPLEMENTED says that the server has no reflection.
  func schema() async throws -> Schema {
    do {
      return try await schema("grpc.reflection.v1")
    } catch let status as Status where status.code == .unimplemented {
      return try await schema("grpc.reflection.v1alpha")
    }
  }

  private func schema(_ package: String) async throws -> Schema {
    let bounded = Server(
      endpoint: server.endpoint, channel: server.channel, token: server.token,
      timeout: server.timeout ?? Self.defaultTimeout)
    let path = "/\(package).ServerReflection/ServerReflectionInfo"
    var attempt = 1
    while true {
      do {
        let stream = try await bounded.open(path)
        return try await withTaskCancellationHandler {
          try await Self.converse(stream)
        } onCancel: {
          stream.cancel()
        }
      } catch let status as Status {
        guard attempt < Server.attemptsLimit, let delay = Server.retryDelay(after: status, attempt: attempt)
        else {
          throw status
        }
        try await server.sleep(delay)
        attempt += 1
      }
    }
  }

  private static func converse(_ stream: any ClientStream) async throws -> Schema {
    var files: [String: [UInt8]] = [:]
    var missing: Set<String> = []
    let services = try await ask([.services], on: stream).flatMap(\.services)
      .filter { !$0.hasPrefix("grpc.") }
    var questions = services.map { Question.fileOfSymbol($0) }
    // Some servers answer with a file alone, some with everything that it imports.
    while !questions.isEmpty {
      for answer in try await ask(questions, on: stream) {
        for bytes in answer.files {
          let (name, imports) = try Schema.imports(ofFile: bytes)
          files[name] = bytes
          missing.formUnion(imports)
          guard files.count <= Schema.filesLimit else { throw SchemaError.tooLarge }
        }
      }
      missing.subtract(files.keys)
      questions = missing.sorted().map { .file($0) }
    }
    try await stream.finishSending()
    while try await stream.next() != nil {}
    return try Schema(files: files.sorted { $0.key < $1.key }.map(\.value))
  }

  private static func ask(_ questions: [Question], on stream: any ClientStream) async throws -> [Answer] {
    for question in questions { try await stream.send(question.bytes) }
    var answers: [Answer] = []
    for _ in questions {
      guard let bytes = try await stream.next() else {
        throw Status(.unavailable, "the server ended the reflection stream early")
      }
      let answer = try Answer(bytes)
      if let error = answer.error { throw error }
      answers.append(answer)
    }
    return answers
  }

  /// What is needed of a ServerReflectionResponse.
  private struct Answer {
    var services: [String] = []
    var files: [[UInt8]] = []
    var error: Status?

    init(_ bytes: [UInt8]) throws {
      var reader = WireReader(bytes)
      while !reader.isAtEnd {
        let (number, type) = try reader.tag()
        switch (number, type) {
        case (4, .lengthDelimited):
          try Self.each(1, of: reader.lengthDelimited()) { files.append($0.remaining()) }
        case (6, .lengthDelimited):
          try Self.each(1, of: reader.lengthDelimited()) { service in
            try Self.each(1, of: service) { services.append(String(decoding: $0.remaining(), as: UTF8.self)) }
          }
        case (7, .lengthDelimited): error = try Self.error(reader.lengthDelimited())
        default: try reader.skip(type, number: number)
        }
      }
    }

    /// Calls the body for every value of a length-delimited field.
    private static func each(_ wanted: Int32, of part: WireReader, _ body: (WireReader) throws -> Void) throws
    {
      var reader = part
      while !reader.isAtEnd {
        let (number, type) = try reader.tag()
        if number == wanted, type == .lengthDelimited {
          try body(try reader.lengthDelimited())
        } else {
          try reader.skip(type, number: number)
        }
      }
    }

    private static func error(_ part: WireReader) throws -> Status {
      var reader = part
      var code = Status.Code.unknown
      var message = ""
      while !reader.isAtEnd {
        let (number, type) = try reader.tag()
        switch (number, type) {
        case (1, .varint):
          code = Status.Code(rawValue: Int(truncatingIfNeeded: try reader.varint())) ?? .unknown
        case (2, .lengthDelimited): message = try reader.string()
        default: try reader.skip(type, number: number)
        }
      }
      return Status(code, message.isEmpty ? "reflection failed" : message)
    }
  }
}
