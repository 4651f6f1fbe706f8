import Glibc

/// An address to listen on: a numeric IPv4 or IPv6 address, or localhost, and a port.
public struct HostAndPort: Sendable, Equatable, CustomStringConvertible {
  /// "127.0.0.1", "::1", "0.0.0.0".
  public let host: String
  /// 0 for any free port.
  public let port: Int

  /// Reads "127.0.0.1:7040", "[::1]:7040" or "localhost:7040"; nil for anything else.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let portText = text[text.index(after: colon)...]
    guard !portText.isEmpty, portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let port = Int(portText), port <= 65_535
    else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
      guard Self.isIPv6(host) else { return nil }
    } else if host == "localhost" {
      host = "127.0.0.1"
    } else if !Self.isIPv4(host) {
      return nil
    }
    self.host = host
    self.port = port
  }

  /// An address with another port, for one that was 0.
  init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Whether only this machine reaches the address (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3).
  public var isLoopback: Bool { host.hasPrefix("127.") || host == "::1" }

  /// "127.0.0.1:7040" or "[::1]:7040".
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  private static func isIPv4(_ text: String) -> Bool {
    var address = in_addr()
    return inet_pton(AF_INET, text, &address) == 1
  }

  private static func isIPv6(_ text: String) -> Bool {
    var address = in6_addr()
    return inet_pton(AF_INET6, text, &address) == 1
  }
}
