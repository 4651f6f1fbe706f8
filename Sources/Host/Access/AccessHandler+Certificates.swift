import ModuleKit

// Client certificates, by their keys.
extension AccessHandler {
  /// Keys that can be bound to one principal.
  static let maximumCertificates = 16

  func bindCertificate(_ request: BindCertificateRequest, _ transaction: Transaction) throws -> Certificate {
    let principal = try principal(request.principalID, in: transaction)
    try requireOrganisation(of: principal, within: transaction.reach, transaction)
    guard let hash = Hexadecimal.bytes(request.publicKeySha256, count: 32) else {
      throw AccessError.keyHashInvalid
    }
    guard try CertificateStore.certificate(keyHash: hash, in: transaction) == nil else {
      throw AccessError.certificateBound
    }
    guard try CertificateStore.count(ofPrincipal: principal.id, in: transaction) < Self.maximumCertificates
    else { throw AccessError.certificateLimit(Self.maximumCertificates) }
    let id = try CertificateStore.insert(hash, to: principal.id, label: request.label, in: transaction)
    transaction.subject = principal.id
    guard let row = try CertificateStore.certificate(id: id, in: transaction) else {
      throw AccessError.certificateUnknown
    }
    return Certificate(row)
  }

  func listCertificates(_ request: ListCertificatesRequest, _ snapshot: Snapshot) throws
    -> ListCertificatesResponse
  {
    let principal = try principal(request.principalID, in: snapshot)
    let page = try Page(
      size: request.pageSize, token: request.pageToken, query: ["certificates", principal.id])
    var rows = try CertificateStore.certificates(
      ofPrincipal: principal.id, before: page.cursor.first, limit: page.limit + 1, in: snapshot)
    let next = page.cut(&rows) { [$0.id] }
    return ListCertificatesResponse(certificates: rows.map { Certificate($0) }, nextPageToken: next)
  }

  func unbindCertificate(_ request: UnbindCertificateRequest, _ transaction: Transaction) throws
    -> Certificate
  {
    let reach = transaction.reach
    guard let row = try CertificateStore.certificate(id: request.certificateID, in: transaction),
      let principal = try PrincipalStore.principal(id: row.principalID, in: transaction),
      principal.isWithin(reach)
    else { throw AccessError.certificateUnknown }
    try CertificateStore.delete(id: row.id, in: transaction)
    transaction.subject = principal.id
    return Certificate(row)
  }
}

extension Certificate {
  fileprivate init(_ row: CertificateRow) {
    self.init(
      id: row.id, principalID: row.principalID,
      publicKeySha256: Hexadecimal.text(row.keyHash), label: row.label,
      createTime: ProtoTimestamp(row.createdAt), lastUseTime: row.lastUsedAt.map { ProtoTimestamp($0) })
  }
}
