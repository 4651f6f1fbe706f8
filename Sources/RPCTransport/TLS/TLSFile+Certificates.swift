import NIOSSL
import SwiftASN1
import X509

extension TLSFile {
  /// The certificates of a file; at least one.
  static func certificates(_ path: String) throws(TLSError) -> [(NIOSSLCertificate, Certificate)] {
    let blocks = try Self.blocks(try read(path), labels: ["CERTIFICATE"], path: path)
    guard !blocks.isEmpty else { throw .nothingInFile(path, wanted: "certificate (CERTIFICATE)") }
    do {
      return try blocks.map { bytes in
        (try NIOSSLCertificate(bytes: bytes, format: .der), try Certificate(derEncoded: bytes))
      }
    } catch {
      throw .malformed(path, reason: "a certificate in it cannot be parsed (\(error))")
    }
  }

  /// The private key of a file.
  static func key(_ path: String) throws(TLSError) -> NIOSSLPrivateKey {
    let bytes = try read(path)
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.contains("PRIVATE KEY-----") else {
      throw .nothingInFile(path, wanted: "private key (PRIVATE KEY)")
    }
    guard !text.contains("ENCRYPTED") else { throw .keyEncrypted(path) }
    do {
      return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
    } catch {
      throw .malformed(path, reason: "its private key cannot be parsed (\(error))")
    }
  }
}
