import Glibc

@main
enum Main {
  static func main() {
    Interrupts.block()
    let program = Program(
      console: SystemConsole(), environment: Environment(environmentVariables()), connect: Connector.connect)
    let arguments = Array(CommandLine.arguments.dropFirst())
    let task = Task.detached { exit(await program.run(arguments).rawValue) }
    Interrupts.waitForever { task.cancel() }
  }

  private static func environmentVariables() -> [String: String] {
    var variables: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      let text = String(cString: entry)
      if let equals = text.firstIndex(of: "=") {
        variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      next += 1
    }
    return variables
  }
}
