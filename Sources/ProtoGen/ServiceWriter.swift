import SwiftProtobufPluginLibrary

/// Writes a service: its method table with policies, the handler protocol, the binding and the client.
struct ServiceWriter {
  private let descriptor: ServiceDescriptor
  private let methods: [Method]

  private struct Method {
    let descriptor: MethodDescriptor
    let kind: CallKind
    let scope: CallScope
    let option: DeclaredOptions.Method
    var name: String { Names.method(descriptor.name) }
    var request: String { Names.type(descriptor.inputType) }
    var reply: String { Names.type(descriptor.outputType) }
  }

  init(_ descriptor: ServiceDescriptor) throws {
    self.descriptor = descriptor
    methods = try descriptor.methods.compactMap { method in
      guard let option = try DeclaredOptions.method(method), let kind = CallKind(rawValue: option.kind),
        let scope = CallScope(rawValue: option.scope)
      else { return nil }
      return Method(descriptor: method, kind: kind, scope: scope, option: option)
    }
  }

  func write(into text: inout SourceText) {
    writeTable(into: &text)
    text.line()
    writeHandler(into: &text)
    text.line()
    writeBinding(into: &text)
    text.line()
    writeClient(into: &text)
  }

  private func writeTable(into text: inout SourceText) {
    text.line("/// The methods of `\(descriptor.fullName)` with their kinds and policies.")
    text.block("public enum \(descriptor.name)Methods") {
      for method in methods {
        $0.line("/// `\(method.descriptor.name)`.")
        var arguments =
          "service: \"\(descriptor.fullName)\", name: \"\(method.descriptor.name)\", kind: .\(method.kind)"
        if method.descriptor.clientStreaming { arguments += ", isClientStreaming: true" }
        if method.descriptor.serverStreaming { arguments += ", isServerStreaming: true" }
        let roles = method.option.roles.map { ".\(Self.role($0))" }.joined(separator: ", ")
        arguments +=
          ", policy: AccessPolicy(roles: [\(roles)], scope: .\(method.scope))"
        $0.line("public static let \(method.name) = MethodDescriptor(\(arguments))")
      }
      $0.line("/// All methods in the order of declaration.")
      $0.line("public static let all: [MethodDescriptor] = [\(methods.map(\.name).joined(separator: ", "))]")
    }
  }

  private func writeHandler(into text: inout SourceText) {
    text.documentation(of: descriptor, otherwise: "Handles the calls of `\(descriptor.fullName)`.")
    text.block("public protocol \(descriptor.name)Handler: Sendable") {
      for method in methods {
        $0.documentation(of: method.descriptor, otherwise: "Handles `\(method.descriptor.name)`.")
        $0.line("func \(method.name)\(Self.signature(method))")
      }
    }
  }

  private static func signature(_ method: Method) -> String {
    let (request, reply) = (method.request, method.reply)
    switch (method.kind, method.descriptor.clientStreaming, method.descriptor.serverStreaming) {
    case (.read, _, _), (.report, _, _):
      return "(_ request: \(request), _ snapshot: Snapshot) throws -> \(reply)"
    case (.write, _, _):
      return "(_ request: \(request), _ transaction: Transaction) throws -> \(reply)"
    case (.stream, true, false):
      return "(_ requests: RequestStream<\(request)>, _ context: StreamContext) async throws -> \(reply)"
    case (.stream, false, _):
      return
        "(_ request: \(request), _ responses: ResponseWriter<\(reply)>, _ context: StreamContext) async throws"
    case (.stream, true, true):
      return "(_ requests: RequestStream<\(request)>, _ responses: ResponseWriter<\(reply)>, "
        + "_ context: StreamContext) async throws"
    }
  }

  private func writeBinding(into text: inout SourceText) {
    text.block("extension \(descriptor.name)Handler") {
      $0.line("/// The service with this handler's methods, for `Registrar.serve`.")
      $0.block("public func bound() -> BoundService") {
        $0.line("BoundService(")
        $0.line("  name: \"\(descriptor.fullName)\",")
        $0.line("  methods: [")
        for method in methods {
          let binder: String
          switch (method.kind, method.descriptor.clientStreaming, method.descriptor.serverStreaming) {
          case (.read, _, _), (.report, _, _): binder = "read"
          case (.write, _, _): binder = "write"
          case (.stream, true, false): binder = "clientStream"
          case (.stream, false, _): binder = "serverStream"
          case (.stream, true, true): binder = "bidirectional"
          }
          $0.line("    .\(binder)(\(descriptor.name)Methods.\(method.name), \(method.name)),")
        }
        $0.line("  ])")
      }
    }
  }

  private func writeClient(into text: inout SourceText) {
    text.line("/// Calls `\(descriptor.fullName)`.")
    text.block("public struct \(descriptor.name)Client: Sendable") {
      $0.line("private let channel: any ClientChannel")
      $0.line()
      $0.line("/// Creates a client of the server that a channel reaches.")
      $0.line("public init(_ channel: any ClientChannel) { self.channel = channel }")
      for method in methods {
        let (request, reply) = (method.request, method.reply)
        let options = "_ options: CallOptions = CallOptions()) async throws"
        let table = "\(descriptor.name)Methods.\(method.name)"
        $0.line()
        $0.documentation(of: method.descriptor, otherwise: "Calls `\(method.descriptor.name)`.")
        switch (method.descriptor.clientStreaming, method.descriptor.serverStreaming) {
        case (false, false):
          $0.block("public func \(method.name)(_ request: \(request), \(options) -> \(reply)") {
            $0.line("try await channel.unary(\(table), request, options)")
          }
        case (true, false):
          $0.block("public func \(method.name)(\(options) -> ClientStreamingCall<\(request), \(reply)>") {
            $0.line("ClientStreamingCall(try await channel.open(\(table).path, options))")
          }
        case (false, true):
          $0.block(
            "public func \(method.name)(_ request: \(request), \(options) -> ServerStreamingCall<\(reply)>"
          ) {
            $0.line("try await ServerStreamingCall(channel.open(\(table).path, options), request)")
          }
        case (true, true):
          $0.block("public func \(method.name)(\(options) -> BidirectionalCall<\(request), \(reply)>") {
            $0.line("BidirectionalCall(try await channel.open(\(table).path, options))")
          }
        }
      }
    }
  }

  private static func role(_ number: Int) -> String {
    let roles = ["administrator", "staff", "platform", "partner", "auditor", "authenticated", "anyone"]
    return roles.indices.contains(number - 1) ? roles[number - 1] : "init(rawValue: 1 << \(number))"
  }
}
