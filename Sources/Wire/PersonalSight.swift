/// What a caller may see of the personal data in a reply: nothing but masked values, unless the call says what it
/// needs them for.
public struct PersonalSight: Sendable, Equatable {
  /// What the caller wants the data for; nil for a call that did not say.
  public let purpose: String?
  /// The caller's roles: bit n stands for role number n of `yizhan.Method.Role`.
  public let roles: UInt32

  /// Creates a sight.
  public init(purpose: String?, roles: UInt32) {
    self.purpose = purpose
    self.roles = roles
  }

  /// Everything is masked.
  public static let masked = PersonalSight(purpose: nil, roles: 0)

  /// Whether values declared for a purpose are shown as they are.
  /// - Parameters:
  ///   - purpose: what the values are kept for.
  ///   - roles: who may see them for that, as bits.
  public func reveals(_ purpose: String, to roles: UInt32) -> Bool {
    guard let wanted = self.purpose else { return false }
    return wanted == purpose && self.roles & roles != 0
  }
}

/// A purpose for which values of a message can be seen unmasked.
public struct PersonalPurpose: Sendable, Hashable {
  /// The purpose, as the fields declare it: "register".
  public let name: String
  /// Who may see them for it: bit n stands for role number n of `yizhan.Method.Role`.
  public let roles: UInt32

  /// Creates a purpose; generated code does.
  public init(_ name: String, roles: UInt32) {
    self.name = name
    self.roles = roles
  }
}
