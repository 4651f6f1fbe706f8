import Logging
import ModuleKit

extension ConfigurationOptions {
  /// Opens the database of a host that is not running, its schema brought up to this program's.
  func openDatabase() throws -> (assembly: ModuleAssembly, database: Database) {
    let configuration = try HostConfiguration(try resolve())
    let logger = Logger(label: "yizhan") { _ in LineLogHandler(level: configuration.logLevel) }
    let accounts = AccountRegistry(configuration.limits, loops: configuration.loops)
    let assembly = try ModuleAssembly(
      HostCore.ownModules(HostKeyKeeper(nil), PersonalDataRegister(), accounts, PolicyBook(), configuration)
        + YizhanHost.modules.map { $0.init() })
    return (assembly, try HostCore.open(assembly, configuration, logger, .system).database)
  }

  /// The same with its vault unlocked, for a command that writes: what it writes is recorded, and records are
  /// sealed.
  func openUnlockedDatabase() async throws -> Database {
    let configuration = try HostConfiguration(try resolve())
    let reader = HostKeyReader(configuration)
    do {
      // Before anything is made: without a key nothing may come into being that wants one.
      let keys = try await reader.read()
      let (assembly, database) = try openDatabase()
      do {
        try await HostKeyKeeper(reader).unlock(assembly.vault, with: keys, of: database)
      } catch {
        database.close()
        throw error
      }
      return database
    } catch {
      throw StartError.reason(of: error, directory: configuration.dataDirectory)
    }
  }
}
