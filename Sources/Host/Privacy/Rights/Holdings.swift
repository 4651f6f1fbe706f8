import ModuleKit

/// What all modules hold about one person.
struct Holdings {
  /// The most records of one person that one reply takes.
  static let maximumRecords = 10_000

  /// The module and what it holds, in the order of the modules.
  let records: [(module: String, holding: PersonalHolding)]

  /// - Throws: `PrivacyError.tooManyRecords`; what a module throws.
  init(of person: String, _ register: PersonalDataRegister, in snapshot: Snapshot) throws {
    var records: [(module: String, holding: PersonalHolding)] = []
    for holder in register.holders {
      records += try holder.named {
        try holder.holder.holdings(of: person, in: snapshot.entering(holder.module))
      }.map { (holder.module.name, $0) }
      guard records.count <= Self.maximumRecords else {
        throw PrivacyError.tooManyRecords(limit: Self.maximumRecords)
      }
    }
    self.records = records
  }

  /// What an erasure does, things of one kind together, in the order in which the kinds first appear.
  var parts: [ErasurePart] {
    var parts: [ErasurePart] = []
    for (module, holding) in records {
      var part = ErasurePart(
        module: module, title: holding.title, titleChinese: holding.titleChinese, purpose: holding.purpose,
        disposition: Disposition(holding.disposition))
      if case .kept(let reason, let chinese, let until) = holding.disposition {
        part.keptReason = reason
        part.keptReasonChinese = chinese
        part.keptUntilTime = until.map { ProtoTimestamp($0) }
      }
      let known = parts.firstIndex {
        var other = $0
        other.recordCount = 0
        return other == part
      }
      if let known {
        parts[known].recordCount += 1
      } else {
        part.recordCount = 1
        parts.append(part)
      }
    }
    return parts
  }

  /// Stands for everything that is held and what would become of it: a keyed hash, which tells nothing of it.
  func etag(of person: String, _ vault: Vault) -> String {
    var text = ""
    func append(_ part: String) { text += "\(part.utf8.count):\(part)" }
    append(person)
    for (module, holding) in records {
      for part in [module, holding.title, holding.purpose, holding.recordID] { append(part) }
      append("\(Disposition(holding.disposition).rawValue)")
      if case .kept(let reason, _, let until) = holding.disposition {
        append(reason)
        append(until.map { "\($0.milliseconds)" } ?? "")
      }
      append("\(holding.fields.count)")
      for field in holding.fields {
        append(field.name)
        append(field.value)
      }
    }
    return Base64.encode(vault.lookup(text, as: "privacy_erasure.preview"), .url, padded: false)
  }

  /// For a view or an export.
  var messages: [HeldRecord] {
    records.map { module, holding in
      var record = HeldRecord(
        module: module, title: holding.title, titleChinese: holding.titleChinese, purpose: holding.purpose,
        sensitive: holding.isSensitive, recordID: holding.recordID,
        sinceTime: holding.since.map { ProtoTimestamp($0) },
        untilTime: holding.until.map { ProtoTimestamp($0) },
        values: holding.fields.map { HeldValue(field: $0.name, value: $0.value) },
        disposition: Disposition(holding.disposition), correctedBy: holding.correctedBy)
      if case .kept(let reason, let chinese, let until) = holding.disposition {
        record.keptReason = reason
        record.keptReasonChinese = chinese
        record.keptUntilTime = until.map { ProtoTimestamp($0) }
      }
      return record
    }
  }
}

extension Disposition {
  fileprivate init(_ disposition: PersonalHolding.Disposition) {
    self =
      switch disposition {
      case .erased: .erased
      case .pseudonymised: .pseudonymised
      case .kept: .kept
      }
  }
}
