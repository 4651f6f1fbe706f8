import ModuleKit

/// Serves `yizhan.access.v1.PolicyService`.
struct PolicyHandler: PolicyServiceHandler {
  let policies: PolicyBook

  func listMethodPolicies(_ request: ListMethodPoliciesRequest, _ snapshot: Snapshot) throws
    -> ListMethodPoliciesResponse
  {
    ListMethodPoliciesResponse(
      methods: policies.entries.map { MethodPolicy($0) }.filter {
        request.contains.isEmpty || $0.method.contains(request.contains)
      })
  }

  func explainAccess(_ request: ExplainAccessRequest, _ snapshot: Snapshot) throws -> ExplainAccessResponse {
    let reach = snapshot.reach
    let named = try PrincipalStore.principal(named: request.principal, in: snapshot)
    guard let principal = try named ?? PrincipalStore.principal(id: request.principal, in: snapshot),
      principal.isWithin(reach)
    else { throw AccessError.principalUnknown }
    guard let entry = policies.entry(request.method) else { throw AccessError.methodUnknown }
    let tokens = try TokenStore.validCount(ofPrincipal: principal.id, in: snapshot)
    let certificates = try CertificateStore.count(ofPrincipal: principal.id, in: snapshot)
    let explanation = AccessExplanation(
      principal: principal, method: entry.method, validTokens: tokens, certificates: certificates,
      targetArea: request.targetArea, targetOrganisation: request.targetOrganisation)
    let steps = explanation.steps
    return ExplainAccessResponse(
      allowed: steps.allSatisfy(\.holds), steps: steps,
      principal: Principal(principal, validTokens: tokens, certificates: certificates),
      method: MethodPolicy(entry))
  }
}
