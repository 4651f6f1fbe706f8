import Testing

/// The directions in which targets may know each other. The compiler refuses undeclared dependencies; this
/// refuses declaring the wrong ones.
@Suite struct ImportTests {
  let house = House()

  /// What each target may import, beyond Swift itself.
  static let allowed: [String: Set<String>] = [
    "Formats": [],
    "Wire": ["Formats", "CProtobufC", "CWireMessages", "Glibc"],
    "HTTP2": ["CNghttp2", "Glibc"],
    "RPC": ["Wire", "Formats", "Glibc"],
    "RPCTransport": [
      "RPC", "HTTP2", "Wire", "NIOCore", "NIOPosix", "NIOTLS", "NIOSSL", "X509", "SwiftASN1", "Crypto",
      "Formats", "Glibc", "Synchronization",
    ],
    "Audit": ["Formats", "Crypto"],
    "Storage": ["CSQLite", "Audit", "Crypto", "Glibc", "Synchronization"],
    // Foundation's Data is what Crypto answers with.
    "Privacy": ["Storage", "Wire", "Crypto", "FoundationEssentials", "Glibc", "Synchronization"],
    "ModuleKit": [
      "Storage", "Privacy", "RPC", "Wire", "Formats", "CModuleKitMessages", "Synchronization",
    ],
    "ModuleTesting": [
      "Host", "ModuleKit", "Storage", "RPC", "RPCTransport", "Wire", "Foundation", "FoundationEssentials",
      "Dispatch", "Logging", "Synchronization", "Glibc",
    ],
    "Host": [
      "Audit", "Formats", "HTTP2", "ModuleKit", "Storage", "Privacy", "RPC", "RPCTransport", "Wire",
      "CHostMessages",
      "NIOCore",
      "NIOPosix",
      "NIOHTTP1",
      "Crypto", "Logging", "Configuration", "UnixSignals", "ArgumentParser", "Foundation",
      "FoundationEssentials", "Glibc", "Synchronization",
    ],
    "yizhan": [
      "Audit", "Formats", "RPCTransport", "RPC", "Wire", "Foundation", "FoundationEssentials", "Glibc",
      "Synchronization",
    ],
    "ProtoGen": [
      "SwiftProtobuf", "SwiftProtobufPluginLibrary", "ArgumentParser", "Foundation", "FoundationEssentials",
      "Glibc",
    ],
  ]

  @Test func everyTargetImportsOnlyWhatItsPlaceAllows() throws {
    let modules = try house.declaredModules()
    for folder in try house.folders(in: "Sources") where folder != "yizhand" {
      let files = house.files(below: "Sources/\(folder)", ending: ".swift")
      if files.isEmpty { continue }
      let allowed = try #require(
        Self.allowed[folder], "Sources/\(folder) has no rule here: say what it may import")
      try check(files, allowed: allowed)
    }
    try check(
      house.files(below: "Sources/yizhand", ending: ".swift"), allowed: Set(modules + ["Host", "ModuleKit"]))
    for module in modules {
      let files = house.files(below: "Plugins/\(module)", ending: ".swift")
      try check(files.filter { $0.contains("/Generated/") }, allowed: ["ModuleKit", "C\(module)Messages"])
      try check(
        files.filter { !$0.contains("/Generated/") }, allowed: ["ModuleKit", "Synchronization", "Glibc"])
    }
  }

  private func check(_ files: [String], allowed: Set<String>) throws {
    for file in files {
      for name in try house.imports(of: file) where !allowed.contains(name) {
        Issue.record("\(file) imports \(name); its place in the house allows \(allowed.sorted())")
      }
    }
  }
}
