internal import Glibc

/// A thread of the operating system that runs one closure.
///
/// Database calls block, so they do not run on the threads of Swift's concurrency.
final class WorkerThread: Sendable {
  private final class Work: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  private let thread: pthread_t

  /// Starts the thread.
  /// - Parameter name: at most 15 bytes, shown by top(1) and in debuggers.
  init(name: String, body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(name: name, body: body))
    let code = pthread_create(
      &thread, nil,
      { context in
        let work = Unmanaged<Work>.fromOpaque(context!).takeRetainedValue()
        nameThread(work.name)
        work.body()
        return nil
      }, work.toOpaque())
    precondition(code == 0, "a thread cannot be started: errno \(code)")
    self.thread = thread
  }

  /// Waits for the closure's end; called once.
  func join() { pthread_join(thread, nil) }
}

/// Names the calling thread. A thread without a name works as well, so failure is no matter.
private func nameThread(_ name: String) {
  let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
  guard file >= 0 else { return }
  _ = name.withCString { write(file, $0, strlen($0)) }
  close(file)
}
