import Foundation

/// A certificate authority in a folder of its own, by the openssl command: another implementation than the one under
/// test.
final class TestAuthority: Sendable {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let folder: String
  var certificate: String { folder + "/ca.pem" }
  /// The revocation list, in PEM.
  var list: String { folder + "/ca.crl" }

  init(name: String = "Test Authority") throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let configuration = """
      [ca]
      default_ca = a
      [a]
      database = \(folder)/index.txt
      unique_subject = no
      serial = \(folder)/serial
      crlnumber = \(folder)/crlnumber
      new_certs_dir = \(folder)
      certificate = \(folder)/ca.pem
      private_key = \(folder)/ca.key
      default_md = sha256
      default_days = 30
      default_crl_days = 30
      policy = p
      [p]
      commonName = supplied

      """
    try write(configuration, "openssl.cnf")
    try write("", "index.txt")
    try write("1000\n", "serial")
    try write("01\n", "crlnumber")
    try openssl(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
      "-subj",
      "/CN=\(name)", "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", folder + "/ca.key",
      "-out",
      folder + "/ca.pem")
    try publish()
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Makes a certificate and its key.
  func issue(
    _ name: String, names: String?, usage: String, rsa: Bool = false, from: String? = nil, to: String? = nil
  ) throws -> (certificate: String, key: String) {
    let base = "\(folder)/\(name)"
    var lines = ["basicConstraints=critical,CA:false", "extendedKeyUsage=\(usage)"]
    if let names { lines.append("subjectAltName=\(names)") }
    try write(lines.joined(separator: "\n") + "\n", "\(name).ext")
    let kind = rsa ? ["rsa:2048"] : ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    try openssl(
      ["req", "-newkey"] + kind + [
        "-nodes", "-subj", "/CN=\(name)", "-keyout", base + ".key", "-out", base + ".csr",
      ])
    let times = (from.map { ["-startdate", $0] } ?? []) + (to.map { ["-enddate", $0] } ?? [])
    try openssl(
      [
        "ca", "-batch", "-notext", "-config", folder + "/openssl.cnf", "-in", base + ".csr", "-out",
        base + ".pem",
      ]
        + ["-extfile", base + ".ext"] + times)
    return (base + ".pem", base + ".key")
  }

  /// Revokes a certificate and writes the list anew.
  func revoke(_ certificate: String) throws {
    try openssl("ca", "-config", folder + "/openssl.cnf", "-revoke", certificate)
    try publish()
  }

  private func publish() throws {
    try openssl("ca", "-config", folder + "/openssl.cnf", "-gencrl", "-out", list)
  }

  private func write(_ text: String, _ name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
  }

  @discardableResult
  func openssl(_ arguments: String...) throws -> [UInt8] { try openssl(arguments) }

  @discardableResult
  private func openssl(_ arguments: [String]) throws -> [UInt8] {
    let errors = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: errors) }
    let words = (["openssl"] + arguments).map { "'\($0.replacing("'", with: "'\\''"))'" }
    // Not by Foundation's Process: before it starts anything, that of Swift 6.3 reads past the end of a directory entry
    // and, when the entry is the last one before an unmapped page, ends the tests.
    guard let output = popen("\(words.joined(separator: " ")) 2> '\(errors.path)' < /dev/null", "re") else {
      throw Failure(description: "openssl \(arguments) cannot be started")
    }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 4_096)
    while case let count = fread(&block, 1, block.count, output), count > 0 { bytes += block[..<count] }
    guard pclose(output) == 0 else {
      throw Failure(
        description:
          "openssl \(arguments): \(String(decoding: (try? Data(contentsOf: errors)) ?? Data(), as: UTF8.self))"
      )
    }
    return bytes
  }
}
