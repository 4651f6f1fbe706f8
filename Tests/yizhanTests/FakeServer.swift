import Glibc
import RPC
import Synchronization
import Testing
import Wire

@testable import yizhan

/// A server of Tests/Fixtures/CLI/lockers.proto in memory, with reflection.
final class FakeServer: ClientChannel {
  /// A call as it arrived.
  struct Call: Sendable {
    var path: String
    var requests: [DynamicMessage]
    var options: CallOptions
  }
  typealias Handler = @Sendable (Call) throws -> [JSONValue]

  let schema: Schema
  private let files: [[UInt8]]
  private let handlers: Mutex<[String: Handler]>
  private let received = Mutex<[Call]>([])
  private let fullyTransitive: Bool

  /// - Parameters:
  ///   - handlers: by method, "LockerService/ListLockers"; each gives the replies as JSON.
  ///   - fullyTransitive: whether reflection hands out what a file imports along with it.
  init(_ handlers: [String: Handler] = [:], fullyTransitive: Bool = true) throws {
    let bytes = try Files.read(Self.fixture("CLI/lockers.binpb"), limitBytes: 1 << 20)
    schema = try Schema(fileDescriptorSet: bytes)
    var files: [[UInt8]] = []
    var reader = WireReader(bytes)
    while !reader.isAtEnd {
      _ = try reader.tag()
      files.append(try reader.lengthDelimited().remaining())
    }
    self.files = files
    self.handlers = Mutex(handlers)
    self.fullyTransitive = fullyTransitive
  }

  static func fixture(_ name: String) -> String {
    let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
    return (folder + ["Fixtures", Substring(name)]).joined(separator: "/")
  }

  /// The calls so far, reflection left out.
  var calls: [Call] { received.withLock { $0 } }

  func handle(_ method: String, _ handler: @escaping Handler) { handlers.withLock { $0[method] = handler } }

  fileprivate func method(_ path: String) -> MethodSchema? {
    schema.services.flatMap(\.methods).first { $0.path == path }
  }

  fileprivate func replies(_ path: String, _ requests: [[UInt8]], _ options: CallOptions) throws -> [[UInt8]]
  {
    if path == "/grpc.health.v1.Health/Check" { return [[0x08, 0x01]] }
    guard let method = method(path) else { throw Status(.unimplemented, "no method \(path)") }
    let call = Call(
      path: path,
      requests: try requests.map {
        try DynamicMessage(decoding: $0, as: schema.messages[method.inputIndex], in: schema)
      }, options: options)
    received.withLock { $0.append(call) }
    let name = path.split(separator: ".").last.map(String.init) ?? path
    guard let handler = handlers.withLock({ $0[name] }) else {
      throw Status(.unimplemented, "no handler \(name)")
    }
    return try handler(call).map {
      try DynamicMessage(json: $0, as: schema.messages[method.outputIndex], in: schema).encoded()
    }
  }

  func unary(_ path: String, _ message: [UInt8], _ options: CallOptions) async throws -> ClientReply {
    let replies = try replies(path, [message], options)
    return ClientReply(message: try #require(replies.first), headers: [:], trailers: [:])
  }

  func open(_ path: String, _ options: CallOptions) async throws -> any ClientStream {
    FakeStream(server: self, path: path, options: options)
  }

  /// Answers one ServerReflectionRequest.
  fileprivate func reflect(_ bytes: [UInt8]) throws -> [UInt8] {
    var reader = WireReader(bytes)
    let (number, _) = try reader.tag()
    let text = try reader.string()
    var answer = WireWriter()
    var content = WireWriter()
    switch number {
    case 7:
      for service in schema.services.map(\.fullName) + ["grpc.reflection.v1.ServerReflection"] {
        var name = WireWriter()
        name.field(1, service)
        content.field(1, name.bytes)
      }
      answer.field(6, content.bytes)
    default:
      // The fixture's own file is the one that declares services; it comes last in the set.
      let wanted =
        number == 4
        ? [files[files.count - 1]] : try files.filter { try Schema.imports(ofFile: $0).name == text }
      for file in fullyTransitive ? files : wanted { content.field(1, file) }
      answer.field(4, content.bytes)
    }
    return answer.bytes
  }
}

/// A stream of a `FakeServer`: answers when the client has sent everything.
final class FakeStream: ClientStream {
  private struct State {
    var requests: [[UInt8]] = []
    var replies: [[UInt8]] = []
    var hasAnswered = false
    var isCancelled = false
  }
  private let server: FakeServer
  private let path: String
  private let options: CallOptions
  private let state = Mutex(State())

  init(server: FakeServer, path: String, options: CallOptions) {
    self.server = server
    self.path = path
    self.options = options
  }

  private var isReflection: Bool { path.contains("ServerReflection") }

  func send(_ message: [UInt8]) async throws {
    let answer = isReflection ? try server.reflect(message) : nil
    state.withLock { state in
      if let answer { state.replies.append(answer) } else { state.requests.append(message) }
    }
  }

  func finishSending() async throws {}

  func next() async throws -> [UInt8]? {
    let requests: [[UInt8]]? = state.withLock { state in
      defer { state.hasAnswered = true }
      return isReflection || state.hasAnswered ? nil : state.requests
    }
    if let requests {
      let replies = try server.replies(path, requests, options)
      state.withLock { $0.replies = replies }
    }
    return state.withLock { $0.replies.isEmpty ? nil : $0.replies.removeFirst() }
  }

  func cancel() { state.withLock { $0.isCancelled = true } }
}

/// A console that remembers.
final class MemoryConsole: Console {
  private let state = Mutex((output: "", error: ""))
  let isOutputTerminal: Bool
  let isErrorTerminal: Bool
  let isInputTerminal: Bool
  let columns: Int?
  private let answers: Mutex<[String]>
  private let input: [UInt8]

  init(columns: Int? = nil, answers: [String]? = nil, input: String = "", isErrorTerminal: Bool = false) {
    isOutputTerminal = columns != nil
    self.isErrorTerminal = isErrorTerminal
    isInputTerminal = answers != nil
    self.columns = columns
    self.answers = Mutex(answers ?? [])
    self.input = Array(input.utf8)
  }

  var output: String { state.withLock { $0.output } }
  var error: String { state.withLock { $0.error } }
  func write(_ text: String) { state.withLock { $0.output += text } }
  func writeError(_ text: String) { state.withLock { $0.error += text } }
  func flush() {}
  func ask(_ prompt: String, isSecret: Bool) -> String? {
    writeError(prompt)
    return answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }
  func readInput(limitBytes: Int) throws -> [UInt8] { input }
}

/// What a command line did.
struct Outcome {
  var code: ExitCode
  var output: String
  var error: String
  var outputLines: [String] {
    output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}

extension FakeServer {
  /// Runs the program against this server.
  func run(
    _ arguments: String..., console: MemoryConsole = MemoryConsole(), environment: [String: String] = [:]
  ) async -> Outcome {
    await run(arguments, console: console, environment: environment)
  }

  func run(
    _ arguments: [String], console: MemoryConsole = MemoryConsole(), environment: [String: String] = [:]
  )
    async -> Outcome
  {
    let program = Program(console: console, environment: Environment(environment), connect: { _ in self })
    let code = await program.run(arguments)
    return Outcome(code: code, output: console.output, error: console.error)
  }
}

/// A folder of its own for a test, gone afterwards.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  var template = Array("/tmp/yizhan-test-XXXXXX".utf8CString)
  let path = template.withUnsafeMutableBufferPointer { buffer in
    mkdtemp(buffer.baseAddress!).map { String(cString: $0) }
  }
  let folder = try #require(path)
  do {
    let result = try await body(folder)
    remove(folder)
    return result
  } catch {
    remove(folder)
    throw error
  }
}

/// Removes a folder that holds files and folders of files.
private func remove(_ path: String) {
  if let folder = opendir(path) {
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { remove("\(path)/\(name)") }
    }
    closedir(folder)
  }
  Glibc.remove(path)
}
