import Foundation

/// The environment that the process was started with.
enum ProcessEnvironment {
  static let variables = ProcessInfo.processInfo.environment
}
