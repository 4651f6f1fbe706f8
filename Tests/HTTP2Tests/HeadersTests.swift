import Testing

@testable import HTTP2

@Suite struct HeadersTests {
  /// Names of every length up to the longest, and others that differ from each in one place.
  private static let names: [StaticString] = [
    "a", "te", ":path", ":method", "grpc-timeout", "content-type", "authorization", "idempotency-key",
    "x-request-id", "x-request-ie", "y-request-id", "x-repuest-id", "accept-encoding-of-replies",
    "accept-encodinh-of-replies",
  ]

  @Test func findsTheFirstOfANameAndNoOther() {
    for present in Self.names {
      var headers = HTTP2Headers([("other", "0")])
      headers.append("\(present)", "first")
      headers.append("\(present)", "second")
      for name in Self.names {
        let expected = "\(name)" == "\(present)" ? "first" : nil
        #expect(headers.text(of: name) == expected)
      }
      headers.removeAll()
      #expect(headers.text(of: present) == nil)
    }
  }

  @Test func comparesEveryByte() {
    for name in Self.names {
      let bytes = Array("\(name)".utf8)
      #expect(bytes.withUnsafeBufferPointer { HTTP2Headers.isEqual($0, name) })
      for index in bytes.indices {
        var changed = bytes
        changed[index] ^= 1
        #expect(!changed.withUnsafeBufferPointer { HTTP2Headers.isEqual($0, name) })
      }
      let longer = bytes + [0]
      #expect(!longer.withUnsafeBufferPointer { HTTP2Headers.isEqual($0, name) })
      #expect(!bytes.dropLast().withContiguousStorageIfAvailable { HTTP2Headers.isEqual($0, name) }!)
    }
  }
}
