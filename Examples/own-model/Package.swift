// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "own-model",
  dependencies: [.package(name: "zoo", path: "../..")],
  targets: [
    .executableTarget(
      name: "own-model",
      dependencies: [
        .product(name: "Checkpoint", package: "zoo"),
        .product(name: "Datasets", package: "zoo"),
        .product(name: "Engine", package: "zoo"),
        .product(name: "Layers", package: "zoo"),
      ])
  ]
)
