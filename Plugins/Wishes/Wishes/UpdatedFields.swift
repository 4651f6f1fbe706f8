import ModuleKit

/// The fields that an UpdateWish changes: those of its mask, or, without one, those that are set.
struct UpdatedFields {
  /// The fields' names, in the order of the proto.
  let names: [String]
  private let request: UpdateWishRequest

  /// Reads an update.
  /// - Throws: `WishesError.invalid` for a name that is no such field, or if there is nothing to change.
  init(_ request: UpdateWishRequest) throws {
    self.request = request
    let all: KeyValuePairs<String, Bool> = [
      "title": !request.title.isEmpty,
      "description": !request.description.isEmpty,
      "category": request.category != .unspecified,
      "need": request.need != .unspecified,
      "sharing": request.sharing != .unspecified,
      "delivery": request.delivery != .unspecified,
      "estimated_cost_fen": request.estimatedCostFen != 0,
      "parts": !request.parts.isEmpty,
      "beneficiaries": request.beneficiaries != 0,
      "contact_phone": !request.contactPhone.isEmpty,
      "delivery_address": !request.deliveryAddress.isEmpty,
    ]
    let paths = request.updateMask?.paths ?? []
    if let unknown = paths.first(where: { path in !all.contains { $0.key == path } }) {
      let known = all.map(\.key).joined(separator: ", ")
      throw WishesError.invalid([
        Flaw(
          "update_mask", "FIELD_UNKNOWN", "\"\(unknown.prefix(64))\" cannot be changed; only \(known) can",
          "“\(unknown.prefix(64))”不可修改,可修改的字段:\(known)")
      ])
    }
    names = all.filter { paths.isEmpty ? $0.value : paths.contains($0.key) }.map(\.key)
    guard !names.isEmpty else {
      throw WishesError.invalid([
        Flaw("update_mask", "NOTHING_TO_CHANGE", "says of no field that it changes", "没有要修改的字段")
      ])
    }
  }

  /// Whether a field is changed.
  func contains(_ name: String) -> Bool { names.contains(name) }

  /// The particulars of a wish with the changes made.
  func applied(to details: WishRecord.Details) -> WishRecord.Details {
    var details = details
    for name in names {
      switch name {
      case "title": details.title = request.title
      case "description": details.description = request.description
      case "category": details.category = request.category
      case "need": details.need = request.need
      case "sharing": details.sharing = request.sharing == .unspecified ? .exclusive : request.sharing
      case "delivery": details.delivery = request.delivery == .unspecified ? .throughStreet : request.delivery
      case "estimated_cost_fen": details.estimatedCostFen = request.estimatedCostFen
      case "beneficiaries": details.beneficiaries = max(request.beneficiaries, 1)
      case "contact_phone": details.contactPhone = PhoneNumber.normalised(request.contactPhone) ?? ""
      case "delivery_address": details.deliveryAddress = request.deliveryAddress
      default: continue
      }
    }
    return details
  }
}
