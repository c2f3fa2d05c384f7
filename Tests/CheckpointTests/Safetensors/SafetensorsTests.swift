@testable import Checkpoint
import Foundation
import OrderedCollections
import Tensors
import Testing

/// Safetensors of the peer, and what is written here.
@Suite struct SafetensorsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static func golden(_ name: String) throws -> String {
    let resources = try #require(Bundle.module.resourcePath)
    return resources + "/Goldens/safetensors/" + name
  }

  @Test func everyTypeByThePeer() throws {
    let file = try CheckpointFile(opening: try Self.golden("every_type.safetensors"))
    #expect(file.contents.format == .safetensors && file.contents.tensors.count == 18)
    let snapshot = try file.snapshot().loaded()
    for dtype in DType.allCases where dtype != .complex128 {
      let tensor = try #require(snapshot.net[dtype.rawValue])
      #expect(tensor.dtype == dtype && tensor.shape == [2, 3])
    }
    #expect(snapshot.net["float16"]?.elements(as: Float16.self) == [0, 1, 2, 3, 4, 5])
    #expect(snapshot.net["int64"]?.elements(as: Int64.self) == [0, 1, 2, 3, 4, 5])
    #expect(snapshot.net["bfloat16"]?.withUnsafeBytes { Array($0.suffix(2)) } == [0xA0, 0x40])
    #expect(snapshot.net["bool"]?.elements(as: Bool.self) == [false, true, true, true, true, true])
    #expect(snapshot.net["scalar"]?.elements(as: Float.self) == [2.5] && snapshot.net["scalar"]?.shape == [])
    #expect(snapshot.net["empty"]?.shape == [0, 4])
    #expect(file.contents.values["format"] == "pt" && file.contents.values["note"] == "\u{E9} \" \n")
    #expect(try file.snapshot().others["__metadata__"]?["format"] == "pt")
    for stored in file.contents.tensors { #expect(try file.view(stored).isIdentical(to: file.read(stored))) }
  }

  /// The same tensors in the same order make the file of the peer, byte for byte.
  @Test(arguments: ["every_type", "module"])
  func writtenAsThePeerDoes(_ name: String) throws {
    let golden = try Self.golden(name + ".safetensors")
    let path = folder.file("a.safetensors")
    try SafetensorsWriter().write(try CheckpointFile(opening: golden).snapshot(), to: path)
    let (written, expected) = (try TemporaryFolder.bytes(path), try TemporaryFolder.bytes(golden))
    if name == "module" {
      #expect(written == expected)
    } else {
      // The peer writes its texts in any order.
      #expect(written.count == expected.count && written.suffix(200) == expected.suffix(200))
    }
  }

  @Test func trainingRoundTrip() throws {
    let path = folder.file("a.safetensors")
    let snapshot = LazySamples.training()
    #expect(SafetensorsWriter().losses(of: snapshot) == [])
    try SafetensorsWriter().write(snapshot, to: path)
    let file = try CheckpointFile(opening: path)
    #expect(try LazySamples.differences(snapshot, file.snapshot()) == [])
    #expect(file.contents.producer == "zoo" && file.contents.values["zoo"]?["architecture"] == "alexnet_half_bn")
    let first = try TemporaryFolder.bytes(path)
    try SafetensorsWriter().write(try file.snapshot(), to: path)
    #expect(try TemporaryFolder.bytes(path) == first)
    #expect(folder.names == ["a.safetensors"])
  }

  @Test func textsOfStrangersStay() throws {
    var snapshot = LazySnapshot(net: ["a": TensorSource(Tensor(scalar: 1 as Float))])
    ForeignTexts.add(["format": "pt"], as: "__metadata__", to: &snapshot)
    let path = folder.file("a.safetensors")
    try SafetensorsWriter().write(snapshot, to: path)
    let text = String(decoding: try TemporaryFolder.bytes(path).dropFirst(8).dropLast(4), as: UTF8.self)
    #expect(text.hasPrefix(#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#))
    snapshot.metadata.architecture = "lenet5"
    try SafetensorsWriter().write(snapshot, to: path)
    #expect(try LazySamples.differences(snapshot, CheckpointFile(opening: path).snapshot()) == [])
  }

  @Test func lossesAreNamed() throws {
    var snapshot = LazySamples.training()
    snapshot.net["z"] = TensorSource(Tensor(zeros: [2], dtype: .complex128))
    snapshot.net["__metadata__"] = TensorSource(Tensor(zeros: [2]))
    snapshot.optimizerState["z"] = ["s": TensorSource(Tensor(zeros: [2], dtype: .complex128))]
    snapshot.otherTensors["extra"] = TensorSource(Tensor(zeros: [2], dtype: .complex128))
    let losses = SafetensorsWriter().losses(of: snapshot)
    #expect(losses.map(\.what) == ["z", "__metadata__", "optimizer.state.z.s", "what else the file holds"])
    #expect(losses[0].why == "safetensors has no complex128")
    let path = folder.file("a.safetensors")
    try SafetensorsWriter().write(snapshot, to: path)
    let read = try CheckpointFile(opening: path).snapshot()
    #expect(read.net.count == snapshot.net.count - 2 && read.others == .null && read.otherTensors.isEmpty)
    #expect(read.optimizerState["z"]?.isEmpty == true)
  }

  @Test(arguments: DType.allCases.filter { $0 != .complex128 })
  func elementTypes(_ dtype: DType) throws {
    let shapes: [Shape] = [[], [0], [3, 0, 2], [1], [3], [5, 7], [33, 1001], [1, 1, 1, 1, 1, 1, 2]]
    var net: OrderedDictionary<String, TensorSource> = [:]
    for (index, shape) in shapes.enumerated() {
      net["t\(index)"] = TensorSource(Samples.tensor(dtype, shape, seed: UInt64(index)))
      net["odd\(index)"] = TensorSource(Samples.tensor(.uint8, [1], seed: UInt64(index)))
    }
    let path = folder.file("a.safetensors")
    try SafetensorsWriter().write(LazySnapshot(net: net), to: path)
    #expect(try LazySamples.differences(LazySnapshot(net: net), CheckpointFile(opening: path).snapshot()) == [])
  }

  /// Random snapshots, in one file and in several. The seed is part of a failure's report.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func randomSnapshots(_ seed: UInt64) throws {
    let snapshot = LazySamples.random(seed, types: DType.allCases.filter { $0 != .complex128 })
    let path = folder.file("a.safetensors")
    try SafetensorsWriter().write(snapshot, to: path)
    #expect(try LazySamples.differences(snapshot, CheckpointFile(opening: path).snapshot()) == [])
    let index = folder.file("a.safetensors.index.json")
    try SafetensorsIndexWriter(WritingOptions(shardByteCount: 200)).write(snapshot, to: index)
    #expect(try LazySamples.differences(snapshot, CheckpointFile(opening: index).snapshot()) == [])
  }

  /// Large enough for several threads on one tensor.
  @Test func largeTensor() throws {
    let net = [
      "a": TensorSource(Samples.tensor(.uint8, [18 << 20], seed: 1)), "b": TensorSource(Tensor(scalar: 1 as Float)),
    ]
    let snapshot = LazySnapshot(net: OrderedDictionary(uniqueKeysWithValues: net.sorted { $0.key < $1.key }))
    let path = folder.file("a.safetensors")
    try SafetensorsWriter().write(snapshot, to: path)
    let read = try CheckpointFile(opening: path).snapshot().loaded()
    #expect(
      try read.net["a"]?.withUnsafeBytes { CRC32.of($0) } == net["a"]?.tensor().withUnsafeBytes { CRC32.of($0) })
  }
}
