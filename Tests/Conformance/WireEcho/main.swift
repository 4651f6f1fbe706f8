import Glibc
import Wire
import WireTestMessages

// Decodes what it reads and writes it encoded anew, so that another implementation of protobuf can compare.
//
// Request: length of the rest (four bytes, big-endian), length of the message's name (one byte), the name, the
// message. Reply: length of the rest, one byte for the outcome (0 for a message, 1 malformed, 2 invalid UTF-8,
// 3 too large, 4 unknown name, 5 keys alike), the message.

let types: [String: any Message.Type] = {
  let all: [any Message.Type] = [
    Scalars.self, Optionals.self, Repeateds.self, Maps.self, Choice.self, Standards.self, AwkwardNames.self,
    Everything.self,
  ]
  return Dictionary(uniqueKeysWithValues: all.map { ($0.fullName, $0) })
}()

func read(_ count: Int) -> [UInt8]? {
  var bytes = [UInt8](repeating: 0, count: count)
  var filled = 0
  while filled < count {
    let got = bytes.withUnsafeMutableBytes { Glibc.read(0, $0.baseAddress! + filled, count - filled) }
    if got <= 0 { return nil }
    filled += got
  }
  return bytes
}

func write(_ bytes: [UInt8]) {
  var sent = 0
  while sent < bytes.count {
    let count = bytes.withUnsafeBytes { Glibc.write(1, $0.baseAddress! + sent, bytes.count - sent) }
    if count <= 0 { exit(1) }
    sent += count
  }
}

func echo<Value: Message>(_ type: Value.Type, _ message: ArraySlice<UInt8>, in arena: Arena) -> [UInt8] {
  do {
    let value = try message.withUnsafeBytes { try Value(decoding: $0, in: arena) }
    var output: [UInt8] = [0]
    value.encode(into: &output, in: arena)
    // What was encoded has to decode to the same value, so that decoding loses nothing that encoding shows.
    var again: [UInt8] = [0]
    try Value(decoding: [UInt8](output.dropFirst())).encode(into: &again, in: arena)
    precondition(again == output, "\(Value.fullName) does not survive a second round")
    var violations = Violations()
    value.check(&violations)
    return output
  } catch DecodingError.malformed {
    return [1]
  } catch DecodingError.invalidUTF8 {
    return [2]
  } catch DecodingError.keysAlike {
    return [5]
  } catch {
    return [3]
  }
}

let arena = Arena()
while let prefix = read(4) {
  guard let body = read(prefix.reduce(0) { $0 << 8 | Int($1) }), let nameLength = body.first else { exit(1) }
  let name = String(decoding: body[1..<1 + Int(nameLength)], as: UTF8.self)
  let reply = types[name].map { echo($0, body[(1 + Int(nameLength))...], in: arena) } ?? [4]
  write((0..<4).map { UInt8(truncatingIfNeeded: reply.count >> (24 - 8 * $0)) } + reply)
}
