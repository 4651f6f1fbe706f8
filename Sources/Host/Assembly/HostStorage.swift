import ModuleKit

/// The database of a host and what the host keeps beside it.
final class HostStorage: Sendable {
  let database: Database
  /// For encoding replies on the writer.
  let writerArena: WriterArena
  private let arenaLimitBytes: Int

  init(database: Database, arenaLimitBytes: Int) {
    self.database = database
    self.arenaLimitBytes = arenaLimitBytes
    writerArena = WriterArena(limitBytes: arenaLimitBytes)
  }

  /// An arena for one report.
  func makeArena() -> Arena { Arena(limitBytes: arenaLimitBytes) }
}

/// The writer thread's arena. Sendable because only the bodies of write jobs touch it, and those run one after the
/// other on the writer's one thread.
final class WriterArena: @unchecked Sendable {
  let value: Arena
  init(limitBytes: Int) { value = Arena(limitBytes: limitBytes) }
}
