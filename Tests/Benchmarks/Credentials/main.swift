// What checking a credential costs that was seen lately, in nanoseconds of processor time: five runs, sorted.
//
//   swift run -c release BenchmarkCredentials
import ModuleTesting

let figures = try await TestHost.run([]) { host in
  var figures: [Double] = []
  for _ in 0..<5 { figures.append(try await host.credentialCheckNanoseconds(rounds: 2_000_000)) }
  return figures.sorted()
}
print(
  "a cached credential, nanoseconds a check:",
  figures.map { "\(($0 * 10).rounded() / 10)" }.joined(separator: " "))
