import Glibc

@main
enum Main {
  static func main() async {
    Interrupts.install()
    let program = Program(
      console: SystemConsole(), environment: Environment(environmentVariables()), connect: Connector.connect)
    let arguments = Array(CommandLine.arguments.dropFirst())
    let task = Task { await program.run(arguments) }
    Interrupts.onFirst { task.cancel() }
    exit(await task.value.rawValue)
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
