/// Why a configuration is refused. Each names the key, the value and what is allowed.
public enum ConfigurationError: Error, Equatable, CustomStringConvertible {
  case unknownKey(String, place: String, suggestion: String?)
  case badValue(key: String, value: String, place: String, allowed: String)
  case missingValue(flag: String, allowed: String)
  case repeatedFlag(String)
  case strayArgument(String)
  case fileMissing(String)
  case fileUnreadable(String, reason: String)
  case fileMalformed(String, reason: String)
  case insecureAddress(key: String, address: String)
  case incomplete(key: String, needs: String)

  /// One line for the operator.
  public var description: String {
    switch self {
    case .unknownKey(let name, let place, let suggestion):
      "\(place): there is no key \(name)"
        + (suggestion.map { "; did you mean \($0)?" } ?? "; 'yizhand config' prints every key")
    case .badValue(let key, let value, let place, let allowed):
      "\(place): \(key) is \"\(value)\", but must be \(allowed)"
    case .missingValue(let flag, let allowed): "flag \(flag) needs a value: \(allowed)"
    case .repeatedFlag(let flag): "flag \(flag) is given twice"
    case .strayArgument(let text):
      "\"\(text)\" is not a flag; settings are written --KEY VALUE or --KEY=VALUE, and 'yizhand config' prints every key"
    case .fileMissing(let path): "the configuration file \(path) does not exist"
    case .fileUnreadable(let path, let reason): "the configuration file \(path) cannot be read: \(reason)"
    case .fileMalformed(let path, let reason):
      "the configuration file \(path) is not a JSON object of keys and values: \(reason)"
    case .insecureAddress(let key, let address):
      "\(key) is \(address), which other machines reach, and what is served there would not be encrypted; "
        + (key == ConfigurationKey.listen.name
          ? "set tls-certificate-file and tls-key-file, or listen on 127.0.0.1 behind a proxy that ends TLS"
          : "listen on 127.0.0.1")
        + ", or set insecure-listen-anywhere to true"
    case .incomplete(let key, let needs): "\(key) is set, and \(needs) is not; set both or neither"
    }
  }
}
