import SwiftASN1
import X509

/// The certificates that authorities have revoked.
///
/// Lists are matched to authorities by signature, not by name: what counts is whose key signed.
/// Source: RFC 5280, section 5. Complete, direct lists alone are read: a delta list, or one with a critical extension,
/// is refused as the RFC demands.
struct RevocationList: Sendable {
  private static let listsLimit = 100
  private static let deltaIndicator: ASN1ObjectIdentifier = [2, 5, 29, 27]

  /// Serial numbers without leading zeros, by the key of the authority that gave them.
  private var serialNumbers: [Certificate.PublicKey: Set<ArraySlice<UInt8>>] = [:]
  /// When the first of the lists should be replaced, in seconds since 1970; nil where no list says it.
  private(set) var nextUpdateSeconds: Int64?
  /// How many certificates are listed.
  var count: Int { serialNumbers.values.reduce(0) { $0 + $1.count } }

  /// Reads a file of lists, in PEM or one in DER.
  /// - Throws: `TLSError`.
  init(_ bytes: [UInt8], path: String, authorities: [Certificate], authorityPath: String) throws(TLSError) {
    // DER begins with the tag of a SEQUENCE, PEM with dashes or a remark.
    let lists =
      bytes.first == 0x30 ? [bytes] : try TLSFile.blocks(bytes, labels: ["X509 CRL"], path: path)
    guard !lists.isEmpty else { throw .nothingInFile(path, wanted: "revocation list (X509 CRL)") }
    guard lists.count <= Self.listsLimit else {
      throw .malformed(path, reason: "it has more than \(Self.listsLimit) lists")
    }
    for list in lists {
      let parsed: ParsedList
      do {
        parsed = try ParsedList(list)
      } catch let reason as Unsupported {
        throw .listUnsupported(path, reason: reason.text)
      } catch {
        throw .malformed(path, reason: "\(error)")
      }
      let signers = authorities.filter { parsed.isSigned(by: $0) }
      guard !signers.isEmpty else { throw .listUnsigned(path, authorities: authorityPath) }
      for key in Set(signers.map(\.publicKey)) {
        serialNumbers[key, default: []].formUnion(parsed.serialNumbers)
      }
      if let next = parsed.nextUpdateSeconds {
        nextUpdateSeconds = min(next, nextUpdateSeconds ?? next)
      }
    }
  }

  /// Whether the authority with this key has revoked the certificate that it issued under that number.
  func isRevoked(_ serialNumber: ArraySlice<UInt8>, by authority: Certificate.PublicKey) -> Bool {
    serialNumbers[authority]?.contains(serialNumber.drop { $0 == 0 }) ?? false
  }

  private struct Unsupported: Error {
    let text: String
  }

  /// One CertificateList.
  private struct ParsedList {
    let signedBytes: ArraySlice<UInt8>
    let algorithm: Certificate.SignatureAlgorithm
    let signature: ArraySlice<UInt8>
    var serialNumbers: Set<ArraySlice<UInt8>> = []
    var nextUpdateSeconds: Int64?

    init(_ bytes: [UInt8]) throws {
      var signedNode: ASN1Node?
      var algorithmBytes: ASN1ObjectIdentifier?
      var signatureBits: ASN1BitString?
      try DER.sequence(try DER.parse(bytes), identifier: .sequence) { nodes in
        signedNode = nodes.next()
        algorithmBytes = try nodes.next().map { try RevocationList.algorithm($0) }
        signatureBits = try ASN1BitString(derEncoded: &nodes)
      }
      guard let signedNode, let algorithmBytes, let signatureBits, signatureBits.paddingBits == 0 else {
        throw Unsupported(text: "it is not a CertificateList of RFC 5280")
      }
      guard let algorithm = RevocationList.algorithms[algorithmBytes] else {
        throw Unsupported(
          text: "its signature algorithm \(algorithmBytes) is not known; sign it with SHA-256")
      }
      self.algorithm = algorithm
      signedBytes = signedNode.encodedBytes
      signature = signatureBits.bytes
      try readBody(signedNode)
    }

    func isSigned(by authority: Certificate) -> Bool {
      if let usage = try? authority.extensions.keyUsage, !usage.cRLSign { return false }
      return authority.publicKey.isValidSignature(signature, for: signedBytes, signatureAlgorithm: algorithm)
    }

    private mutating func readBody(_ node: ASN1Node) throws {
      var serialNumbers: Set<ArraySlice<UInt8>> = []
      var nextUpdate: Int64?
      try DER.sequence(node, identifier: .sequence) { nodes in
        var next = nodes.next()
        if next?.identifier == .integer { next = nodes.next() }
        // next is the algorithm again; issuer and thisUpdate follow.
        _ = nodes.next()
        _ = nodes.next()
        next = nodes.next()
        if let time = next, time.identifier == .utcTime || time.identifier == .generalizedTime {
          nextUpdate = try RevocationList.seconds(time)
          next = nodes.next()
        }
        if let entries = next, entries.identifier == .sequence {
          try DER.sequence(entries, identifier: .sequence) { entries in
            while let entry = entries.next() {
              serialNumbers.insert(try RevocationList.serialNumber(entry))
            }
          }
          next = nodes.next()
        }
        guard let tagged = next else { return }
        try DER.explicitlyTagged(tagged, tagNumber: 0, tagClass: .contextSpecific) {
          try RevocationList.checkExtensions($0, of: "it")
        }
      }
      self.serialNumbers = serialNumbers
      nextUpdateSeconds = nextUpdate
    }
  }
}

extension RevocationList {
  private static let algorithms: [ASN1ObjectIdentifier: Certificate.SignatureAlgorithm] = [
    [1, 2, 840, 10045, 4, 3, 2]: .ecdsaWithSHA256, [1, 2, 840, 10045, 4, 3, 3]: .ecdsaWithSHA384,
    [1, 2, 840, 10045, 4, 3, 4]: .ecdsaWithSHA512, [1, 2, 840, 113549, 1, 1, 11]: .sha256WithRSAEncryption,
    [1, 2, 840, 113549, 1, 1, 12]: .sha384WithRSAEncryption,
    [1, 2, 840, 113549, 1, 1, 13]: .sha512WithRSAEncryption, [1, 3, 101, 112]: .ed25519,
  ]

  private static func algorithm(_ node: ASN1Node) throws -> ASN1ObjectIdentifier {
    try DER.sequence(node, identifier: .sequence) { nodes in
      let identifier = try ASN1ObjectIdentifier(derEncoded: &nodes)
      // Parameters are absent or NULL for every algorithm of the table.
      _ = nodes.next()
      return identifier
    }
  }

  private static func serialNumber(_ entry: ASN1Node) throws -> ArraySlice<UInt8> {
    try DER.sequence(entry, identifier: .sequence) { nodes in
      guard let number = nodes.next(), number.identifier == .integer,
        case .primitive(let bytes) = number.content
      else { throw Unsupported(text: "an entry has no serial number") }
      _ = nodes.next()
      if let extensions = nodes.next() { try checkExtensions(extensions, of: "an entry") }
      return bytes.drop { $0 == 0 }
    }
  }

  /// RFC 5280, section 5.2: a list with a critical extension that is not understood must not be used.
  private static func checkExtensions(_ node: ASN1Node, of place: String) throws {
    try DER.sequence(node, identifier: .sequence) { extensions in
      while let item = extensions.next() {
        try DER.sequence(item, identifier: .sequence) { nodes in
          let identifier = try ASN1ObjectIdentifier(derEncoded: &nodes)
          let isCritical = try DER.decodeDefault(&nodes, defaultValue: false)
          _ = nodes.next()
          if identifier == deltaIndicator {
            throw Unsupported(text: "it is a delta list; give the complete one")
          }
          if isCritical {
            throw Unsupported(
              text: "\(place) has the critical extension \(identifier), which is not understood")
          }
        }
      }
    }
  }

  private static func seconds(_ node: ASN1Node) throws -> Int64 {
    if node.identifier == .utcTime {
      let time = try UTCTime(derEncoded: node)
      return TLSTime.seconds(time.year, time.month, time.day, time.hours, time.minutes, time.seconds)
    }
    let time = try GeneralizedTime(derEncoded: node)
    return TLSTime.seconds(time.year, time.month, time.day, time.hours, time.minutes, time.seconds)
  }
}
