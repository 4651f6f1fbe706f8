import RPC
import Synchronization
import Testing

/// What a thread puts off comes behind what it does, in order and once.
@Suite struct GatheringTests {
  private final class Notes: Sendable {
    private let notes = Mutex<[String]>([])
    func add(_ note: String) { notes.withLock { $0.append(note) } }
    var list: [String] { notes.withLock { $0 } }
  }

  @Test func wakesAtOnceOutside() {
    let notes = Notes()
    Gathering.wake { notes.add("wake") }
    notes.add("on")
    #expect(notes.list == ["wake", "on"])
  }

  @Test func wakesBehindWhatIsGathered() {
    let notes = Notes()
    Gathering.gather {
      Gathering.wake { notes.add("first") }
      // What is gathered within it ends with the whole.
      Gathering.gather { Gathering.wake { notes.add("second") } }
      notes.add("body")
    }
    Gathering.wake { notes.add("later") }
    #expect(notes.list == ["body", "first", "second", "later"])
  }

  @Test func wakeThatWakesDoesNotWait() {
    let notes = Notes()
    Gathering.gather { Gathering.wake { Gathering.wake { notes.add("inner") } } }
    #expect(notes.list == ["inner"])
  }
}
