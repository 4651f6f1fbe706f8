import Foundation
import ModuleTesting
import Testing

@testable import Host

@Suite struct CanaryTests {
  private let canary = Canary(["name": "欧阳金丝雀", "phone": "13912345678"])

  /// What Foundation makes of the values, at every alignment.
  @Test(arguments: ["欧阳金丝雀", "13912345678"], 0..<7)
  func findsAValueInEveryForm(value: String, offset: Int) throws {
    let around = String(repeating: "x", count: offset)
    let data = Data("\(around)\(value)\(around)".utf8)
    let forms: [Data?] = [
      data, value.data(using: .utf16LittleEndian), value.data(using: .utf16BigEndian),
      Data(data.base64EncodedString().utf8),
      Data(data.map { String(format: "%02x", $0) }.joined().utf8),
      Data(data.map { String(format: "%02X", $0) }.joined().utf8),
      Data((value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "").utf8),
    ]
    for form in forms {
      let bytes = [UInt8](try #require(form))
      #expect(canary.hits(in: bytes, place: "x").count >= 1)
    }
  }

  @Test func findsNothingInWhatIsMasked() {
    #expect(canary.hits(in: Array("欧阳*** 139****5678".utf8), place: "x") == [])
  }

  @Test func looksIntoErrors() {
    let status = Status(.notFound, "x", metadata: ["a": "to 13912345678"])
    #expect(canary.hits(in: status) == ["phone as UTF-8 in an error"])
  }
}
