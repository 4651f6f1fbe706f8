import ModuleKit
import Wire

extension HostCore {
  /// Everything that is served, and what it is wired to.
  struct Routes {
    let all: [Route]
    let health: HealthService
    let generation: CredentialGeneration
    /// What limits need to know of each route.
    let methods: [CallLimits.Method]
  }

  /// Turns the modules' services into routes and adds the host's own: health and reflection.
  static func routes(_ assembly: ModuleAssembly, _ configuration: HostConfiguration) throws(StartError)
    -> Routes
  {
    let generation = CredentialGeneration()
    var all: [Route] = []
    for served in assembly.served {
      for method in served.service.methods {
        all.append(route(method, served.scope, configuration, generation))
      }
    }
    var descriptors = assembly.descriptors
    do {
      try descriptors.add(fileDescriptorSet: WireDescriptors.fileDescriptorSet)
    } catch {
      throw .descriptorsUnreadable(module: "host")
    }
    let modules = assembly.served.map(\.service.name)
    let health = HealthService(services: Set(modules))
    let scope = AccessModule.scope
    all += healthRoutes(health, scope)
    let reflectionNames = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"]
    let reflection = ReflectionService(
      index: descriptors, services: (modules + ["grpc.health.v1.Health"] + reflectionNames).sorted())
    for service in reflection.bound() {
      all += service.methods.map { route($0, scope, configuration, generation) }
    }
    let rows: [String: MethodRows]
    do {
      rows = try MethodRows.all(in: descriptors.fileBytes)
    } catch {
      throw .descriptorsInconsistent(reason: error.description)
    }
    let methods = all.map { route in
      CallLimits.Method(kind: route.descriptor.kind, rows: rows[route.descriptor.path] ?? .single)
    }
    return Routes(all: all, health: health, generation: generation, methods: methods)
  }

  private static func healthRoutes(_ health: HealthService, _ scope: ModuleScope) -> [Route] {
    let check = Route(
      HealthService.check,
      .direct { message, arena, output in
        let request = try HealthCheckRequest(checking: message, in: arena)
        try health.check(request).encodeFramed(into: &output, in: arena)
      }, scope: scope, longest: nil)
    let list = Route(
      HealthService.list,
      .direct { _, arena, output in health.list().encodeFramed(into: &output, in: arena) },
      scope: scope, longest: nil)
    guard case .stream(let body) = health.boundWatch().body else { preconditionFailure("Watch is a stream") }
    return [check, list, Route(HealthService.watch, .stream(body), scope: scope, longest: nil)]
  }

  private static func route(
    _ method: BoundMethod, _ scope: ModuleScope, _ configuration: HostConfiguration,
    _ generation: CredentialGeneration
  ) -> Route {
    let descriptor = method.descriptor
    let revokes = AccessModule.revokingPaths.contains(descriptor.path)
    let advance: @Sendable () -> Void = { generation.advance() }
    let afterCommit = revokes ? advance : nil
    let purposes = method.purposes
    switch (descriptor.kind, method.body) {
    case (.report, .read(let body)):
      return Route(
        descriptor, .report(body), scope: scope, longest: configuration.reportDeadline, purposes: purposes)
    case (_, .read(let body)):
      return Route(
        descriptor, .read(body), scope: scope, longest: configuration.readDeadline, purposes: purposes)
    case (_, .write(let prepare)):
      return Route(
        descriptor, .write(prepare), scope: scope, longest: configuration.writeDeadline,
        purposes: purposes, afterCommit: afterCommit)
    case (_, .writeUnstored(let prepare)):
      return Route(
        descriptor, .writeUnstored(prepare), scope: scope, longest: configuration.writeDeadline,
        purposes: purposes, afterCommit: afterCommit)
    case (_, .stream(let body)):
      return Route(descriptor, .stream(body), scope: scope, longest: nil, purposes: purposes)
    }
  }
}
