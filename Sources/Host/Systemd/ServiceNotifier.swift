import Glibc

/// Tells systemd how the service is doing, over the datagram socket that it names in NOTIFY_SOCKET.
/// Source: sd_notify(3), sd_watchdog_enabled(3).
struct ServiceNotifier: Sendable {
  private let address: [UInt8]?
  /// How often to say that the service lives; nil when systemd does not ask.
  let watchdogInterval: Duration?

  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID; without them every call does nothing.
  init(environment: [String: String]) {
    let path = environment["NOTIFY_SOCKET"].map { Array($0.utf8) } ?? []
    // sun_path holds 108 bytes; "@" stands for the zero byte of an abstract socket.
    let isUsable =
      (path.first == UInt8(ascii: "/") || path.first == UInt8(ascii: "@")) && path.count > 1
      && path.count < 108
    address = isUsable ? path : nil
    let isForUs = environment["WATCHDOG_PID"].map { $0 == String(getpid()) } ?? true
    if isUsable, isForUs, let microseconds = environment["WATCHDOG_USEC"].flatMap({ Int64($0) }),
      microseconds > 0
    {
      watchdogInterval = .microseconds(microseconds / 2)
    } else {
      watchdogInterval = nil
    }
  }

  /// The service is up.
  func ready(status: String) { send("READY=1\nSTATUS=\(status)") }
  /// The service has begun to stop.
  func stopping() { send("STOPPING=1\nSTATUS=draining") }
  /// The service lives.
  func alive() { send("WATCHDOG=1") }

  private func send(_ state: String) {
    guard let address else { return }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &name.sun_path) { storage in
      storage.copyBytes(from: address)
      if address[0] == UInt8(ascii: "@") { storage[0] = 0 }
    }
    // The length counts the path's bytes only: an abstract name would otherwise take in the zeros behind it.
    let length = socklen_t(MemoryLayout<sa_family_t>.size + address.count)
    _ = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        state.utf8.withContiguousStorageIfAvailable {
          sendto(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL), pointer, length)
        }
      }
    }
  }
}
