import Wire

/// What `yizhan login` remembers: for each name a server, a token, and the files of TLS.
struct Profile: Sendable, Equatable {
  var server: String
  var token: String
  var tls = TLSFiles()
}

/// The file of profiles, readable by its owner only: `$XDG_CONFIG_HOME/yizhan/profiles.json`, or
/// `~/.config/yizhan/profiles.json`.
struct ProfileStore: Sendable {
  static let defaultName = "default"
  private static let limitBytes = 1 << 20
  private static let authorityName = "ca_file"
  private static let certificateName = "client_certificate"
  private static let keyName = "client_key"

  let path: String

  /// - Throws: `UsageError` where neither XDG_CONFIG_HOME nor HOME is set.
  init(_ environment: Environment) throws {
    guard let folder = environment["XDG_CONFIG_HOME"] ?? environment["HOME"].map({ "\($0)/.config" }) else {
      throw UsageError("neither HOME nor XDG_CONFIG_HOME is set, so there is no place for profiles")
    }
    path = "\(folder)/yizhan/profiles.json"
  }

  /// All profiles by name; none if there is no file yet.
  /// - Throws: `UsageError` for a file that cannot be read.
  func all() throws -> [String: Profile] {
    guard Files.exists(path) else { return [:] }
    let bytes = try Files.read(path, limitBytes: Self.limitBytes)
    let json: JSONValue
    do throws(JSONError) { json = try JSONValue(parsing: bytes) } catch {
      throw UsageError("\(path) is damaged: \(error)", hint: "delete it and log in again")
    }
    guard case .object(let members)? = json["profiles"] else { return [:] }
    var profiles: [String: Profile] = [:]
    for member in members {
      guard let server = member.value["server"]?.string, let token = member.value["token"]?.string else {
        continue
      }
      profiles[member.name] = Profile(
        server: server, token: token,
        tls: TLSFiles(
          authority: member.value[Self.authorityName]?.string,
          certificate: member.value[Self.certificateName]?.string, key: member.value[Self.keyName]?.string))
    }
    return profiles
  }

  /// Keeps a profile, or drops it for nil.
  /// - Throws: `UsageError` if the file cannot be written.
  func set(_ name: String, _ profile: Profile?) throws {
    var profiles = try all()
    profiles[name] = profile
    let members = profiles.sorted { $0.key < $1.key }.map { name, profile in
      let texts = [
        ("server", profile.server), ("token", profile.token), (Self.authorityName, profile.tls.authority),
        (Self.certificateName, profile.tls.certificate), (Self.keyName, profile.tls.key),
      ]
      return JSONValue.Member(
        name, .object(texts.compactMap { name, text in text.map { JSONValue.Member(name, .string($0)) } }))
    }
    let json = JSONValue.object([JSONValue.Member("profiles", .object(members))])
    try Files.writePrivately(Array((json.text(indented: true) + "\n").utf8), to: path)
  }

  /// Names that can stand on a command line without quotes.
  static func isValidName(_ name: String) -> Bool {
    !name.isEmpty && name.count <= 64
      && name.unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_.".unicodeScalars.contains($0)
      }
  }
}
