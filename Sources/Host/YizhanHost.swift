import Glibc
public import ModuleKit

/// The program around a host: commands, configuration, start and stop. All that an integrator's `main.swift` needs:
/// ```swift
/// import Host
/// import Parking
///
/// await YizhanHost.main(modules: [ParkingModule.self])
/// ```
public enum YizhanHost {
  /// Runs the command that the arguments name and ends the process.
  ///
  /// Exit status: 0 success; 64 wrong use; 65 a database that this program cannot use; 69 an address that cannot
  /// be had; 70 a fault of the program or of a module; 73 a directory or file that cannot be made; 75 something in
  /// use by another program; 78 a wrong configuration; 1 a stop that had to be forced.
  /// Source: sysexits(3).
  /// - Parameter modules: The modules to serve, providers of capabilities before those who require them.
  public static func main(modules: [any Module.Type]) async -> Never {
    exit(await $modules.withValue(modules) { await YizhandCommand.run() })
  }

  /// The modules of the running program, for its commands: the argument parser makes these by itself.
  @TaskLocal static var modules: [any Module.Type] = []
}
