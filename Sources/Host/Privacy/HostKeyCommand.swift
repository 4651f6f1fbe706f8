import Foundation
import ModuleKit

/// Runs the operator's command that prints the keys: the client of a key management service, for one.
enum HostKeyCommand {
  /// How long a command may take.
  static let limit: Duration = .seconds(30)

  /// Runs a command with /bin/sh and takes what it prints; what it says on its standard error goes to the host's.
  /// It runs in a process group of its own, so that it ends as a whole, and without `YIZHAN_…` in its environment.
  /// - Throws: `HostKeyError`.
  static func run(_ command: String, limit: Duration = limit) throws -> String {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw failure("no pipe: \(String(cString: strerror(errno)))") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    let process: pid_t
    do {
      defer { close(ends[1]) }
      process = try spawn(command, output: ends[1])
    }
    var isReaped = false
    defer {
      if !isReaped {
        kill(-process, SIGKILL)
        _ = wait(for: process)
      }
    }
    let deadline = ContinuousClock.now + limit
    let text = try read(ends[0], until: deadline, limit)
    // It may have closed its output and go on.
    while true {
      var status: Int32 = 0
      let ended = waitpid(process, &status, WNOHANG)
      if ended == process {
        isReaped = true
        guard status == 0 else {
          let signal = status & 0x7f
          throw failure(
            signal == 0 ? "it ended with status \((status >> 8) & 0xff)" : "signal \(signal) ended it")
        }
        return text
      }
      guard ended == 0 || errno == EINTR else { throw failure("it cannot be waited for") }
      guard ContinuousClock.now < deadline else { throw tooSlow(limit) }
      usleep(2_000)
    }
  }

  private static func openDescriptors() -> [Int32] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
    return (names ?? []).compactMap { Int32($0) }
  }

  private static func spawn(_ command: String, output: Int32) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    // The host's sockets and selectors would outlive an exec, and a command that stays would hold its port. Glibc takes
    // a descriptor that is closed by then for closed.
    for descriptor in openDescriptors() where descriptor > 2 {
      posix_spawn_file_actions_addclose(&actions, descriptor)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    posix_spawnattr_setpgroup(&attributes, 0)
    let environment = ProcessEnvironment.variables.filter { !$0.key.hasPrefix("YIZHAN_") }
      .map { strdup("\($0.key)=\($0.value)") }
    let arguments = ["/bin/sh", "-c", command].map { (text: String) in strdup(text) }
    defer { for pointer in environment + arguments { free(pointer) } }
    var process = pid_t()
    let code = posix_spawn(&process, "/bin/sh", &actions, &attributes, arguments + [nil], environment + [nil])
    guard code == 0 else { throw failure("/bin/sh does not start: \(String(cString: strerror(code)))") }
    return process
  }

  private static func read(
    _ descriptor: Int32, until deadline: ContinuousClock.Instant, _ limit: Duration
  ) throws -> String {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while true {
      guard ContinuousClock.now < deadline else { throw tooSlow(limit) }
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 200) > 0 else { continue }
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(String(cString: strerror(errno))) }
      if count == 0 { break }
      bytes += chunk[..<count]
      guard bytes.count <= HostKeyRing.maximumSizeBytes else {
        throw failure("it printed more than \(HostKeyRing.maximumSizeBytes) bytes")
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw failure("it did not print UTF-8") }
    return text
  }

  private static func wait(for process: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status
  }

  private static func tooSlow(_ limit: Duration) -> HostKeyError {
    failure("it did not end within \(limit.components.seconds) seconds")
  }

  private static func failure(_ reason: String) -> HostKeyError { .commandFailed(reason: reason) }
}
