import Glibc
import ModuleKit

extension HostCore {
  /// What checking a credential costs that was seen lately, in nanoseconds of processor time for each check: what a
  /// call pays for its `authorization` header.
  ///
  /// Uses the state of the first event loop, so no server may run on this host.
  /// - Parameters:
  ///   - token: a valid one.
  ///   - rounds: how often to check, 1 or more.
  /// - Throws: `Status` for a token that is not valid.
  package func credentialCheckNanoseconds(token: String, rounds: Int) throws -> Double {
    let call = HeaderOnlyCall("Bearer \(token)")
    let loop = loops[0]
    _ = try access.credential(of: call, on: loop)
    loop.reader.endBatch()
    var sum = 0
    let start = Self.processorNanoseconds()
    for _ in 0..<rounds { sum &+= try access.credential(of: call, on: loop).id.utf8.count }
    let end = Self.processorNanoseconds()
    precondition(sum > 0, "a credential has an identifier")
    return Double(end - start) / Double(rounds)
  }

  private static func processorNanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}

/// A call that is nothing but its `authorization` header, empty for none, and its client's certificate. Sendable because it stays on the thread that made it.
final class HeaderOnlyCall: ServerCall, @unchecked Sendable {
  private let header: [UInt8]
  let peerIdentity: PeerIdentity?
  var hostContext: AnyObject?

  init(_ header: String, _ peerIdentity: PeerIdentity? = nil) {
    self.header = Array(header.utf8)
    self.peerIdentity = peerIdentity
  }

  var methodIndex: Int { 0 }
  var loopIndex: Int { 0 }
  var deadline: ContinuousClock.Instant? { nil }
  var isCancelled: Bool { false }
  var metadata: Metadata { Metadata() }
  var peer: String { "none" }

  func withHeader<Result>(
    _ name: StaticString, _ body: (UnsafeBufferPointer<UInt8>?) throws -> Result
  ) rethrows -> Result {
    if header.isEmpty { return try body(nil) }
    return try header.withUnsafeBufferPointer { try body($0) }
  }

  func reply(_ framed: consuming [UInt8], trailers: Metadata) {}
  func fail(_ status: Status) {}
}
