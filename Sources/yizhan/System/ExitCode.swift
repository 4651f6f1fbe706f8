/// What the program's exit status tells a script. `yizhan help exit-codes` prints this table.
enum ExitCode: Int32, CaseIterable {
  case ok = 0
  case callFailed = 1
  case rowsFailed = 2
  case tampered = 3
  case usage = 64
  case unavailable = 69
  case outputFailed = 74
  case permission = 77
  case interrupted = 130

  /// What the code means, for the help.
  var meaning: String {
    switch self {
    case .ok: "Done."
    case .callFailed: "The server refused or failed the call; the status is on standard error."
    case .rowsFailed: "An import ended, but some of its rows have errors and were not applied."
    case .tampered: "An audit log was changed, is not whole, or does not fit to a head that was kept."
    case .usage: "The command line or the input file is wrong; nothing was sent."
    case .unavailable: "The server cannot be reached, or did not answer after retries."
    case .outputFailed:
      "A file could not be written after the server had done its work, which stands. \"--resume\" with \"--errors\" "
        + "fetches the errors of an import again."
    case .permission: "The token is missing, unknown, expired, or not allowed to make the call."
    case .interrupted: "Stopped by Ctrl-C."
    }
  }
}

/// A result that could not be written after the server had done its work.
struct OutputError: Error, Equatable {
  /// What is wrong, in one sentence without a full stop.
  var message: String
  /// What to do; empty for nothing beyond the message.
  var hint = ""

  init(_ message: String, hint: String = "") {
    self.message = message
    self.hint = hint
  }
}

/// A mistake on the command line or in an input file, told with what to do instead.
struct UsageError: Error, Equatable {
  /// What is wrong, in one sentence without a full stop.
  var message: String
  /// What to do: a command to run or a value to give; empty for nothing beyond the message.
  var hint = ""

  init(_ message: String, hint: String = "") {
    self.message = message
    self.hint = hint
  }
}
