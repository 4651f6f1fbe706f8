import ModuleKit

// How large records are as replies show them in lists, at most: a page is cut by it before anything is opened. What is
// sealed is no shorter than what it holds, and what is masked no longer.

extension WishRecord {
  /// Bytes in a list's reply, at most.
  var viewSizeBytes: Int {
    // Identifiers, codes, numbers and times; of each part its numbers, and in the clear a name of 60 characters.
    let base = 500 + details.partCount * (draft == nil ? 280 : 40)
    let clear = details.title.utf8.count + details.description.utf8.count
    return base + clear + sizeBytes(draft, stateReason, consentEvidence)
  }
}

extension ClaimRecord {
  /// Bytes in a list's reply, at most.
  var viewSizeBytes: Int {
    // Identifiers, numbers and times, and up to 50 parts, which are a number and a quantity each.
    1_000 + organisationName.utf8.count + sizeBytes(contact, stateReason, evidence, comment)
  }
}

extension ReportRecord {
  /// Bytes in a list's reply, at most.
  var viewSizeBytes: Int { 400 + sizeBytes(story) }
}

/// Bytes of what is sealed.
private func sizeBytes(_ sealed: [UInt8]?...) -> Int {
  sealed.reduce(0) { sum, value in sum + (value?.count ?? 0) }
}
