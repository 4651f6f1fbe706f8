// swift-tools-version: 6.2
import PackageDescription

// A host with a module of one's own, in a repository of one's own. Here the path leads to the repository around
// this folder; elsewhere it is `.package(url: …, from: …)`.
let package = Package(
  name: "parking-integrator",
  dependencies: [.package(name: "yizhan", path: "../..")],
  targets: [
    .target(
      name: "CParkingMessages", dependencies: [.product(name: "YizhanHost", package: "yizhan")],
      path: "Plugins/Parking/Generated/C", publicHeadersPath: "include"),
    .target(
      name: "Parking",
      dependencies: ["CParkingMessages", .product(name: "YizhanHost", package: "yizhan")],
      path: "Plugins/Parking", exclude: ["Generated/C"]),
    .executableTarget(
      name: "parkingd", dependencies: ["Parking", .product(name: "YizhanHost", package: "yizhan")]),
  ]
)
