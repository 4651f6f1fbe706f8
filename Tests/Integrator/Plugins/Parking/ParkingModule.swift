public import ModuleKit

/// Parking bays for riders: a module kept outside of the repository of the host.
public struct ParkingModule: Module {
  /// The prefix of its tables and commands.
  public static let name = "parking"
  /// Its schema.
  public static let migrations = [
    Migration(
      1, "bays",
      """
      CREATE TABLE parking_bay (
        id TEXT NOT NULL PRIMARY KEY,
        area_code TEXT NOT NULL,
        name TEXT NOT NULL,
        capacity INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        UNIQUE (area_code, name)
      )
      """)
  ]
  /// Its proto, for reflection.
  public static var fileDescriptorSet: [UInt8] { ParkingDescriptors.fileDescriptorSet }

  /// Creates the module.
  public init() {}

  /// Declares the service.
  public func register(in registrar: Registrar) throws {
    registrar.serve(BayHandler().bound())
  }
}
