@testable import Checkpoint
import Foundation
import OrderedCollections
import Tensors
import Testing

/// Arrays of numpy, and what is written here.
@Suite struct NumPyTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static func golden(_ name: String) throws -> String {
    try #require(Bundle.module.resourcePath) + "/Goldens/numpy/" + name
  }

  private static let names = [
    "bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "float32", "float64",
    "complex64", "complex128",
  ]

  @Test func everyTypeByNumpy() throws {
    let file = try CheckpointFile(opening: try Self.golden("every_type.npz"))
    #expect(file.contents.format == .npz && file.contents.warnings == [])
    let net = try file.snapshot().loaded().net
    for name in Self.names {
      let tensor = try #require(net[name])
      #expect(tensor.dtype.rawValue == name && tensor.shape == [2, 3])
    }
    #expect(net["float16"]?.elements(as: Float16.self) == [0, 1, 2, 3, 4, 5])
    #expect(net["bool"]?.elements(as: Bool.self) == [false, true, true, true, true, true])
    #expect(net["scalar"]?.elements(as: Float.self) == [2.5] && net["scalar"]?.shape == [])
    #expect(net["empty"]?.shape == [0, 4])
    #expect(net["fortran"]?.elements(as: Float.self) == (0..<24).map(Float.init) && net["fortran"]?.shape == [2, 3, 4])
    #expect(net["big"]?.elements(as: Float.self) == [0, 1, 2, 3, 4, 5])
    #expect(net["big_fortran"]?.elements(as: Int16.self) == [0, 1, 2, 3, 4, 5])
    let complex = net["big_complex"]?.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
    #expect(complex == [1, 2, 3, -4])
    #expect(net["bfloat16"]?.dtype == .bfloat16)
    #expect(net["bfloat16"]?.withUnsafeBytes { Array($0) } == [0x80, 0x3F, 0x00, 0xC0])
    #expect(net["a/b.weight \u{E9}"]?.elements(as: Int64.self) == [0, 1, 2])
    for stored in file.contents.tensors { #expect(try file.view(stored).isIdentical(to: file.read(stored))) }
  }

  @Test func compressedByNumpy() throws {
    let file = try CheckpointFile(opening: try Self.golden("compressed.npz"))
    let net = try file.snapshot().loaded().net
    #expect(net["float32"]?.elements(as: Float.self) == [0, 1, 2, 3, 4, 5])
    #expect(net["big"]?.elements(as: Float.self) == [0, 1, 2, 3, 4, 5])
    #expect(net["fortran"]?.elements(as: Float.self) == (0..<24).map(Float.init))
    #expect(net["scalar"]?.elements(as: Float.self) == [2.5])
    #expect(try CheckpointFile(opening: try Self.golden("none.npz")).contents.tensors.isEmpty)
  }

  @Test func refusedElements() throws {
    let file = try CheckpointFile(opening: try Self.golden("refused.npz"))
    #expect(file.contents.tensors.map(\.name) == ["good"])
    let warnings = file.contents.warnings
    #expect(warnings.count == 8)
    for (name, reason) in [
      ("objects", "Python objects"), ("texts", "texts"), ("bytes", "texts"), ("times", "times"),
      ("parts", "records of several parts"), ("raw", "raw bytes (|V2)"), ("fp8", "raw bytes (<V1)"), ("long", "'<f16'"),
    ] {
      #expect(warnings.contains { $0.hasPrefix("'\(name)' is left out: its elements are \(reason)") }, "\(name)")
    }
    #expect(checkpointError { _ = try file.snapshot() }?.code == .unsupported)
  }

  @Test(arguments: ["v1", "v2", "v3", "python2"])
  func singleArrays(_ name: String) throws {
    let file = try CheckpointFile(opening: try Self.golden(name + ".npy"))
    #expect(file.contents.format == .npy)
    let tensor = try #require(try file.snapshot().loaded().net["arr_0"])
    #expect(tensor.shape == [2, 3] && tensor.elements(as: Float.self) == [0, 1, 2, 3, 4, 5])
    #expect(try file.view(file.contents.tensors[0]).isIdentical(to: tensor))
    // numpy's own file again, byte for byte.
    let path = folder.file("a.npy")
    #expect(NpyWriter().losses(of: try file.snapshot()) == [])
    try NpyWriter().write(try file.snapshot(), to: path)
    #expect(try TemporaryFolder.bytes(path) == TemporaryFolder.bytes(try Self.golden("v1.npy")))
  }

  @Test func fortranArray() throws {
    let file = try CheckpointFile(opening: try Self.golden("fortran.npy"))
    #expect(file.contents.tensors[0].offset == nil)
    #expect(try file.view(file.contents.tensors[0]).elements(as: Float.self) == (0..<24).map(Float.init))
    let error = checkpointError { _ = try CheckpointFile(opening: try Self.golden("object.npy")) }
    #expect(error?.code == .unsupported && error?.message.contains("Python objects") == true)
  }

  @Test func lossesOfOneArray() {
    var snapshot = LazySamples.training()
    #expect(NpyWriter().losses(of: snapshot).count == 7)
    snapshot = LazySnapshot(net: ["arr_0": TensorSource(Tensor(zeros: [2], dtype: .float8E5M2))])
    snapshot.metadata.provenance = [["by": "zoo convert"]]
    #expect(NpyWriter().losses(of: snapshot).map(\.why) == ["numpy has no float8_e5m2"])
    #expect(checkpointError { try NpyWriter().write(LazySnapshot(net: [:]), to: folder.file("a")) }?.code == .invalid)
  }

  @Test(arguments: [nil, 1, 6])
  func trainingRoundTrip(_ level: Int?) throws {
    let path = folder.file("a.npz")
    let snapshot = LazySamples.training()
    let writer = NpzWriter(WritingOptions(compression: level))
    #expect(writer.losses(of: snapshot) == [])
    try writer.write(snapshot, to: path)
    let file = try CheckpointFile(opening: path)
    #expect(try LazySamples.differences(snapshot, file.snapshot()) == [])
    #expect(file.contents.producer == "zoo" && file.contents.values["architecture"] == "alexnet_half_bn")
    let first = try TemporaryFolder.bytes(path)
    try writer.write(try file.snapshot(), to: path)
    #expect(try TemporaryFolder.bytes(path) == first)
    #expect(folder.names == ["a.npz"])
  }

  @Test func bareWeightsHaveNoText() throws {
    let path = folder.file("a.npz")
    try NpzWriter().write(LazySnapshot(net: ["a": TensorSource(Tensor(scalar: 1 as Float))]), to: path)
    #expect(try ZipArchive(OpenFile(path, .read)).entries.map(\.name) == ["a.npy"])
  }

  @Test(arguments: DType.allCases)
  func elementTypes(_ dtype: DType) throws {
    let shapes: [Shape] = [[], [0], [3, 0, 2], [1], [3], [5, 7], [33, 1001], [1, 1, 1, 1, 1, 1, 2]]
    var net: OrderedDictionary<String, TensorSource> = [:]
    for (index, shape) in shapes.enumerated() {
      net["t\(index)"] = TensorSource(Samples.tensor(dtype, shape, seed: UInt64(index)))
    }
    let snapshot = LazySnapshot(net: net)
    let path = folder.file("a.npz")
    try NpzWriter().write(snapshot, to: path)
    let file = try CheckpointFile(opening: path)
    #expect(try LazySamples.differences(snapshot, file.snapshot()) == [])
    for stored in file.contents.tensors {
      // Aligned, so that it can be mapped.
      #expect(stored.shape.count == 0 || stored.offset.map { $0 % 64 == 0 } == true)
      #expect(try file.view(stored).isIdentical(to: try #require(net[stored.name]).tensor()))
    }
  }

  /// Random snapshots. The seed is part of a failure's report.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func randomSnapshots(_ seed: UInt64) throws {
    let snapshot = LazySamples.random(seed, types: DType.allCases)
    let path = folder.file("a.npz")
    try NpzWriter(WritingOptions(compression: seed.isMultiple(of: 2) ? nil : 1)).write(snapshot, to: path)
    #expect(try LazySamples.differences(snapshot, CheckpointFile(opening: path).snapshot()) == [])
  }

  @Test func hardNames() throws {
    let hard = [
      "../../etc/passwd", "/abs", "a//b", "", ".", "..", "C:\\x", "a\nb", "zoo.json", "x.npy", "x", "%", "%25",
      "a/../b",
      "a\0b", "\u{202E}x", "e\u{301}", String(repeating: "long", count: 20_000),
    ]
    var net: OrderedDictionary<String, TensorSource> = [:]
    for (index, name) in hard.enumerated() { net[name] = TensorSource(Tensor(scalar: Int64(index))) }
    let path = folder.file("a.npz")
    try NpzWriter().write(LazySnapshot(net: net), to: path)
    #expect(try LazySamples.differences(LazySnapshot(net: net), CheckpointFile(opening: path).snapshot()) == [])
    for entry in try ZipArchive(OpenFile(path, .read)).entries {
      #expect(!entry.name.hasPrefix("/") && !entry.name.contains("..") && !entry.name.contains("\\"))
    }
  }

  @Test func damageIsNoticed() throws {
    let path = folder.file("a.npz")
    try NpzWriter().write(LazySamples.training(), to: path)
    let sound = try TemporaryFolder.bytes(path)
    let file = try CheckpointFile(opening: path)
    for stored in file.contents.tensors where stored.byteCount > 0 {
      var bytes = sound
      bytes[try #require(stored.offset) + stored.byteCount / 2] ^= 4
      try TemporaryFolder.write(bytes, to: path)
      let damaged = try CheckpointFile(opening: path)
      let error = checkpointError { _ = try damaged.read(stored) }
      #expect(error?.code == .corrupt && error?.message.contains("CRC-32") == true)
      #expect(throws: Never.self) { try damaged.read(stored, verifying: false) }
    }
  }
}
