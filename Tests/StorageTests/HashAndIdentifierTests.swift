import Testing

@testable import Storage

@Suite struct HashAndIdentifierTests {
  /// Source: the SipHash paper, appendix A, and the vectors of the reference implementation.
  @Test func sipHashGivesThePapersValues() {
    let hash = SipHash(key: Array(0..<16))
    #expect(hash.hash(Array(0..<15)) == 0xa129_ca61_49be_45e5)
    #expect(hash.hash([]) == 0x726f_db47_dd0e_0e31)
    #expect(hash.hash([0]) == 0x74f8_39c5_93dc_67fd)
    #expect(hash.hash(Array(0..<8)) == 0x93f5_f579_9a93_2462)
  }

  /// Source: RFC 9562, appendix A.6: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F.
  @Test func identifiersAreWrittenAsTheStandardWritesThem() {
    #expect(
      IdentifierSequence.text(0x017f_22e2_79b0_7cc3, 0x98c4_dc0c_0c07_398f)
        == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
  }

  @Test func identifiersRiseAndAreUnique() {
    var sequence = IdentifierSequence()
    let random = SeededRandomSource(seed: 1)
    var identifiers: [String] = []
    // Many in one millisecond, more than the counter holds; a clock that jumps back; then a later one.
    for _ in 0..<20_000 {
      identifiers.append(sequence.next(now: Instant(milliseconds: 0x017f_22e2_79b0), random: random))
    }
    identifiers.append(sequence.next(now: Instant(milliseconds: 5), random: random))
    identifiers.append(sequence.next(now: Instant(milliseconds: 0x017f_22e3_0000), random: random))
    #expect(identifiers == identifiers.sorted())
    #expect(Set(identifiers).count == identifiers.count)
    for identifier in identifiers.prefix(100) {
      let characters = Array(identifier)
      #expect(characters[14] == "7")
      #expect("89ab".contains(characters[19]))
      #expect(identifier.hasPrefix("017f22e2-79b0"))
    }
    #expect(identifiers.last!.hasPrefix("017f22e3-0000"))
  }

  @Test func aSeedRepeatsTheBytes() {
    let first = StorageRandom.seeded(7).makeSource().bytes(33)
    #expect(first == StorageRandom.seeded(7).makeSource().bytes(33))
    #expect(first != StorageRandom.seeded(8).makeSource().bytes(33))
    let system = StorageRandom.system.makeSource()
    #expect(system.bytes(1_000) != system.bytes(1_000))
  }

  @Test func momentsReckon() {
    let moment = Instant.seconds(10)
    #expect(moment + .milliseconds(1_500) == Instant(milliseconds: 11_500))
    #expect(moment - .seconds(20) == Instant(milliseconds: -10_000))
    #expect(moment - Instant.seconds(4) == .seconds(6))
    #expect(moment.advanced(by: .microseconds(999)) == moment)
    #expect(Instant.seconds(1) < moment)
  }
}
