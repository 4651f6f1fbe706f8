import ModuleKit

/// The modules of a host, registered and checked: what is to be served, before storage is opened.
struct ModuleAssembly {
  /// A service and the module that serves it.
  struct Served {
    let service: BoundService
    let scope: ModuleScope
  }

  /// The schemas of all modules, in the order of the list.
  private(set) var schemas: [ModuleSchema] = []
  private(set) var served: [Served] = []
  private(set) var timers: [TimerRegistration] = []
  private(set) var consumers: [ConsumerRegistration] = []
  /// The descriptors of all modules.
  private(set) var descriptors = DescriptorIndex()
  /// What the modules seal personal data with; locked until storage is open.
  let vault = Vault()
  /// What the modules declare about personal data.
  private(set) var personal = PersonalDataRegister.Content()

  /// Names that a module cannot take: they would collide with the host's own commands or tables.
  private static let reservedNames: Set<String> = [
    "kernel", "sqlite", "host", "yizhan", "health", "grpc", "google",
  ]

  /// Creates and registers the modules, in order.
  /// - Throws: `StartError` for the first thing that is wrong.
  init(_ modules: [any Module]) throws(StartError) {
    var names: Set<String> = []
    for module in modules {
      let name = type(of: module).name
      guard !Self.reservedNames.contains(name) else { throw .moduleNameReserved(name) }
      guard ModuleScope.isValid(name) else { throw .moduleNameInvalid(name) }
      guard names.insert(name).inserted else { throw .moduleNameTaken(name) }
    }
    let capabilities = CapabilityRegistry()
    for module in modules { try add(module, capabilities) }
    try checkServices()
  }

  private mutating func add(_ module: any Module, _ capabilities: CapabilityRegistry) throws(StartError) {
    let type = type(of: module)
    let scope = ModuleScope(name: type.name)
    let registrar = Registrar(module: type.name, scope: scope, capabilities: capabilities, vault: vault)
    do {
      try module.register(in: registrar)
    } catch let error as RegistrationError {
      throw .registration(error)
    } catch {
      throw .registrationFailed(module: type.name, reason: "\(error)")
    }
    do {
      try descriptors.add(fileDescriptorSet: type.fileDescriptorSet)
      try personal.purposes.add(fileDescriptorSet: type.fileDescriptorSet)
    } catch {
      throw .descriptorsUnreadable(module: type.name)
    }
    if let holder = registrar.personalDataHolder {
      personal.holders.append(PersonalDataRegister.Holder(module: scope, holder: holder))
    }
    schemas.append(
      ModuleSchema(name: type.name, migrations: type.migrations, unrecorded: type.unrecorded))
    served += registrar.services.map { Served(service: $0, scope: scope) }
    timers += registrar.timers.values.map { TimerRegistration(module: scope, name: $0.name, body: $0.body) }
    consumers += registrar.consumers.map { consumer in
      ConsumerRegistration(module: scope, type: consumer.type) { transaction, event in
        try consumer.body(transaction, event.payload)
      }
    }
  }

  private func checkServices() throws(StartError) {
    var owners: [String: String] = [:]
    for served in served {
      let service = served.service
      let module = served.scope.name
      guard Self.isServiceName(service.name) else { throw .serviceNameInvalid(service.name, module: module) }
      if let owner = owners.updateValue(module, forKey: service.name) {
        throw .serviceTaken(service.name, module: module, by: owner == module ? "it" : "module \(owner)")
      }
      guard descriptors.services.contains(service.name) else {
        throw .descriptorMissing(service: service.name, module: module)
      }
      var paths: Set<String> = []
      for method in service.methods {
        let path = method.descriptor.path
        guard method.descriptor.service == service.name, descriptors.methodPaths.contains(path) else {
          throw .methodForeign(path: path, service: service.name, module: module)
        }
        guard paths.insert(path).inserted else { throw .methodTaken(path: path, module: module) }
        guard !method.descriptor.policy.roles.isEmpty else {
          throw .methodWithoutPolicy(path: path, module: module)
        }
        guard method.kindMatchesBody else { throw .kindMismatch(path: path, module: module) }
      }
    }
  }

  /// Whether a name is a package and a service, as protobuf writes identifiers.
  private static func isServiceName(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count > 1 && name.utf8.count <= 250
      && parts.allSatisfy { part in
        guard let first = part.utf8.first, first == 0x5f || (first | 0x20 >= 0x61 && first | 0x20 <= 0x7a)
        else {
          return false
        }
        return part.utf8.allSatisfy {
          $0 == 0x5f || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a) || ($0 >= 0x30 && $0 <= 0x39)
        }
      }
  }
}

extension BoundMethod {
  /// Whether the handler is of the kind that the declaration says.
  fileprivate var kindMatchesBody: Bool {
    switch (descriptor.kind, body) {
    case (.read, .read), (.report, .read), (.write, .write), (.write, .writeUnstored), (.stream, .stream):
      descriptor.kind == .stream || !(descriptor.isClientStreaming || descriptor.isServerStreaming)
    default: false
    }
  }
}
