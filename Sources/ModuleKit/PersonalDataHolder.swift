/// A module's part in what a person can ask of the host: to see what is held, to have it exported, to have it
/// erased. A module that keeps personal data registers one (`Registrar.holdsPersonalData`).
///
/// A person is asked about by the identifier that the person's data is sealed under. The host resolves an entry that
/// was merged into another one before it asks; a holder that knows of merges refuses such an identifier, because a
/// part of what belongs to the person would be left out.
///
/// Source: Personal Information Protection Law (个人信息保护法), articles 44 to 47.
public protocol PersonalDataHolder: Sendable {
  /// What the module holds about a person, values in the clear, and what an erasure would do with each part.
  ///
  /// It says the same before an erasure and in its preview, so that nobody is promised what is not done.
  /// - Parameters:
  ///   - person: the identifier that the person's data is sealed under.
  ///   - snapshot: with the right to the module's own tables.
  func holdings(of person: String, in snapshot: Snapshot) throws -> [PersonalHolding]

  /// Erases, pseudonymises or keeps what `holdings` announced. All modules do so in one transaction, those that
  /// registered last first, after which the person's key is destroyed: whatever is still sealed with it can be opened
  /// by nobody. What has to be kept readable is sealed anew for another identifier, such as its case's
  /// (`Vault.reseal`).
  /// - Parameter transaction: with the right to the module's own tables.
  /// - Throws: what keeps the person from being erased now, with what to do first; nothing is erased then.
  func erase(_ person: String, in transaction: Transaction) throws

  /// Acts on the withdrawal of a consent: what was kept for that purpose alone goes.
  /// - Parameter transaction: with the right to the module's own tables.
  func withdraw(_ purpose: String, of person: String, in transaction: Transaction) throws
}

extension PersonalDataHolder {
  /// Nothing is kept by consent.
  public func withdraw(_ purpose: String, of person: String, in transaction: Transaction) throws {}
}

/// One kind of thing that a module holds about a person.
public struct PersonalHolding: Sendable, Equatable {
  /// What erasure does with it.
  public enum Disposition: Sendable, Equatable {
    /// It is deleted.
    case erased
    /// It stays without anything that leads to the person, for figures.
    case pseudonymised
    /// It stays because a law or a running case demands it.
    /// - Parameters:
    ///   - reason: the law and why, in English.
    ///   - reasonChinese: the same in Chinese.
    ///   - until: when the reason ends; nil while it cannot be said.
    case kept(reason: String, reasonChinese: String, until: Instant?)
  }

  /// A value that is held.
  public struct Field: Sendable, Equatable {
    /// The field, as its proto names it: "contact_phone".
    public var name: String
    /// The value in the clear, as text.
    public var value: String

    /// Creates a field.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// What it is: "registration".
  public var title: String
  /// The same in Chinese: 登记信息.
  public var titleChinese: String
  /// What it is kept for, as the proto declares it: "register".
  public var purpose: String
  /// Whether it is sensitive personal information (PIPL article 28).
  public var isSensitive: Bool
  /// The record's identifier; "" where there is none.
  public var recordID: String
  /// Where the record belongs, a GB/T 2260 code: for a person who is in no register, whose area it then is. Nil for one
  /// who is.
  public var areaCode: String?
  /// Since when it is held; nil if that is not known.
  public var since: Instant?
  /// When retention deletes it; nil for as long as its purpose lasts.
  public var until: Instant?
  /// The values.
  public var fields: [Field]
  /// What erasure does with it.
  public var disposition: Disposition
  /// The method that corrects it: "yizhan.workers.v1.WorkerService/UpdateWorker"; "" if none does.
  public var correctedBy: String

  /// Creates a holding.
  public init(
    title: String, titleChinese: String, purpose: String, isSensitive: Bool = false, recordID: String = "",
    areaCode: String? = nil, since: Instant? = nil, until: Instant? = nil, fields: [Field],
    disposition: Disposition,
    correctedBy: String = ""
  ) {
    self.title = title
    self.titleChinese = titleChinese
    self.purpose = purpose
    self.isSensitive = isSensitive
    self.recordID = recordID
    self.areaCode = areaCode
    self.since = since
    self.until = until
    self.fields = fields
    self.disposition = disposition
    self.correctedBy = correctedBy
  }
}

/// The consents that persons have given, for modules that keep what only consent allows.
///
/// Provided by the host; each call reads or writes in the snapshot or transaction that it is given.
public protocol ConsentDirectory: Sendable {
  /// Whether a person has consented to a purpose and neither withdrawn nor objected since.
  func hasConsent(of person: String, to purpose: String, in snapshot: Snapshot) throws -> Bool
  /// Forgets the consents of somebody of whom nothing is held any more, and whose key the caller destroys: those that
  /// are open end, and how they were given is gone.
  func forget(_ person: String, in transaction: Transaction) throws
  /// Notes that a person has consented; an objection made before no longer counts. For a child under 14 its guardian
  /// consents (PIPL article 31).
  /// - Parameters:
  ///   - purpose: what for, as the fields declare it.
  ///   - age: what the module knows of the person's age.
  ///   - isSeparate: whether it was asked for by itself, as sensitive data needs, and all of a child's (PIPL articles 28
  ///     and 29).
  ///   - evidence: how it was given, such as "form 2026-118"; at most 200 characters.
  /// - Throws: a refusal for a guardian of whom something is missing, and for a person of unknown age who is in no
  ///   register of workers; `StorageError`.
  func grant(
    _ purpose: String, by person: String, age: ConsentAge, isSeparate: Bool, evidence: String,
    in transaction: Transaction
  ) throws
}

/// What is known of the age of a person who consents, as far as the law wants it known.
///
/// Source: Personal Information Protection Law (个人信息保护法), article 31.
public enum ConsentAge: Sendable, Equatable {
  /// 14 or older, as whoever may work is: the person's own consent counts.
  case ofAge
  /// Under 14: the guardian has consented.
  case child(ConsentGuardian)
  /// Nothing. The host then takes the consent of workers alone: nobody under 16 is in the register.
  case unknown
}

/// Who consents for a child.
public struct ConsentGuardian: Sendable, Equatable {
  /// The guardian's name.
  public var name: String
  /// What the guardian is to the child: "mother", "父亲".
  public var relation: String
  /// A phone number; "" if there is an identity number.
  public var phone: String
  /// The resident identity number; "" if there is a phone number.
  public var identityNumber: String

  /// Creates a guardian.
  public init(name: String, relation: String, phone: String = "", identityNumber: String = "") {
    self.name = name
    self.relation = relation
    self.phone = phone
    self.identityNumber = identityNumber
  }
}
