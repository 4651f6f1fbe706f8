/// Why the host's keys are refused. Each is one line that says what to do; none holds a part of a key.
public enum HostKeyError: Error, Equatable, CustomStringConvertible {
  case noneGiven
  case givenTwice([String])
  case empty(place: String)
  case tooLarge(place: String, limitBytes: Int)
  case tooMany(place: String, limit: Int)
  case lineMalformed(place: String, line: Int)
  case idInvalid
  case idTwice(String)
  case sizeWrong(id: String, bytes: Int)
  case weak(id: String, reason: String)
  case developmentKey(id: String)
  case fileUnreadable(path: String, reason: String)
  case fileExposed(path: String)
  case commandFailed(reason: String)
  case unknown(id: String, given: [String])
  case wrong(id: String)

  /// One line for the operator.
  public var description: String {
    switch self {
    case .noneGiven:
      "there is no host key, and personal data is sealed with one; make it with 'yizhand make-key > host.key' (mode"
        + " 0600, kept apart from the data) and pass --host-key-file host.key, or pass --development to try things"
        + " out without real people's data"
    case .givenTwice(let places):
      "host keys are given by \(places.joined(separator: " and by ")); give them in one place"
    case .empty(let place): "\(place) holds no key; 'yizhand make-key' prints a line for it"
    case .tooLarge(let place, let limit): "\(place) holds more than \(limit) bytes, and keys take less"
    case .tooMany(let place, let limit): "\(place) holds more than \(limit) keys; remove those no longer used"
    case .lineMalformed(let place, let line):
      "\(place), line \(line), is not a key's id, a space and 32 bytes in base64; 'yizhand make-key' prints such a line"
    case .idInvalid:
      "a key's id is 1 to 48 lower-case letters, digits, '.', '_' and '-', beginning with a letter or digit"
    case .idTwice(let id): "the host key \(id) is given twice; every key has an id of its own"
    case .sizeWrong(let id, let bytes):
      "the host key \(id) has \(bytes) bytes, and a key has \(HostKey.sizeBytes)"
    case .weak(let id, let reason):
      "the host key \(id) cannot be used: \(reason); make a random one with 'yizhand make-key'"
    case .developmentKey(let id):
      "the host key \(id) was made in development mode and is not for real people's data; make another with 'yizhand"
        + " make-key', or pass --development"
    case .fileUnreadable(let path, let reason): "the host key file \(path) cannot be read: \(reason)"
    case .fileExposed(let path):
      "the host key file \(path) can be read by others than its owner; run: chmod 600 '\(path)'"
    case .commandFailed(let reason): "host-key-command gave no keys: \(reason)"
    case .unknown(let id, let given):
      "the database is sealed with key \(id), which is not among the host's keys (\(given.joined(separator: ", ")));"
        + (id.hasPrefix(HostKey.developmentPrefix)
          ? " it was made in development mode: pass --development, or choose another data directory"
          : " add its line below the first one")
    case .wrong(let id):
      "the host key \(id) is not the key \(id) that the database is sealed with; restore the right one, and give a new"
        + " key a new id"
    }
  }
}
