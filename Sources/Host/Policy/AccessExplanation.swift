import ModuleKit

/// Why a principal can, or cannot, call a method and reach a thing with it. It goes the way that a call goes, and the
/// reach is computed by what computes that of calls.
struct AccessExplanation {
  let principal: PrincipalRow
  let method: MethodDescriptor
  let validTokens: Int
  let certificates: Int
  /// Empty for no target.
  let targetArea: String
  /// Empty for no target.
  let targetOrganisation: String

  /// What is looked at, in order, up to the first step that does not hold.
  var steps: [AccessStep] {
    var steps: [AccessStep] = []
    for step in [credential, role, scope, target] {
      guard let step = step() else { continue }
      steps.append(step)
      if !step.holds { break }
    }
    return steps
  }

  private var isOpen: Bool { method.policy.roles.contains(.anyone) }
  private var roles: Roles { principal.roles.union(.authenticated) }

  private func credential() -> AccessStep? {
    if isOpen {
      return AccessStep(
        name: "credential", holds: true, text: "the method takes calls without a credential",
        textZh: "该方法无需凭证")
    }
    if principal.disabledAt != nil {
      return AccessStep(
        name: "credential", holds: false,
        text: "the principal \(principal.name) is disabled: enable it with UpdatePrincipal",
        textZh: "主体 \(principal.name) 已停用;请用 UpdatePrincipal 启用")
    }
    guard validTokens + certificates > 0 else {
      return AccessStep(
        name: "credential", holds: false,
        text: "\(principal.name) has no valid token and no certificate: make a token with CreateToken",
        textZh: "\(principal.name) 没有有效的令牌或证书;请用 CreateToken 创建令牌")
    }
    return AccessStep(
      name: "credential", holds: true,
      text: "\(principal.name) has \(validTokens) valid tokens and \(certificates) certificates",
      textZh: "\(principal.name) 有 \(validTokens) 个有效令牌、\(certificates) 个证书")
  }

  private func role() -> AccessStep? {
    if isOpen { return nil }
    let admitted = method.policy.roles.union(.administrator)
    let counting = roles.intersection(admitted)
    let wanted = method.policy.roles.names.map { $0.uppercased() }.joined(separator: ", ")
    let has = principal.roles.names.map { $0.uppercased() }.joined(separator: ", ")
    guard counting.isEmpty else {
      let by = counting.names.map { $0.uppercased() }.joined(separator: ", ")
      return AccessStep(
        name: "role", holds: true, text: "the method is for \(wanted); \(principal.name) is let in as \(by)",
        textZh: "该方法面向 \(wanted);\(principal.name) 以 \(by) 身份进入")
    }
    return AccessStep(
      name: "role", holds: false,
      text: "the method is for \(wanted) and administrators; \(principal.name) has \(has)",
      textZh: "该方法面向 \(wanted) 和管理员;\(principal.name) 的角色为 \(has)")
  }

  /// What the principal reaches in the method.
  private var reach: Reach {
    let caller = Caller(
      id: principal.id, name: principal.name, roles: roles.rawValue, organisationID: principal.organisationID,
      areaCodes: principal.areaCodes)
    let isForAll = !method.policy.roles.isDisjoint(with: [.authenticated, .anyone])
    let counting = isForAll ? roles : roles.intersection(method.policy.roles.union(.administrator))
    return Reach(scope: CallScope(method.policy.scope), roles: counting, caller: caller)
  }

  private func scope() -> AccessStep? {
    let name = method.policy.scope.name.uppercased()
    if method.policy.scope == .host, reach == .nothing {
      return AccessStep(
        name: "scope", holds: false,
        text: "the method deals with what is one for the whole host, and \(principal.name) is bound to areas",
        textZh: "该方法涉及整个服务器,而 \(principal.name) 限于某些区划")
    }
    let (english, chinese) = Self.words(reach)
    return AccessStep(
      name: "scope", holds: reach != .nothing, text: "under the scope \(name) it reaches \(english)",
      textZh: "在范围 \(name) 下可及:\(chinese)")
  }

  private func target() -> AccessStep? {
    if targetArea.isEmpty, targetOrganisation.isEmpty { return nil }
    let ids = targetOrganisation.isEmpty ? [] : [targetOrganisation]
    let facts = ScopeFacts(
      areaCode: targetArea.isEmpty ? nil : targetArea, organisationIDs: ids, employerIDs: ids, partyIDs: ids)
    let holds = reach.includes(facts)
    let (english, chinese) = deciding(facts)
    return AccessStep(
      name: "target", holds: holds, text: (holds ? "within reach: " : "out of reach: ") + english,
      textZh: (holds ? "可及:" : "不可及:") + chinese)
  }

  /// The fact that decides.
  private func deciding(_ facts: ScopeFacts) -> (String, String) {
    let area = facts.areaCode ?? ""
    if !area.isEmpty, !reach.isWithinAreas(area) {
      return ("the area \(area) is not within the principal's", "区划 \(area) 不在该主体的区划内")
    }
    switch reach {
    case .everything: return ("everything is", "不限")
    case .areas:
      return area.isEmpty
        ? ("what decides is the area, and none was given", "由区划决定,而未给出区划")
        : ("the area \(area) is within the principal's", "区划 \(area) 在该主体的区划内")
    case .nothing: return ("nothing is", "无")
    case .organisation(let id, _), .employer(let id, _):
      return ("what decides is the organisation \(id)", "由单位 \(id) 决定")
    case .parties(let ids, _):
      let list = ids.joined(separator: ", ")
      return ("what decides is whether one of \(list) is a party", "由 \(list) 是否为当事方决定")
    }
  }

  /// A reach in words, in English and in Chinese.
  static func words(_ reach: Reach) -> (String, String) {
    func within(_ areas: [AreaCode]) -> (String, String) {
      let list = areas.map(\.text).joined(separator: ", ")
      return areas.isEmpty ? ("", "") : (" in \(list)", ",限于 \(list)")
    }
    switch reach {
    case .everything: return ("everything", "全部")
    case .nothing: return ("nothing: it has no organisation or no area by which it could", "无:没有可据以访问的单位或区划")
    case .areas(let areas):
      let list = areas.map(\.text).joined(separator: ", ")
      return ("what lies in \(list)", "\(list) 之内")
    case .organisation(let id, let areas):
      return ("what belongs to the organisation \(id)" + within(areas).0, "单位 \(id) 所有" + within(areas).1)
    case .employer(let id, let areas):
      return (
        "workers employed with \(id), and what is theirs" + within(areas).0,
        "在 \(id) 从业的人员及其事项" + within(areas).1
      )
    case .parties(let ids, let areas):
      let list = ids.joined(separator: ", ")
      return ("cases that \(list) is a party to" + within(areas).0, "\(list) 为当事方的事项" + within(areas).1)
    }
  }
}
