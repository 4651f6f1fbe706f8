// swift-tools-version: 6.2
import PackageDescription

/// The domain modules. Each has `Plugins/<Name>` with its Swift sources, `Plugins/<Name>/Generated/C`
/// with its protobuf-c codecs, and `Tests/<Name>Tests`. A module is served once it also stands in
/// `Sources/yizhand/Modules.swift`.
let modules = [
  "Workers",
  "Wishes",
]

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

func swift(
  _ name: String, _ dependencies: [Target.Dependency], path: String? = nil, exclude: [String] = []
) -> Target {
  .target(name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.target(name: name)] + dependencies, exclude: exclude,
    swiftSettings: strict)
}

/// Codecs made by protoc-gen-c, in a C target of their own because a SwiftPM target has one language.
func codecs(_ name: String, path: String, including: [Target.Dependency] = []) -> Target {
  .target(
    name: name, dependencies: ["CProtobufC"] + including, path: path, publicHeadersPath: "include")
}

func library(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let moduleTargets: [Target] = modules.flatMap { name in
  [
    codecs(
      "C\(name)Messages", path: "Plugins/\(name)/Generated/C",
      including: ["CWireMessages", "CModuleKitMessages"]),
    swift(
      name, ["ModuleKit", .target(name: "C\(name)Messages")], path: "Plugins/\(name)",
      exclude: ["README.md", "Generated/C"]),
    tests(
      name,
      ["Host", "ModuleKit", "ModuleTesting"] + modules.filter { $0 != name }.map { .target(name: $0) }),
  ]
}

let package = Package(
  name: "yizhan",
  products: [
    .executable(name: "yizhand", targets: ["yizhand"]),
    .executable(name: "yizhan", targets: ["yizhan"]),
    .executable(name: "ProtoGen", targets: ["ProtoGen"]),
    .library(name: "YizhanHost", targets: ["Host", "ModuleKit", "ModuleTesting"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(
      url: "https://github.com/apple/swift-configuration", from: "1.4.0",
      traits: [.defaults, "CommandLineArguments"]),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: [
    library("CNghttp2", pkgConfig: "libnghttp2", apt: "libnghttp2-dev"),
    library("CProtobufC", pkgConfig: "libprotobuf-c", apt: "libprotobuf-c-dev"),
    library("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),

    swift("Formats", []),
    codecs("CWireMessages", path: "Sources/Wire/Generated/C"),
    swift("Wire", ["CProtobufC", "CWireMessages", "Formats"], exclude: ["Generated/C"]),
    swift("HTTP2", ["CNghttp2"]),
    swift("RPC", ["Wire", "Formats"]),
    swift(
      "RPCTransport",
      [
        "RPC", "HTTP2", "Formats",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOTLS", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "X509", package: "swift-certificates"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    swift("Audit", ["Formats", .product(name: "Crypto", package: "swift-crypto")]),
    swift("Storage", ["CSQLite", "Audit", .product(name: "Crypto", package: "swift-crypto")]),
    swift("Privacy", ["Storage", "Wire", .product(name: "Crypto", package: "swift-crypto")]),
    codecs(
      "CModuleKitMessages", path: "Sources/ModuleKit/Generated/C", including: ["CWireMessages"]),
    swift(
      "ModuleKit", ["Storage", "Privacy", "RPC", "Wire", "Formats", "CModuleKitMessages"],
      exclude: ["Generated/C"]),
    swift(
      "ModuleTesting",
      [
        "Host", "ModuleKit", "Storage", "RPC", "RPCTransport", "Wire",
        .product(name: "Logging", package: "swift-log"),
      ]),
    codecs("CHostMessages", path: "Sources/Host/Generated/C", including: ["CWireMessages"]),
    swift(
      "Host",
      [
        "ModuleKit", "Storage", "Privacy", "Audit", "RPC", "RPCTransport", "HTTP2", "Wire", "Formats",
        "CHostMessages",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], exclude: ["README.md", "Generated/C"]),
    program("yizhand", ["Host", "ModuleKit"] + modules.map { .target(name: $0) }),
    program("yizhan", ["RPCTransport", "RPC", "Wire", "Audit", "Formats"]),
    program(
      "ProtoGen",
      [
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
        .product(name: "SwiftProtobufPluginLibrary", package: "swift-protobuf"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    codecs(
      "CWireTestMessages", path: "Tests/WireTests/Generated/C", including: ["CWireMessages"]),
    swift(
      "WireTestMessages", ["Wire", "CWireTestMessages"], path: "Tests/WireTests/Generated",
      exclude: ["C"]),
    .executableTarget(
      name: "WireEcho", dependencies: ["Wire", "WireTestMessages"], path: "Tests/Conformance/WireEcho",
      swiftSettings: strict),
    .executableTarget(
      name: "BenchmarkLoad",
      dependencies: ["RPCTransport", "ModuleKit", "Workers", "Wishes"], path: "Tests/Benchmarks/Load",
      swiftSettings: strict),
    .executableTarget(
      name: "PrivacyBenchmark",
      dependencies: ["Privacy", "Storage", .product(name: "Crypto", package: "swift-crypto")],
      path: "Tests/Benchmarks/Privacy", swiftSettings: strict),

    .executableTarget(
      name: "BenchmarkCredentials", dependencies: ["ModuleTesting"], path: "Tests/Benchmarks/Credentials",
      swiftSettings: strict),

    tests("Formats", []),
    tests("Wire", ["WireTestMessages", "Formats"], exclude: ["Generated", "Protos"]),
    tests("HTTP2", ["CNghttp2"]),
    tests("RPC", ["Wire"]),
    tests("RPCTransport", ["RPC", "HTTP2", "Wire"]),
    tests("Audit", ["Formats", .product(name: "Crypto", package: "swift-crypto")]),
    tests("Storage", ["Audit"]),
    tests("Privacy", ["Audit", "Storage", .product(name: "Crypto", package: "swift-crypto")]),
    .executableTarget(
      name: "StorageTorture", dependencies: ["Storage"], path: "Tests/Faults/StorageTorture",
      swiftSettings: strict),
    tests("ModuleKit", ["Storage", "RPC", "Wire"]),
    tests("Host", ["Audit", "ModuleKit", "Storage", "RPC", "RPCTransport", "Wire", "ModuleTesting"]),
    tests("yizhan", ["Audit", "RPC", "RPCTransport", "Wire"]),
    .testTarget(name: "TidyTests", swiftSettings: strict),
  ] + moduleTargets
)
