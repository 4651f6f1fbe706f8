import ModuleKit
import Testing

@testable import Host

/// What a test wants of a module; modules are types, so each variant is one.
protocol Variant {
  static var name: String { get }
  static var services: [BoundService] { get }
  static var descriptors: [UInt8] { get }
}

extension Variant {
  static var services: [BoundService] { [] }
  static var descriptors: [UInt8] { [] }
}

/// A module made of a variant.
struct VariantModule<V: Variant>: Module {
  static var name: String { V.name }
  static var migrations: [Migration] { [] }
  static var fileDescriptorSet: [UInt8] { V.descriptors }
  func register(in registrar: Registrar) throws { for service in V.services { registrar.serve(service) } }
}

/// A capability that nobody provides.
protocol Weather: Sendable {}

struct NeedyModule: Module {
  static let name = "needy"
  static let migrations: [Migration] = []
  static let fileDescriptorSet: [UInt8] = []
  func register(in registrar: Registrar) throws { _ = try registrar.require((any Weather).self) }
}

@Suite struct AssemblyTests {
  static func service(_ name: String, _ methods: [MethodDescriptor]) -> BoundService {
    BoundService(
      name: name,
      methods: methods.map { descriptor in
        .read(descriptor) { (request: ProtoStringValue, _) in request }
      })
  }

  static func method(_ service: String, _ name: String = "Get", roles: Roles = .staff) -> MethodDescriptor {
    MethodDescriptor(
      service: service, name: name, kind: .read, policy: AccessPolicy(roles: roles, scope: .any))
  }

  static func descriptors(_ service: String, _ methods: [String] = ["Get"], file: String = "f.proto")
    -> [UInt8]
  {
    Descriptors.set(file: file, package: "t.v1", service: service, methods: methods)
  }

  private func refusal(_ modules: [any Module]) -> String? {
    #expect(throws: StartError.self) { _ = try ModuleAssembly(modules) }?.description
  }

  enum Twin: Variant { static let name = "twin" }
  enum BadName: Variant { static let name = "Bad-Name" }
  enum Reserved: Variant { static let name = "kernel" }

  @Test func refusesNames() {
    #expect(
      refusal([VariantModule<Twin>(), VariantModule<Twin>()])
        == "two modules are named twin; rename one, or remove it from the list of modules")
    #expect(refusal([VariantModule<BadName>()])?.contains("\"Bad-Name\"") == true)
    #expect(refusal([VariantModule<Reserved>()])?.contains("keeps for itself") == true)
    #expect(refusal([AccessModule(), AccessModule()])?.contains("access") == true)
  }

  enum First: Variant {
    static let name = "first"
    static let services = [AssemblyTests.service("t.v1.S", [AssemblyTests.method("t.v1.S")])]
    static let descriptors = AssemblyTests.descriptors("S")
  }
  enum Second: Variant {
    static let name = "second"
    static let services = First.services
    static let descriptors = First.descriptors
  }
  enum Twice: Variant {
    static let name = "twice"
    static let services = [
      AssemblyTests.service("t.v1.S", [AssemblyTests.method("t.v1.S"), AssemblyTests.method("t.v1.S")])
    ]
    static let descriptors = First.descriptors
  }
  enum Foreign: Variant {
    static let name = "foreign"
    static let services = [AssemblyTests.service("t.v1.S", [AssemblyTests.method("t.v1.Other")])]
    static let descriptors = First.descriptors
  }
  enum Open: Variant {
    static let name = "open"
    static let services = [AssemblyTests.service("t.v1.S", [AssemblyTests.method("t.v1.S", roles: [])])]
    static let descriptors = First.descriptors
  }
  enum Undeclared: Variant {
    static let name = "undeclared"
    static let services = First.services
  }
  enum Garbage: Variant {
    static let name = "garbage"
    static let descriptors: [UInt8] = [0x0a, 0x7f]
  }
  enum Odd: Variant {
    static let name = "odd"
    static let services = [
      BoundService(
        name: "t.v1.S",
        methods: [
          BoundMethod(
            descriptor: MethodDescriptor(
              service: "t.v1.S", name: "Get", kind: .write, policy: AccessPolicy(roles: .staff, scope: .any)),
            body: .read { _, _, _, _ in })
        ])
    ]
    static let descriptors = First.descriptors
  }

  @Test func refusesServices() {
    #expect(
      refusal([VariantModule<First>(), VariantModule<Second>()])
        == "module second serves t.v1.S, which module first serves already")
    #expect(refusal([VariantModule<Twice>()]) == "module twice serves /t.v1.S/Get twice")
    #expect(refusal([VariantModule<Foreign>()])?.contains("/t.v1.Other/Get") == true)
    #expect(refusal([VariantModule<Open>()])?.contains("says in no role who may call it") == true)
    #expect(refusal([VariantModule<Undeclared>()])?.contains("descriptors do not declare it") == true)
    #expect(refusal([VariantModule<Garbage>()])?.contains("file descriptor set") == true)
    #expect(refusal([VariantModule<Odd>()])?.contains("handler of another kind") == true)
  }

  @Test func refusesAMissingCapability() {
    #expect(
      refusal([NeedyModule()])?.hasSuffix("which no module before it in Modules.swift provides") == true)
  }

  @Test func takesWhatIsRight() throws {
    let assembly = try ModuleAssembly([AccessModule(), EchoModule(), VariantModule<First>()])
    #expect(assembly.schemas.map(\.name) == ["access", "echo", "first"])
    #expect(assembly.served.map(\.service.name).contains("test.echo.v1.EchoService"))
    #expect(assembly.timers.map(\.name) == ["note"])
  }
}
