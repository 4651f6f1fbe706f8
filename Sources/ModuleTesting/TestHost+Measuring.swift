import Host
import ModuleKit

extension TestHost {
  /// What checking a credential costs that was seen lately, in nanoseconds of processor time.
  /// - Parameter rounds: how often to check.
  package func credentialCheckNanoseconds(rounds: Int) async throws -> Double {
    let core = try server().core
    let token = try await core.makeToken(
      TestCredential(principalName: "measured", roles: .staff, organisationID: nil, areaCodes: ["410304"]))
    return try core.credentialCheckNanoseconds(token: token, rounds: rounds)
  }
}
