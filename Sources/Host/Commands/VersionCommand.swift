import ArgumentParser
import ModuleKit
import RPC

/// `yizhand version`: the program's version and its modules.
struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Prints the program's version and the modules that it has.")

  func run() {
    print("yizhand \(Version.text)")
    for module in YizhanHost.modules {
      print("module \(module.name), schema \(module.migrations.last?.number ?? 0)")
    }
  }
}
