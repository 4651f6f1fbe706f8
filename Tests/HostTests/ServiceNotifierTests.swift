import Foundation
import Glibc
import Testing

@testable import Host

@Suite struct ServiceNotifierTests {
  /// A socket as systemd would listen on it.
  private final class Listener {
    let descriptor: Int32

    init(path: String) throws {
      descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      let bytes = Array(path.utf8)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
      if bytes[0] == UInt8(ascii: "@") { withUnsafeMutableBytes(of: &address.sun_path) { $0[0] = 0 } }
      let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
      let code = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
      }
      try #require(code == 0)
    }

    deinit { close(descriptor) }

    func receive() -> String? {
      var buffer = [UInt8](repeating: 0, count: 512)
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
    }
  }

  @Test(arguments: [false, true])
  func speaksToASocket(isAbstract: Bool) throws {
    let name = "/tmp/yizhan-notify-\(UUID().uuidString)"
    let path = isAbstract ? "@" + name.dropFirst() : name
    let listener = try Listener(path: path)
    defer { unlink(name) }
    let notifier = ServiceNotifier(environment: ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "30000000"])
    notifier.ready(status: "serving")
    #expect(listener.receive() == "READY=1\nSTATUS=serving")
    notifier.alive()
    #expect(listener.receive() == "WATCHDOG=1")
    notifier.stopping()
    #expect(listener.receive() == "STOPPING=1\nSTATUS=draining")
    #expect(notifier.watchdogInterval == .seconds(15))
  }

  @Test func isSilentWithoutSystemd() {
    let notifier = ServiceNotifier(environment: [:])
    notifier.ready(status: "serving")
    #expect(notifier.watchdogInterval == nil)
    let foreign = ServiceNotifier(
      environment: ["NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"])
    #expect(foreign.watchdogInterval == nil)
    let long = "/" + String(repeating: "x", count: 200)
    #expect(
      ServiceNotifier(environment: ["NOTIFY_SOCKET": long, "WATCHDOG_USEC": "9"]).watchdogInterval == nil)
  }
}
