import Foundation
import ModuleTesting
import Synchronization
import Testing

@testable import Host

@Suite struct KeyRotationTests {
  private final class Load: Sendable {
    let isOver = Atomic<Bool>(false)
    let calls = Atomic<Int>(0)
  }

  /// Writes the file of keys anew, as an operator does: the newest first.
  private static func write(_ lines: [String], to path: String) throws {
    let fresh = path + ".new"
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: fresh))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: fresh)
    guard rename(fresh, path) == 0 else { throw CocoaError(.fileWriteUnknown) }
  }

  private static func statuses(_ channel: any ClientChannel) async throws -> [KeyStatus] {
    var statuses: [KeyStatus] = []
    for try await status in try await KeyServiceClient(channel).rotateKeys(RotateKeysRequest()) {
      statuses.append(status)
    }
    return statuses
  }

  @Test func aHundredRotationsUnderLoadFailNoCall() async throws {
    try await Scratch.with { directory in
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      let path = directory + "/host.key"
      let first = try HostKey.make(id: "k0").line
      try Self.write([first], to: path)
      let settings = ["development": "false", "host-key-file": path]
      try await TestHost.run([SealedModule.self], way: .live, settings: settings) { host in
        let staff = try await host.channel(as: .staff)
        let administrator = try await host.channel(as: .administrator)
        let load = Load()
        try await withThrowingTaskGroup(of: Void.self) { group in
          for caller in 0..<6 {
            group.addTask {
              var number = 0
              while !load.isOver.load(ordering: .relaxed) {
                let person = "p\(caller)-\(number % 150)"
                let text = "text \(number)"
                try await Self.put(staff, person, text)
                #expect(try await Self.get(staff, person) == text)
                load.calls.wrappingAdd(2, ordering: .relaxed)
                number += 1
              }
            }
          }
          var previous = first
          for round in 1...100 {
            let line = try HostKey.make(id: "k\(round)").line
            try Self.write([line, previous], to: path)
            previous = line
            let last = try #require(try await Self.statuses(administrator).last)
            #expect(last.personsLeft == 0)
            #expect(last.rotation?.damaged == 0)
            #expect(last.keys.filter(\.current).map(\.id) == ["k\(round)"])
            #expect(last.keys.filter { $0.present && $0.removable }.map(\.id) == ["k\(round - 1)"])
          }
          load.isOver.store(true, ordering: .relaxed)
          try await group.waitForAll()
        }
        #expect(load.calls.load(ordering: .relaxed) > 100)
      }
    }
  }

  @Test(arguments: TestHost.Way.allCases)
  func keepsItsKeysWhenTheNewOnesWillNotDo(way: TestHost.Way) async throws {
    try await Scratch.with { directory in
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      let path = directory + "/host.key"
      let first = try HostKey.make(id: "k1").line
      try Self.write([first], to: path)
      let settings = ["development": "false", "host-key-file": path]
      try await TestHost.run([SealedModule.self], way: way, settings: settings) { host in
        let staff = try await host.channel(as: .staff)
        let administrator = try await host.channel(as: .administrator)
        try await Self.put(staff, "p", "kept")
        for lines in [[try HostKey.make(id: "k2").line], ["k1"], [try HostKey.make(id: "k1").line]] {
          try Self.write(lines, to: path)
          let error = await #expect(throws: Status.self) { _ = try await Self.statuses(administrator) }
          #expect(error?.code == .failedPrecondition)
          #expect(error?.reason == "HOST_KEYS_REFUSED")
          #expect(try await Self.get(staff, "p") == "kept")
        }
        try Self.write([first], to: path)
        let status = try #require(try await Self.statuses(administrator).last)
        #expect(status.rotation == nil)
        #expect(status.keys.map(\.persons) == [1])
        let asked = try await KeyServiceClient(administrator).getKeyStatus(GetKeyStatusRequest())
        #expect(asked == status)
      }
    }
  }

  private static func put(_ channel: any ClientChannel, _ person: String, _ text: String) async throws {
    _ = try await channel.unary(
      "/\(SealedModule.service)/Put", ProtoStringValue(value: "\(person) \(text)").encoded(), CallOptions())
  }

  private static func get(_ channel: any ClientChannel, _ person: String) async throws -> String {
    let reply = try await channel.unary(
      "/\(SealedModule.service)/Get", ProtoStringValue(value: person).encoded(), CallOptions())
    return try ProtoStringValue(decoding: reply.message).value
  }
}
