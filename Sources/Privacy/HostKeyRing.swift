import Wire

/// The host's keys: the first wraps what is new, the others open what was wrapped before a rotation.
public struct HostKeyRing: Sendable {
  /// The keys, the current one first; never empty.
  public let keys: [HostKey]

  /// The most text that is read for keys.
  public static let maximumSizeBytes = 16 << 10
  /// The most keys at once.
  public static let maximumCount = 32

  /// The key that wraps what is new.
  public var current: HostKey { keys[0] }

  /// A ring of one key.
  public init(_ key: HostKey) { keys = [key] }

  /// Reads keys, one a line: id, space, 32 bytes in base64 (RFC 4648 section 4). Empty lines and lines that begin
  /// with '#' are skipped.
  /// - Parameters:
  ///   - text: the lines, at most `maximumSizeBytes`.
  ///   - place: where they come from, for the error: "the host key file /etc/yizhan/host.key".
  ///   - allowsDevelopmentKeys: whether the host runs in development mode.
  /// - Throws: `HostKeyError`.
  public init(parsing text: String, place: String, allowsDevelopmentKeys: Bool) throws(HostKeyError) {
    guard text.utf8.count <= Self.maximumSizeBytes else {
      throw .tooLarge(place: place, limitBytes: Self.maximumSizeBytes)
    }
    var keys: [HostKey] = []
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (index, line) in lines.enumerated() {
      let words = line.split { $0 == " " || $0 == "\t" }
      if words.isEmpty || line.hasPrefix("#") { continue }
      guard words.count == 2, let bytes = Base64.decode(words[1].utf8) else {
        throw .lineMalformed(place: place, line: index + 1)
      }
      let key = try HostKey(id: String(words[0]), bytes: bytes)
      guard !keys.contains(where: { $0.id == key.id }) else { throw .idTwice(key.id) }
      if key.isDevelopment, !allowsDevelopmentKeys { throw .developmentKey(id: key.id) }
      keys.append(key)
      guard keys.count <= Self.maximumCount else { throw .tooMany(place: place, limit: Self.maximumCount) }
    }
    guard !keys.isEmpty else { throw .empty(place: place) }
    self.keys = keys
  }

  func key(_ id: String) -> HostKey? { keys.first { $0.id == id } }
}
