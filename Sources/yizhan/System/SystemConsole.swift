import Glibc
import Synchronization

/// The process's own standard input, output and error.
final class SystemConsole: Console {
  private let output = Mutex<[UInt8]>([])
  private static let bufferBytes = 1 << 16
  /// What the terminal looked like before a question was asked, to be restored when a signal comes meanwhile.
  private static let saved = Mutex<termios?>(nil)

  func write(_ text: String) {
    output.withLock { buffer in
      buffer += text.utf8
      if buffer.count >= Self.bufferBytes { Self.drain(&buffer) }
    }
  }

  func writeError(_ text: String) {
    // What was written before must be seen before the error.
    flush()
    var bytes = Array(text.utf8)
    Self.drain(&bytes, to: STDERR_FILENO)
  }

  func flush() { output.withLock { Self.drain(&$0) } }

  private static func drain(_ buffer: inout [UInt8], to descriptor: Int32 = STDOUT_FILENO) {
    var rest = buffer[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR && errno != EAGAIN {
        // The reader of a pipe has gone (`yizhan … | head`): there is nobody left to write to.
        if descriptor == STDOUT_FILENO { _exit(errno == EPIPE ? 141 : ExitCode.callFailed.rawValue) }
        break
      }
    }
    buffer.removeAll(keepingCapacity: true)
  }

  var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
  var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }
  var isInputTerminal: Bool { isatty(STDIN_FILENO) == 1 }

  var columns: Int? {
    var size = winsize()
    for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
      if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    }
    return nil
  }

  func ask(_ prompt: String, isSecret: Bool) -> String? {
    writeError(prompt)
    var previous = termios()
    let isTerminal = isInputTerminal && tcgetattr(STDIN_FILENO, &previous) == 0
    if isTerminal {
      let restored = previous
      Self.saved.withLock { $0 = restored }
      if isSecret {
        previous.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &previous)
      }
    }
    let line = readLine()
    if Self.restoreTerminal(), isSecret { writeError("\n") }
    return line
  }

  /// Makes typing visible again, if a question is being asked. Called before the process ends by a signal.
  /// - Returns: whether one was being asked.
  @discardableResult
  static func restoreTerminal() -> Bool {
    saved.withLock { state in
      guard var previous = state else { return false }
      tcsetattr(STDIN_FILENO, TCSANOW, &previous)
      state = nil
      return true
    }
  }

  func readInput(limitBytes: Int) throws -> [UInt8] {
    try Files.read(descriptor: STDIN_FILENO, name: "standard input", limitBytes: limitBytes)
  }
}
