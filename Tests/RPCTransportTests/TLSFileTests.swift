import Foundation
import Glibc
import RPCTransport
import Testing

/// What a server says of files that it cannot use.
@Suite struct TLSFileTests {
  private func error(_ configuration: ServerTLSConfiguration) -> TLSError? {
    do throws(TLSError) {
      _ = try ServerTLS(configuration)
      return nil
    } catch {
      return error
    }
  }

  private func write(_ bytes: [UInt8], _ name: String, _ authority: TestAuthority) throws -> String {
    let path = "\(authority.folder)/\(name)"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test func certificatesAndKeysHaveToFit() throws {
    let authority = try TestAuthority()
    let (certificate, key) = try authority.issue("server", names: "DNS:localhost", usage: "serverAuth")
    let other = try authority.issue("other", names: "DNS:localhost", usage: "serverAuth", rsa: true)
    let old = try authority.issue(
      "old", names: "DNS:localhost", usage: "serverAuth", from: "20200101000000Z", to: "20210101000000Z")
    let future = try authority.issue(
      "future", names: "DNS:localhost", usage: "serverAuth", from: "20980101000000Z", to: "20990101000000Z")
    let locked = authority.folder + "/locked.key"
    try authority.openssl("pkey", "-in", key, "-aes256", "-passout", "pass:secret", "-out", locked)
    func error(_ certificate: String, _ key: String) -> TLSError? {
      self.error(ServerTLSConfiguration(certificateFile: certificate, keyFile: key))
    }
    #expect(error(certificate, key) == nil)
    #expect(error("/nowhere.pem", key) == .fileMissing("/nowhere.pem"))
    #expect(error(authority.folder, key) == .fileUnreadable(authority.folder, reason: "it is not a file"))
    #expect(error(certificate, other.key) == .keyMismatch(certificate: certificate, key: other.key))
    #expect(error(key, key) == .nothingInFile(key, wanted: "certificate (CERTIFICATE)"))
    #expect(
      error(certificate, certificate) == .nothingInFile(certificate, wanted: "private key (PRIVATE KEY)"))
    #expect(error(certificate, locked) == .keyEncrypted(locked))
    // `date -ud 2021-01-01 +%s` and `date -ud 2098-01-01 +%s`.
    #expect(error(old.certificate, old.key) == .expired(old.certificate, notAfterSeconds: 1_609_459_200))
    #expect(
      error(future.certificate, future.key)
        == .notYetValid(future.certificate, notBeforeSeconds: 4_039_372_800))
    let empty = try write([], "empty.pem", authority)
    #expect(error(empty, key) == .nothingInFile(empty, wanted: "certificate (CERTIFICATE)"))
  }

  /// A file that changes between two readings would make two parts of one load disagree.
  @Test func eachFileIsReadOnceInALoad() throws {
    let authority = try TestAuthority()
    let (certificate, key) = try authority.issue("server", names: "DNS:localhost", usage: "serverAuth")
    var configuration = ServerTLSConfiguration(certificateFile: certificate, keyFile: key)
    configuration.clientCertificates = .required
    configuration.clientAuthorityFile = authority.certificate
    configuration.revocationListFile = authority.list
    for file in [certificate, key, authority.certificate, authority.list] {
      let descriptor = inotify_init1(Int32(IN_NONBLOCK))
      defer { close(descriptor) }
      #expect(inotify_add_watch(descriptor, file, UInt32(IN_OPEN)) >= 0)
      _ = try ServerTLS(configuration)
      // Each event has a header alone, since a file is watched and not a folder.
      var events = [inotify_event](repeating: inotify_event(), count: 100)
      let count = read(descriptor, &events, events.count * MemoryLayout<inotify_event>.size)
      #expect(count == MemoryLayout<inotify_event>.size, "\(file)")
    }
  }

  @Test func revocationListsAreReadAndProved() throws {
    let authority = try TestAuthority()
    let stranger = try TestAuthority()
    let (certificate, key) = try authority.issue("server", names: "DNS:localhost", usage: "serverAuth")
    for number in 1...3 {
      try authority.revoke(
        try authority.issue("client\(number)", names: "DNS:a.test", usage: "clientAuth").certificate)
    }
    let der = authority.folder + "/list.der"
    try authority.openssl("crl", "-in", authority.list, "-outform", "DER", "-out", der)
    func configuration(_ list: String) -> ServerTLSConfiguration {
      var configuration = ServerTLSConfiguration(certificateFile: certificate, keyFile: key)
      configuration.clientCertificates = .required
      configuration.clientAuthorityFile = authority.certificate
      configuration.revocationListFile = list
      return configuration
    }
    for list in [authority.list, der] {
      let status = try ServerTLS(configuration(list)).status
      #expect(status.revokedCount == 3)
      let left = try #require(status.listNextUpdateSeconds) - Int64(Date().timeIntervalSince1970)
      #expect((29 * 86_400...30 * 86_400).contains(Int(left)))
    }
    #expect(
      error(configuration(stranger.list)) == .listUnsigned(stranger.list, authorities: authority.certificate))
    // Every shortened list and every one with a flipped bit is refused, and none is taken for an empty one.
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: der)))
    for length in stride(from: 0, to: bytes.count, by: 7) {
      let list = try write(Array(bytes.prefix(length)), "short.der", authority)
      #expect(error(configuration(list)) != nil)
    }
    for index in stride(from: 0, to: bytes.count, by: 5) {
      var damaged = bytes
      damaged[index] ^= 0x04
      let list = try write(damaged, "damaged.der", authority)
      #expect(error(configuration(list)) != nil, "byte \(index)")
    }
  }
}
