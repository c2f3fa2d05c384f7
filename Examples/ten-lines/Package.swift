// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "ten-lines",
  dependencies: [.package(name: "zoo", path: "../..")],
  targets: [
    .executableTarget(
      name: "ten-lines",
      dependencies: [
        .product(name: "Datasets", package: "zoo"),
        .product(name: "Engine", package: "zoo"),
        .product(name: "Layers", package: "zoo"),
        .product(name: "Zoo", package: "zoo"),
      ])
  ]
)
