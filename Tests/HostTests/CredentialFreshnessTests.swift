import Logging
import ModuleKit
import Testing

@testable import Host

/// What a loop's snapshot shows that was taken before a change of credentials must not count.
@Suite struct CredentialFreshnessTests {
  /// Several calls share a snapshot. A credential that is looked up in one that is older than its revocation was still
  /// good there.
  @Test(arguments: [true, false])
  func whatEndsWhileASnapshotIsOpenIsNotLookedUpInIt(byToken: Bool) async throws {
    try await Scratch.with { directory in
      let core = try await HostCore(
        modules: [], configuration: try HostConfiguration(testing: [:], directory: directory),
        logger: Logger(label: "yizhan.test") { _ in SwiftLogNoOpLogHandler() })
      do { try await Self.check(core, byToken: byToken) } catch {
        await core.close()
        throw error
      }
      await core.close()
    }
  }

  private static func check(_ core: HostCore, byToken: Bool) async throws {
    let identity = PeerIdentity(publicKeyHash: Array(0..<32))
    let wanted = TestCredential(principalName: "p", roles: .staff, organisationID: nil, areaCodes: [])
    let token = try await core.makeToken(wanted)
    try await core.bind(publicKeyHash: identity.publicKeyHash, to: wanted)
    let call = byToken ? HeaderOnlyCall("Bearer \(token)") : HeaderOnlyCall("", identity)
    let loop = core.loops[0]
    let context = CallContext(
      module: ModuleScope(name: AccessModule.name), caller: .system, requestID: "", method: "first of a batch"
    )
    // The first statement takes the snapshot.
    let hasTokens = try loop.reader.read(call: context) { try !TokenStore.isEmpty(in: $0) }
    #expect(hasTokens)
    try await core.disable(principalNamed: "p")
    for _ in 1...2 {
      let refused = #expect(throws: Status.self) { try core.access.credential(of: call, on: loop) }
      #expect(refused?.code == .unauthenticated)
    }
    loop.reader.endBatch()
    #expect(throws: Status.self) { try core.access.credential(of: call, on: loop) }
  }
}
