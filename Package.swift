// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target of this package is compiled with.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// Modules that touch no C and no raw memory also promise so.
let safe: [SwiftSetting] = strict + [.strictMemorySafety()]

let package = Package(
  name: "zoo",
  products: [
    .executable(name: "zoo", targets: ["zoo-cli"]),
    .library(name: "Tensors", targets: ["Tensors"]),
    .library(name: "Layers", targets: ["Layers"]),
    .library(name: "Zoo", targets: ["Zoo"]),
    .library(name: "Engine", targets: ["Engine"]),
    .library(name: "Datasets", targets: ["Datasets"]),
    .library(name: "Checkpoint", targets: ["Checkpoint"]),
    .library(name: "ONNX", targets: ["ONNX"]),
    .library(name: "Architecture", targets: ["Architecture"]),
    .library(name: "Training", targets: ["Training"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
  ],
  targets: [
    // C: each is imported by exactly one Swift target.
    .target(name: "COneDNN", linkerSettings: [.linkedLibrary("dnnl"), .linkedLibrary("gomp")]),
    .target(name: "CKernels", linkerSettings: [.linkedLibrary("gomp")]),
    .target(name: "CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
    .target(name: "CPNG", linkerSettings: [.linkedLibrary("png16")]),
    .target(name: "CPixels"),
    .target(name: "CCRC", linkerSettings: [.linkedLibrary("z")]),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CWebP", pkgConfig: "libwebp", providers: [.apt(["libwebp-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
    .systemLibrary(name: "CDisk"),

    // Swift, lowest first.
    .target(
      name: "Tensors",
      dependencies: [.product(name: "OrderedCollections", package: "swift-collections")],
      swiftSettings: strict),
    .target(name: "Layers", dependencies: ["Tensors"], swiftSettings: safe),
    .target(name: "Zoo", dependencies: ["Layers", "Tensors"], swiftSettings: safe),
    .target(name: "Engine", dependencies: ["CKernels", "COneDNN", "Layers", "Tensors"], swiftSettings: strict),
    .target(
      name: "Datasets", dependencies: ["CJPEG", "CPNG", "CPixels", "CWebP", "CZlib", "Tensors"],
      swiftSettings: strict),
    .target(
      name: "Checkpoint",
      dependencies: [
        "CCRC", "CCrypto", "CDeflate", "CDisk", "CHDF5", "CXXHash", "CZlib", "Tensors",
        .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      swiftSettings: strict),
    .target(
      name: "ONNX",
      dependencies: [
        "Checkpoint", "Layers", "Tensors",
        .product(name: "OrderedCollections", package: "swift-collections"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["Protobuf/onnx.proto"],
      swiftSettings: strict),
    .target(
      name: "Architecture",
      dependencies: ["Checkpoint", "Layers", "Tensors", "Zoo", .product(name: "Yams", package: "Yams")],
      swiftSettings: safe),
    .target(
      name: "Training",
      dependencies: [
        "Architecture", "Checkpoint", "Datasets", "Engine", "Layers", "ONNX", "Tensors", "Zoo",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["History/Protobuf/tensorboard_event.proto"],
      swiftSettings: strict),
    .executableTarget(
      name: "zoo-cli",
      dependencies: [
        "Architecture", "Checkpoint", "Datasets", "Engine", "Layers", "ONNX", "Tensors", "Training", "Zoo",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),

    .testTarget(name: "TensorsTests", dependencies: ["Tensors"], swiftSettings: strict),
    .testTarget(
      name: "LayersTests", dependencies: ["Layers", "Tensors"],
      resources: [.copy("Goldens")], swiftSettings: strict),
    .testTarget(
      name: "ZooTests", dependencies: ["Zoo", "Datasets", "Layers", "Tensors"],
      resources: [.copy("Facts"), .copy("Goldens")], swiftSettings: strict),
    .testTarget(name: "KernelsTests", dependencies: ["CKernels"], swiftSettings: strict),
    .testTarget(
      name: "EngineTests", dependencies: ["Engine", "Layers", "Tensors", "Zoo"],
      resources: [.copy("Goldens")], swiftSettings: strict),
    .testTarget(
      name: "DatasetsTests", dependencies: ["Datasets", "Tensors"],
      resources: [.copy("Goldens")], swiftSettings: strict),
    .testTarget(
      name: "CheckpointTests",
      dependencies: [
        "Checkpoint", "Fixtures", "Tensors", .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      resources: [.copy("Goldens")], swiftSettings: strict),
    .testTarget(
      name: "ONNXTests",
      dependencies: [
        "Checkpoint", "Engine", "Fixtures", "Layers", "ONNX", "Tensors", "Zoo",
        .product(name: "OrderedCollections", package: "swift-collections"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      resources: [.copy("Goldens")], swiftSettings: strict),
    .target(name: "Fixtures", dependencies: ["Tensors"], path: "Tests/Fixtures", swiftSettings: strict),
    .testTarget(
      name: "ArchitectureTests",
      dependencies: ["Architecture", "Checkpoint", "Fixtures", "Layers", "Tensors", "Zoo"],
      swiftSettings: strict),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "Fixtures", "Training", "Checkpoint", "Datasets", "Engine", "Layers", "Tensors", "Zoo",
        .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      resources: [.copy("Goldens")], swiftSettings: strict),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "Checkpoint", "Datasets", "Fixtures", "Layers", "Tensors", "Training", "Zoo", "zoo-cli",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
  ],
  cLanguageStandard: .c11
)
