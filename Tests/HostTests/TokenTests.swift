import ModuleKit
import Testing

@testable import Host

@Suite struct TokenTests {
  @Test func makesTokensThatDiffer() {
    let tokens = (0..<100).map { _ in TokenText.make() }
    #expect(Set(tokens).count == 100)
    for token in tokens { #expect(token.wholeMatch(of: /yz_[A-Za-z0-9_-]{43}/) != nil) }
  }

  @Test func hashesWithSHA256() {
    // FIPS 180-4's example: SHA-256("abc").
    let hex = TokenText.hash("abc".utf8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
      .joined()
    #expect(hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func readsTheHeader() {
    let token = TokenText.make()
    func read(_ header: String) -> String? {
      Array(header.utf8).withUnsafeBufferPointer {
        TokenText.token(in: $0).map { String(decoding: $0, as: UTF8.self) }
      }
    }
    #expect(read("Bearer \(token)") == token)
    #expect(read("bearer \(token)") == token)
    #expect(read("BEARER \(token)") == token)
    for header in [
      "", "Bearer", "Bearer ", token, "Basic \(token)", "Bearer  \(token)", "Bearer \(token) ",
      "Bearer\t\(token)",
      "Bearer \(token)x", "Bearer \(token.dropLast())", "Bearer xx_\(token.dropFirst(3))",
    ] {
      #expect(read(header) == nil, "\(header)")
    }
  }

  private func credential(_ id: String) -> Credential {
    let epoch = Instant(milliseconds: 0)
    return Credential(
      id: id,
      principal: PrincipalRow(
        id: "p", kind: .staffMember, name: "p", roles: .staff, organisationID: nil, areaCodes: [],
        createdAt: epoch, updatedAt: epoch))
  }

  private func find(_ cache: CredentialCache, _ header: String, generation: UInt64 = 1) -> String? {
    Array(header.utf8).withUnsafeBufferPointer { cache.credential(for: $0, generation: generation)?.id }
  }

  private func store(
    _ cache: inout CredentialCache, _ header: String, _ id: String, generation: UInt64 = 1,
    holds: Int64? = nil
  ) {
    Array(header.utf8).withUnsafeBufferPointer {
      cache.store(credential(id), for: $0, generation: generation, holdsMilliseconds: holds)
    }
  }

  @Test func cachesUntilRevocationOrExpiry() {
    var cache = CredentialCache(sets: 8, lifetimeMilliseconds: 60_000)
    #expect(find(cache, "a") == nil)
    store(&cache, "a", "1")
    #expect(find(cache, "a") == "1")
    #expect(find(cache, "b") == nil)
    #expect(find(cache, "a", generation: 2) == nil)
    store(&cache, "gone", "2", holds: 0)
    #expect(find(cache, "gone") == nil)
    var idle = CredentialCache(sets: 8, lifetimeMilliseconds: 0)
    store(&idle, "a", "1")
    #expect(find(idle, "a") == nil)
  }

  @Test func keepsItsSizeUnderManyTokens() {
    var cache = CredentialCache(sets: 4, lifetimeMilliseconds: 60_000)
    for number in 0..<1_000 { store(&cache, "token \(number)", "\(number)") }
    let kept = (0..<1_000).filter { find(cache, "token \($0)") != nil }
    #expect((1...8).contains(kept.count))
    for number in kept { #expect(find(cache, "token \(number)") == "\(number)") }
  }

  @Test(arguments: [
    ("order-4711", true), ("A.b_9", true), (String(repeating: "x", count: 64), true),
    (String(repeating: "x", count: 65), false), ("", false), ("a b", false), ("li@example.cn", false),
    ("%E5%BC%A0", false), ("张三", false), ("a/b", false),
  ])
  func takesRequestIdentifiersOfOneForm(text: String, isAccepted: Bool) {
    let taken = Array(text.utf8).withUnsafeBufferPointer { RequestIdentifiers.accepted($0) }
    #expect(taken == (isAccepted ? text : nil))
  }

  @Test func makesRequestIdentifiersThatDiffer() {
    var identifiers = RequestIdentifiers()
    let made = (0..<10_000).map { _ in identifiers.next() }
    #expect(Set(made).count == 10_000)
    #expect(made.allSatisfy { $0.wholeMatch(of: /[0-9A-HJKMNP-TV-Z]{13}/) != nil })
  }
}
