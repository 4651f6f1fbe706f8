import ModuleKit

/// Server reflection: clients such as grpcurl and the admin CLI learn from it what the host serves.
/// Source: grpc/grpc, doc/server-reflection.md. v1alpha has the same messages under another package name.
struct ReflectionService: Sendable {
  let index: DescriptorIndex
  /// The full names of the services that the host really serves.
  let services: [String]

  /// The service in both versions.
  func bound() -> [BoundService] {
    ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"].map { name in
      let method = MethodDescriptor(
        service: name, name: "ServerReflectionInfo", kind: .stream, isClientStreaming: true,
        isServerStreaming: true, policy: AccessPolicy(roles: .authenticated, scope: .any))
      return BoundService(
        name: name,
        methods: [
          .bidirectional(method) {
            (
              requests: RequestStream<ServerReflectionRequest>,
              responses: ResponseWriter<ServerReflectionResponse>, _
            ) in
            for try await request in requests { try await responses.send(answer(request)) }
          }
        ])
    }
  }

  /// The answer to one request; what is not found is an error inside the answer, not of the call.
  func answer(_ request: ServerReflectionRequest) -> ServerReflectionResponse {
    var response = ServerReflectionResponse()
    response.validHost = request.host
    response.originalRequest = request
    switch request.messageRequest {
    case .fileByFilename(let name):
      response.messageResponse = files(index.files(named: name), of: "file \(name)")
    case .fileContainingSymbol(let symbol):
      response.messageResponse = files(index.files(declaring: symbol), of: "symbol \(symbol)")
    case .fileContainingExtension(let wanted):
      let found = index.files(extending: wanted.containingType, number: wanted.extensionNumber)
      response.messageResponse = files(
        found, of: "extension \(wanted.extensionNumber) of \(wanted.containingType)")
    case .allExtensionNumbersOfType(let message):
      if let numbers = index.extensionNumbers(of: message) {
        response.messageResponse = .allExtensionNumbersResponse(
          ExtensionNumberResponse(baseTypeName: message, extensionNumber: numbers))
      } else {
        response.messageResponse = .errorResponse(notFound("message \(message)"))
      }
    case .listServices:
      response.messageResponse = .listServicesResponse(
        ListServiceResponse(service: services.map { ServiceResponse(name: $0) }))
    case nil:
      response.messageResponse = .errorResponse(
        ErrorResponse(
          errorCode: Int32(Status.Code.invalidArgument.rawValue), errorMessage: "the request asks for nothing"
        ))
    }
    return response
  }

  private func files(_ found: [[UInt8]]?, of what: String) -> ServerReflectionResponse.MessageResponse {
    guard let found else { return .errorResponse(notFound(what)) }
    return .fileDescriptorResponse(FileDescriptorResponse(fileDescriptorProto: found))
  }

  private func notFound(_ what: String) -> ErrorResponse {
    ErrorResponse(
      errorCode: Int32(Status.Code.notFound.rawValue), errorMessage: "this host knows no \(what.prefix(300))")
  }
}
