import NIOCore

/// Something that has to end at a time.
protocol Expiring: AnyObject {
  /// When, on NIO's clock.
  var deadlineNanoseconds: UInt64 { get }
  /// Its place in the queue, or -1; the queue's own.
  var deadlineSlot: Int { get set }
  /// The time has come; it is out of the queue.
  func expire()
}

/// A heap of deadlines with one timer, for the calls of a connection that outlive the batch they came in.
///
/// Confined to its loop. Each element knows its place, so a call that ends early leaves at once.
final class DeadlineQueue {
  private let eventLoop: any EventLoop
  private var heap: [any Expiring] = []
  private var timer: Scheduled<Void>?
  private var timerNanoseconds = UInt64.max

  init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  func insert(_ element: any Expiring) {
    element.deadlineSlot = heap.count
    heap.append(element)
    moveUp(heap.count - 1)
    arm()
  }

  func remove(_ element: any Expiring) {
    let slot = element.deadlineSlot
    guard slot >= 0 else { return }
    element.deadlineSlot = -1
    let last = heap.removeLast()
    guard slot < heap.count else { return }
    heap[slot] = last
    last.deadlineSlot = slot
    moveUp(slot)
    moveDown(last.deadlineSlot)
  }

  /// Forgets everything.
  func close() {
    timer?.cancel()
    timer = nil
    for element in heap { element.deadlineSlot = -1 }
    heap = []
  }

  private func arm() {
    guard let first = heap.first, first.deadlineNanoseconds < timerNanoseconds else { return }
    timer?.cancel()
    timerNanoseconds = first.deadlineNanoseconds
    // The queue is its loop's own, and the timer runs there.
    let queue = NIOLoopBound(self, eventLoop: eventLoop)
    timer = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(timerNanoseconds)) { queue.value.fire() }
  }

  private func fire() {
    timer = nil
    timerNanoseconds = .max
    let now = NIODeadline.now().uptimeNanoseconds
    while let first = heap.first, first.deadlineNanoseconds <= now {
      remove(first)
      first.expire()
    }
    arm()
  }

  private func moveUp(_ start: Int) {
    var slot = start
    while slot > 0 {
      let parent = (slot - 1) / 2
      guard heap[slot].deadlineNanoseconds < heap[parent].deadlineNanoseconds else { return }
      exchange(slot, parent)
      slot = parent
    }
  }

  private func moveDown(_ start: Int) {
    var slot = start
    while true {
      var least = slot
      for child in [2 * slot + 1, 2 * slot + 2] where child < heap.count {
        if heap[child].deadlineNanoseconds < heap[least].deadlineNanoseconds { least = child }
      }
      if least == slot { return }
      exchange(slot, least)
      slot = least
    }
  }

  private func exchange(_ first: Int, _ second: Int) {
    heap.swapAt(first, second)
    heap[first].deadlineSlot = first
    heap[second].deadlineSlot = second
  }
}

extension Duration {
  /// Nanoseconds, 0 for a negative duration and at most about 146 years.
  var wholeNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    if seconds < 0 || attoseconds < 0 { return 0 }
    let most = UInt64(Int64.max) / 2
    if seconds >= Int64(most / 1_000_000_000) { return most }
    return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
  }
}
