import Formats

/// The messages of google.protobuf that have a JSON form of their own.
enum WellKnownType {
  case timestamp, duration, fieldMask, wrapper, structure, value, listValue, any, empty

  init?(_ fullName: String) {
    guard fullName.hasPrefix("google.protobuf.") else { return nil }
    switch fullName.dropFirst("google.protobuf.".count) {
    case "Timestamp": self = .timestamp
    case "Duration": self = .duration
    case "FieldMask": self = .fieldMask
    case "Struct": self = .structure
    case "Value": self = .value
    case "ListValue": self = .listValue
    case "Any": self = .any
    case "Empty": self = .empty
    case "DoubleValue", "FloatValue", "Int64Value", "UInt64Value", "Int32Value", "UInt32Value", "BoolValue",
      "StringValue", "BytesValue":
      self = .wrapper
    default: return nil
    }
  }
}

/// The text form of google.protobuf.Duration: "1.500s".
public enum DurationText {
  /// Largest number of seconds, 10,000 years.
  static let secondsLimit: Int64 = 315_576_000_000

  /// Writes a duration with 0, 3, 6 or 9 digits of a fraction; nil if the parts do not make one.
  public static func text(seconds: Int64, nanos: Int32) -> String? {
    guard abs(seconds) <= secondsLimit, abs(Int64(nanos)) < 1_000_000_000,
      seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0)
    else { return nil }
    let sign = seconds < 0 || nanos < 0 ? "-" : ""
    return "\(sign)\(abs(seconds))\(CivilTime.fraction(abs(nanos)))s"
  }

  /// Reads "90s", "-1.5s"; nil for anything else.
  public static func parse(_ text: String) -> (seconds: Int64, nanos: Int32)? {
    guard text.hasSuffix("s") else { return nil }
    let isNegative = text.hasPrefix("-")
    let parts = text.dropFirst(isNegative ? 1 : 0).dropLast()
      .split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, isDigits(whole), let seconds = Int64(whole), seconds <= secondsLimit else {
      return nil
    }
    var nanos: Int32 = 0
    if parts.count == 2 {
      guard isDigits(parts[1]), parts[1].count <= 9 else { return nil }
      nanos = Int32(parts[1] + String(repeating: "0", count: 9 - parts[1].count)) ?? 0
    }
    guard seconds < secondsLimit || nanos == 0 else { return nil }
    return isNegative ? (-seconds, -nanos) : (seconds, nanos)
  }

  private static func isDigits(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
  }
}

/// The text form of google.protobuf.FieldMask: "title,contactPhone" for the paths title and contact_phone.
enum FieldMaskText {
  /// Writes a path; nil if reading it back would give another one.
  static func text(_ path: String) -> String? {
    var result = ""
    var raises = false
    for scalar in path.unicodeScalars {
      if raises {
        guard ("a"..."z").contains(scalar) else { return nil }
        result.unicodeScalars.append(Unicode.Scalar(scalar.value - 32)!)
        raises = false
      } else if scalar == "_" {
        raises = true
      } else if ("A"..."Z").contains(scalar) {
        return nil
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return raises ? nil : result
  }

  /// Reads a path; nil if it is not in lowerCamelCase.
  static func parse(_ text: Substring) -> String? {
    var result = ""
    for scalar in text.unicodeScalars {
      if scalar == "_" { return nil }
      if ("A"..."Z").contains(scalar) {
        result += "_"
        result.unicodeScalars.append(Unicode.Scalar(scalar.value + 32)!)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
