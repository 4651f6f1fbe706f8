/// What the host writes down by itself now and then, because a write for each call would cost more than the calls.
enum PeriodicWork {
  /// Runs the body at each interval, and once more when the task is cancelled. What fails is left for the next time.
  static func run(every interval: Duration, _ body: @escaping @Sendable () async throws -> Void) async {
    while true {
      let isCancelled = (try? await Task.sleep(for: interval)) == nil
      // In a task of its own, because a cancelled one writes nothing.
      _ = await Task { try await body() }.result
      if isCancelled { return }
    }
  }
}
