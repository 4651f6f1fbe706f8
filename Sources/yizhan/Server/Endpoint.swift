/// Where a host listens.
struct Endpoint: Sendable, Equatable, CustomStringConvertible {
  /// The port that `yizhand serve` listens on unless told otherwise.
  static let defaultPort = 7040
  /// Where `yizhand serve` listens unless told otherwise.
  static let local = Endpoint(host: "127.0.0.1", port: defaultPort)

  var host: String
  var port: Int
  /// Whether calls go over TLS.
  var isSecure: Bool

  init(host: String, port: Int, isSecure: Bool = false) {
    self.host = host
    self.port = port
    self.isSecure = isSecure
  }

  /// Reads "HOST:PORT", "HOST", "[::1]:7040", for calls in the clear or behind "http://"; over TLS behind "https://".
  /// - Throws: `UsageError`.
  init(_ text: String) throws {
    let problem = UsageError(
      "\"\(text)\" is not the address of a server",
      hint: "give HOST:PORT, for example 127.0.0.1:7040, or https://HOST:PORT for TLS")
    let lowered = text.lowercased()
    let isSecure = lowered.hasPrefix("https://")
    var rest = text[...]
    if isSecure { rest = rest.dropFirst("https://".count) }
    if lowered.hasPrefix("http://") { rest = rest.dropFirst("http://".count) }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    if rest.contains("/") { throw problem }
    var host = rest
    var port = String(Self.defaultPort)
    if let colon = rest.lastIndex(of: ":"), rest[colon...].contains("]") == false {
      let isBareIPv6 = rest[..<colon].contains(":") && !rest.hasPrefix("[")
      if !isBareIPv6 {
        host = rest[..<colon]
        port = String(rest[rest.index(after: colon)...])
      }
    }
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty, let number = Int(port), (1...65_535).contains(number) else { throw problem }
    self.init(host: String(host), port: number, isSecure: isSecure)
  }

  /// "127.0.0.1:7040", "[::1]:7040": without a scheme.
  var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  var description: String { isSecure ? "https://\(address)" : address }
}
