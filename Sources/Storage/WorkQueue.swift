internal import Glibc

/// A bounded queue between threads: many put in, worker threads take out.
///
/// The state is guarded by the mutex; that is what makes the class safe to share.
final class WorkQueue<Element>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let maximumCount: Int
  private let maximumBytes: Int
  private var elements: [Element] = []
  /// What waits and what has been taken but not been released.
  private var count = 0
  private var bytes = 0
  private var sleepers = 0
  private var isWoken = false
  private var closed = false

  /// What became of an element.
  enum Admission { case taken, full, closed }

  init(maximumCount: Int, maximumBytes: Int = .max) {
    self.maximumCount = maximumCount
    self.maximumBytes = maximumBytes
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Puts an element in, if it fits.
  func put(_ element: Element, bytes size: Int) -> Admission {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if closed { return .closed }
    guard count < maximumCount, bytes <= maximumBytes - size || count == 0 else { return .full }
    count += 1
    bytes += size
    elements.append(element)
    if sleepers > 0 { pthread_cond_signal(condition) }
    return .taken
  }

  /// Takes all that waits, oldest first, without waiting for more. It counts against the limits until released.
  func takeAll(into taken: inout [Element]) {
    pthread_mutex_lock(mutex)
    if taken.isEmpty {
      swap(&taken, &elements)
    } else {
      taken.append(contentsOf: elements)
      elements.removeAll(keepingCapacity: true)
    }
    pthread_mutex_unlock(mutex)
  }

  /// Takes the oldest element; waits for one. Nil once the queue is closed and empty.
  func takeOne() -> Element? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while elements.isEmpty {
      if closed { return nil }
      sleepers += 1
      pthread_cond_wait(condition, mutex)
      sleepers -= 1
    }
    return elements.removeFirst()
  }

  /// Sleeps until there is something to take, `wake` or `close` is called, or the time is up (nil: no limit).
  func sleep(nanoseconds: Int64?) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if elements.isEmpty, !isWoken, !closed, nanoseconds != 0 {
      sleepers += 1
      if let nanoseconds {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let total = Int64(time.tv_nsec) + nanoseconds
        time.tv_sec += Int(total / 1_000_000_000)
        time.tv_nsec = Int(total % 1_000_000_000)
        pthread_cond_timedwait(condition, mutex, &time)
      } else {
        pthread_cond_wait(condition, mutex)
      }
      sleepers -= 1
    }
    isWoken = false
  }

  /// Ends a sleep although there is nothing to take.
  func wake() {
    pthread_mutex_lock(mutex)
    isWoken = true
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Says that so much of what was taken is done.
  func release(count done: Int, bytes size: Int) {
    pthread_mutex_lock(mutex)
    count -= done
    bytes -= size
    pthread_mutex_unlock(mutex)
  }

  /// Takes nothing in any more; what waits can still be taken out.
  func close() {
    pthread_mutex_lock(mutex)
    closed = true
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Whether it takes nothing in any more.
  var isClosed: Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return closed
  }

  /// What waits or is being worked on: elements and bytes.
  var load: (count: Int, bytes: Int) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return (count, bytes)
  }
}
