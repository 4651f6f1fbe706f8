/// Where a host listens.
struct Endpoint: Sendable, Equatable, CustomStringConvertible {
  /// The port that `yizhand serve` listens on unless told otherwise.
  static let defaultPort = 7040
  /// Where a bare `yizhand serve` listens.
  static let local = Endpoint(host: "127.0.0.1", port: defaultPort)

  var host: String
  var port: Int

  init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads "HOST:PORT", "HOST", "[::1]:7040".
  /// - Throws: `UsageError`.
  init(_ text: String) throws {
    let problem = UsageError(
      "\"\(text)\" is not the address of a server", hint: "give HOST:PORT, for example 127.0.0.1:7040")
    if text.contains("://") || text.contains("/") { throw problem }
    var host = text[...]
    var port = String(Self.defaultPort)
    if let colon = text.lastIndex(of: ":"), text[colon...].contains("]") == false {
      let isBareIPv6 = text[..<colon].contains(":") && !text.hasPrefix("[")
      if !isBareIPv6 {
        host = text[..<colon]
        port = String(text[text.index(after: colon)...])
      }
    }
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty, let number = Int(port), (1...65_535).contains(number) else { throw problem }
    self.init(host: String(host), port: number)
  }

  var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
