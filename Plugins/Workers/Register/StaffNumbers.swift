import Glibc
import ModuleKit

/// The numbers by which platforms know a worker, as they are sealed with what else is personal: one text with a line
/// for each employment that has one, its identifier, a space and the number. A number has no line breaks: it was
/// tidied when it was taken in.
struct StaffNumbers: Sendable, Equatable {
  /// As it is sealed; empty where no platform gave a number.
  private(set) var text = ""

  init(text: String = "") { self.text = text }

  /// Those of a worker's employments.
  init(_ employments: [Employment]) {
    for employment in employments { append(employment.staffNumber, of: employment.id) }
  }

  var isEmpty: Bool { text.isEmpty }

  /// The number of an employment in what is sealed; empty for none. Nearly every worker has one line, and this runs in every read of
  /// one: over bytes, without copies of the texts.
  static func number(in bytes: UnsafeBufferPointer<UInt8>, of employmentID: String) -> String {
    var id = employmentID
    return id.withUTF8 { number(in: bytes, of: $0) }
  }

  private static func number(in bytes: UnsafeBufferPointer<UInt8>, of id: UnsafeBufferPointer<UInt8>)
    -> String
  {
    guard let wanted = id.baseAddress, !id.isEmpty else { return "" }
    var start = 0
    while let line = bytes.baseAddress.map({ $0 + start }), start < bytes.count {
      let rest = bytes.count - start
      let end = memchr(line, 0x0a, rest).map { UnsafeRawPointer($0) - UnsafeRawPointer(line) } ?? rest
      if end > id.count, memcmp(line, wanted, id.count) == 0 {
        let number = UnsafeBufferPointer(start: line + id.count + 1, count: end - id.count - 1)
        return String(decoding: number, as: UTF8.self)
      }
      start += end + 1
    }
    return ""
  }

  /// Sets the number of an employment; an empty one is none.
  mutating func set(_ number: String, of employmentID: String) {
    let others = text.utf8.split(separator: UInt8(ascii: "\n")).filter { !$0.starts(with: employmentID.utf8) }
    text = others.map { String(Substring($0)) }.joined(separator: "\n")
    append(number, of: employmentID)
  }

  /// These and those of other employments.
  func adding(_ other: StaffNumbers) -> StaffNumbers {
    StaffNumbers(text: [text, other.text].filter { !$0.isEmpty }.joined(separator: "\n"))
  }

  private mutating func append(_ number: String, of employmentID: String) {
    if number.isEmpty { return }
    if !text.isEmpty { text += "\n" }
    text += employmentID + " " + number
  }
}
