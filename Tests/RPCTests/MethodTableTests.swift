import RPC
import Testing

struct MethodTableTests {
  private func descriptor(_ service: String, _ name: String) -> MethodDescriptor {
    MethodDescriptor(
      service: service, name: name, kind: .read, policy: AccessPolicy(roles: .anyone, scope: .any))
  }

  @Test func everyMethodIsFoundByItsPathAndNothingElseIs() throws {
    let descriptors = (0..<2_000).map { descriptor("yizhan.s\($0 % 37).v1.Service", "Method\($0)") }
    let table = try MethodTable(descriptors)
    #expect(table.count == 2_000)
    for (index, descriptor) in descriptors.enumerated() {
      #expect(table.index(of: descriptor.path) == index)
      #expect(table[index].path == descriptor.path)
      #expect(table.index(of: descriptor.path + "x") == nil)
      #expect(table.index(of: String(descriptor.path.dropLast())) != index)
    }
    for path in ["", "/", "//", "//svc/m", "yizhan.s0.v1.Service/Method0"] {
      #expect(table.index(of: path) == nil, "\(path)")
    }
  }

  @Test func anEmptyTableFindsNothing() throws {
    #expect(try MethodTable([]).index(of: "/a/b") == nil)
  }

  @Test func twoMethodsOfOnePathAreRefused() {
    #expect(throws: MethodTableError.duplicate(path: "/a/b")) {
      try MethodTable([descriptor("a", "b"), descriptor("a", "c"), descriptor("a", "b")])
    }
  }
}
