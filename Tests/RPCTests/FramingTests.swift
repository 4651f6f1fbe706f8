import RPC
import Testing

/// Messages on a stream: one flag byte, four bytes of length in big-endian order, the message.
struct FramingTests {
  private static let three: [UInt8] = [0, 0, 0, 0, 3, 1, 2, 3]
  private static let empty: [UInt8] = [0, 0, 0, 0, 0]

  @Test func aPrefixHasTheLengthInBigEndianOrder() {
    var framed: [UInt8] = [9, 0, 0, 0, 0, 0] + [UInt8](repeating: 7, count: 0x01_0203)
    MessageFraming.setLength(of: &framed, at: 1)
    #expect(framed[0..<6] == [9, 0, 0x00, 0x01, 0x02, 0x03])
  }

  @Test func aMessageMayBeSplitAtAnyByte() throws {
    let bytes = Self.three + Self.empty + [0, 0, 0, 0, 1, 9]
    for first in 0...bytes.count {
      for second in first...bytes.count {
        let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]].map(Array.init)
        #expect(try messages(pieces) == [[1, 2, 3], [], [9]])
      }
    }
  }

  @Test func aStreamThatEndsInsideAMessageIsInternal() {
    for size in 1..<Self.three.count {
      #expect(code([Array(Self.three[..<size])]) == .internalError)
    }
    #expect(code([]) == nil)
  }

  @Test func theLimitIsCheckedBeforeTheMessageComes() {
    #expect(code([[0, 0, 0, 0, 10] + [UInt8](repeating: 1, count: 10)]) == nil)
    #expect(code([[0, 0, 0, 0, 11]]) == .resourceExhausted)
    #expect(code([[0, 0xFF, 0xFF, 0xFF, 0xFF]]) == .resourceExhausted)
    #expect(code([Self.three + [0, 0, 0, 0, 11]]) == .resourceExhausted)
  }

  @Test func compressionFlagsAreInternal() {
    #expect(code([[1, 0, 0, 0, 0]]) == .internalError)
    #expect(code([[2, 0, 0, 0, 0]]) == .internalError)
  }

  @Test(arguments: [
    ("application/grpc", ContentType.proto), ("application/grpc+proto", .proto), ("APPLICATION/GRPC", .proto),
    ("application/grpc;charset=utf-8", .proto), ("application/grpc+proto; x=1", .proto),
    ("application/grpc+json", .otherFormat), ("application/grpc+", .otherFormat),
    ("application/grpc-web", .other),
    ("application/json", .other), ("", .other), ("application/grp", .other), ("text/html", .other),
  ])
  func contentTypes(value: String, expected: ContentType) {
    #expect(Array(value.utf8).withUnsafeBufferPointer { ContentType($0) } == expected)
  }

  private func messages(_ pieces: [[UInt8]]) throws -> [[UInt8]] {
    var deframer = MessageDeframer(maxMessageBytes: 10)
    var messages: [[UInt8]] = []
    for piece in pieces {
      try piece.withUnsafeBytes { bytes in try deframer.append(bytes) { messages.append($0) } }
    }
    try deframer.finish()
    #expect(deframer.bufferedBytes == 0)
    return messages
  }

  private func code(_ pieces: [[UInt8]]) -> Status.Code? {
    do {
      _ = try messages(pieces)
      return nil
    } catch let status as Status {
      return status.code
    } catch {
      Issue.record("\(error) is not a Status")
      return nil
    }
  }
}
