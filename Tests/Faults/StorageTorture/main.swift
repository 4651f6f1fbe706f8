import Foundation
import Storage

// Writes to a database while it is killed or its disk fails, and checks afterwards what is there.
//
//   StorageTorture init DIR           makes the database
//   StorageTorture run DIR            writes until it is killed; keys to repeat come on standard input, one a line
//   StorageTorture some DIR COUNT     writes so many rows, one after another, and ends
//   StorageTorture check DIR LEDGER   compares the database with a ledger of lines "ack KEY" and "fail KEY"
//
// run and some write "try KEY" before a write, "ack KEY" after its reply, "fail KEY" after an error.

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
  print("usage: StorageTorture init|run|some|check DIR …")
  exit(64)
}
do {
  let torture = try Torture(directory: arguments[2])
  switch arguments[1] {
  case "init": break
  case "run": torture.run()
  case "some": torture.some(Int(arguments[3]) ?? 100)
  case "check": exit(try torture.check(ledger: arguments[3]))
  default: exit(64)
  }
  torture.database.close()
} catch {
  print("stopped: \(error)")
  exit(1)
}
