import CNghttp2
import Glibc
import Testing

@testable import HTTP2

/// The allocator that nghttp2 works with.
@Suite struct MemoryTests {
  private static let begin = HTTP2FixedHeaders([(":status", "200")])
  private static let ok = HTTP2FixedHeaders([("grpc-status", "0")])

  private func answer(_ count: Int, on pair: Pair) {
    pair.server.onHeaders = { pair.server.session.respond($0, Self.begin, [1, 2, 3], Self.ok) }
    for _ in 0..<count { _ = pair.request(hasBody: false) }
    pair.exchange()
  }

  @Test func whatIsFreedIsUsedAgain() {
    let pair = Pair()
    answer(50, on: pair)
    let waiting = pair.server.memory.waitingBytes
    #expect(waiting > 10_000)
    for _ in 0..<20 { answer(50, on: pair) }
    #expect(pair.server.memory.waitingBytes <= waiting + 1_024)
  }

  /// Blocks of every size, written to their ends, resized and freed in an order of no pattern: no two overlap, what was
  /// written stays, and no more is kept than is allowed.
  @Test func blocksDoNotOverlap() throws {
    let memory = HTTP2Memory()
    let functions = memory.functions
    var seed: UInt64 = 0x5eed
    func random(_ bound: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % bound
    }
    var blocks: [(start: UnsafeMutableRawPointer, size: Int, mark: UInt8)] = []
    for round in 0..<20_000 {
      let mark = UInt8(truncatingIfNeeded: round)
      let size = random(3) == 0 ? random(5_000) : random(300)
      switch blocks.isEmpty ? 0 : random(4) {
      case 0:
        let start = try #require(functions.malloc(size, functions.mem_user_data))
        memset(start, Int32(mark), size)
        blocks.append((start, size, mark))
      case 1:
        let start = try #require(functions.calloc(1, size, functions.mem_user_data))
        #expect((0..<size).allSatisfy { start.load(fromByteOffset: $0, as: UInt8.self) == 0 })
        memset(start, Int32(mark), size)
        blocks.append((start, size, mark))
      case 2:
        let index = random(blocks.count)
        let old = blocks[index]
        let start = try #require(functions.realloc(old.start, size, functions.mem_user_data))
        let kept = min(size, old.size)
        #expect((0..<kept).allSatisfy { start.load(fromByteOffset: $0, as: UInt8.self) == old.mark })
        memset(start, Int32(mark), size)
        blocks[index] = (start, size, mark)
      default:
        let block = blocks.remove(at: random(blocks.count))
        #expect(UInt(bitPattern: block.start) % 16 == 0)
        #expect(
          (0..<block.size).allSatisfy { block.start.load(fromByteOffset: $0, as: UInt8.self) == block.mark })
        functions.free(block.start, functions.mem_user_data)
      }
    }
    for block in blocks { functions.free(block.start, functions.mem_user_data) }
    functions.free(nil, functions.mem_user_data)
    #expect(memory.waitingBytes <= HTTP2Memory.keptBytes + 1_024)
    #expect(functions.calloc(.max, 2, functions.mem_user_data) == nil)
  }
}
