import ModuleKit

// What an update changes.
extension UpdateWishRequest {
  /// The fields that are changed: those of the mask, or, without one, those that are set.
  /// - Throws: `Status` INVALID_ARGUMENT for a name that is no such field, or if there is nothing to change.
  func selection() throws -> FieldSelection {
    try FieldSelection(
      updateMask,
      of: [
        "title": !title.isEmpty,
        "description": !description.isEmpty,
        "category": category != .unspecified,
        "need": need != .unspecified,
        "sharing": sharing != .unspecified,
        "delivery": delivery != .unspecified,
        "estimated_cost_fen": estimatedCostFen != 0,
        "parts": !parts.isEmpty,
        "beneficiaries": beneficiaries != 0,
        "contact_phone": !contactPhone.isEmpty,
        "delivery_address": !deliveryAddress.isEmpty,
      ])
  }

  /// The particulars of a wish with the changes made.
  func applied(_ selection: FieldSelection, to details: WishRecord.Details) -> WishRecord.Details {
    var details = details
    for name in selection.names {
      switch name {
      case "title": details.title = title
      case "description": details.description = description
      case "category": details.category = category
      case "need": details.need = need
      case "sharing": details.sharing = sharing == .unspecified ? .exclusive : sharing
      case "delivery": details.delivery = delivery == .unspecified ? .throughStreet : delivery
      case "estimated_cost_fen": details.estimatedCostFen = estimatedCostFen
      case "beneficiaries": details.beneficiaries = max(beneficiaries, 1)
      default: continue
      }
    }
    return details
  }

  /// Whom to call and where to bring it, with the changes made.
  func applied(_ selection: FieldSelection, to contact: WishContact) -> WishContact {
    var contact = contact
    if selection.contains("contact_phone") { contact.phone = PhoneNumber.normalised(contactPhone) ?? "" }
    if selection.contains("delivery_address") { contact.address = deliveryAddress }
    return contact
  }
}
