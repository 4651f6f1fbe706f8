import ModuleKit

/// The persons whose data a read has opened. Written by the thread that reads and read, after it, by the one that
/// puts the read on record; that, and nothing else, makes it safe to send.
final class ReadPersons: @unchecked Sendable {
  var list: [String] = []
}

extension HostCallHandler {
  /// Answers a read whose personal data is unmasked, once the record of it is durable. Without the record there is
  /// no answer. The record is a write, and counts as one in the limits of what may wait for the writer.
  func answer(_ run: CallRun, _ output: [UInt8], recording persons: [String]) {
    let start = ContinuousClock.now
    do { try limits.enter(.write, run) } catch { return fail(run, error, shard: metrics.otherThreads) }
    let job = WriteJob(
      call: context(run), digest: run.digest, sizeBytes: output.count + 1_024,
      isCancelled: { [call = run.call] in call.isCancelled },
      body: { transaction, _ in
        for person in persons { transaction.concerns(person: person) }
        if persons.count == 1 { transaction.subject = persons[0] }
      },
      completion: { [self] result in
        limits.leave(.write, run, since: start)
        metrics.left()
        switch result {
        case .success: reply(run, output, shard: metrics.otherThreads)
        case .failure(let error): fail(run, error, shard: metrics.otherThreads)
        }
      })
    metrics.entered()
    storage.database.writer.submit(job)
  }
}
