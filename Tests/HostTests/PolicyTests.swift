import ModuleTesting
import Testing

@testable import Host

@Suite struct PolicyTests {
  @Test func everyMethodsPolicyIsListed() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let policy = PolicyServiceClient(try await host.channel(as: .auditor))
      let all = try await policy.listMethodPolicies(ListMethodPoliciesRequest()).methods
      #expect(all.count == (try host.methods.count))
      let put = all.first { $0.method == "test.echo.v1.EchoService/Put" }
      #expect(
        put
          == MethodPolicy(
            method: "test.echo.v1.EchoService/Put", kind: "WRITE", roles: ["STAFF"], scope: "ANY"))
      let some = try await policy.listMethodPolicies(ListMethodPoliciesRequest(contains: "CreatePrincipal"))
      #expect(some.methods.map(\.scope) == ["AREA"])
      let whole = all.filter { $0.scope == "HOST" }.map(\.method)
      #expect(
        Set(whole).isSuperset(of: [
          "yizhan.audit.v1.AuditService/GetHead", "yizhan.limits.v1.LimitsService/ListUsage",
          "yizhan.privacy.v1.KeyService/GetKeyStatus", "yizhan.privacy.v1.KeyService/RotateKeys",
        ]))
    }
  }

  @Test func accessIsExplainedStepByStep() async throws {
    try await TestHost.run([EchoModule.self]) { host in
      let channel = try await host.channel()
      let access = AccessServiceClient(channel)
      let policy = PolicyServiceClient(channel)
      let staff = try await access.createToken(
        CreateTokenRequest(principalName: "wang.fang", roles: [.administrator], areaCodes: ["410304"]))
      _ = try await access.createPrincipal(CreatePrincipalRequest(name: "mute", roles: [.staff]))
      _ = try await access.createToken(CreateTokenRequest(principalName: "partner", roles: [.partner]))
      func explain(_ principal: String, _ method: String, _ area: String = "") async throws -> [String] {
        let reply = try await policy.explainAccess(
          ExplainAccessRequest(principal: principal, method: method, targetArea: area))
        #expect(reply.steps.allSatisfy { !$0.text.isEmpty && !$0.textZh.isEmpty })
        #expect(reply.allowed == reply.steps.allSatisfy(\.holds))
        return reply.steps.map { "\($0.name) \($0.holds)" }
      }
      #expect(
        try await explain("wang.fang", "GetPrincipal", "410304001")
          == ["credential true", "role true", "scope true", "target true"])
      #expect(
        try await explain("wang.fang", "AccessService/GetPrincipal", "440305")
          == ["credential true", "role true", "scope true", "target false"])
      let id = try #require(staff.token).principalID
      #expect(try await explain(id, "GetPrincipal") == ["credential true", "role true", "scope true"])
      #expect(
        try await explain("wang.fang", "RotateKeys") == ["credential true", "role true", "scope false"])
      #expect(try await explain("mute", "Put") == ["credential false"])
      #expect(try await explain("partner", "Put") == ["credential true", "role false"])
      #expect(try await explain("partner", "Check") == ["credential true", "scope true"])
      for (principal, method, reason) in [
        ("nobody", "Put", "PRINCIPAL_NOT_FOUND"), ("partner", "NoSuch", "METHOD_NOT_FOUND"),
      ] {
        let error = await #expect(throws: Status.self) { _ = try await explain(principal, method) }
        #expect(error?.reason == reason)
      }
    }
  }
}
