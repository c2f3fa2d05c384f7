import Checkpoint
import Foundation
import OrderedCollections
import Tensors
import Testing

/// Files of Keras, as `Goldens/keras/make_keras_goldens.py` wrote them with the real one.
@Suite struct KerasFileTests {
  private static func golden(_ name: String) throws -> String {
    let parts = name.split(separator: ".", maxSplits: 1)
    let path = Bundle.module.path(forResource: String(parts[0]), ofType: String(parts[1]), inDirectory: "Goldens/keras")
    return try #require(path)
  }

  /// The variables of the small net in the order of its layers, with Keras' shapes; variable n counts from 1000·n.
  static let variables: [(name: String, shape: Shape)] = [
    ("zoom.kernel", [2, 2, 2, 3]), ("zoom.bias", [3]), ("norm.gamma", [3]), ("norm.beta", [3]),
    ("each.depthwise_kernel", [2, 2, 3, 2]), ("each.bias", [6]), ("again.kernel", [1, 1, 6, 2]),
    ("last.kernel", [8, 5]), ("last.bias", [5]),
  ]

  @Test(arguments: ["small.weights.h5", "small.keras", "adam.h5", "adam.keras"])
  func namesAndShapes(_ name: String) throws {
    let file = try CheckpointFile(opening: try Self.golden(name))
    let formats: [String: CheckpointFormat] = [
      "small.weights.h5": .kerasWeights, "small.keras": .kerasArchive, "adam.h5": .kerasLegacy,
      "adam.keras": .kerasArchive,
    ]
    #expect(file.contents.format == formats[name] && file.contents.warnings == [])
    let net = try file.snapshot().net
    for variable in Self.variables { #expect(net[variable.name]?.shape == variable.shape, "\(variable.name)") }
    #expect(net.count == 11 && net["norm.moving_mean"] != nil && net["norm.moving_variance"] != nil)
    // Keras 3 lists layers by class, and the archive says how they follow.
    let first = name == "small.weights.h5" ? "norm.gamma" : "zoom.kernel"
    #expect(net.keys.first == first)
    #expect(file.contents.tensors.map(\.index) == Array(file.contents.tensors.indices))
    if name.hasPrefix("small") {
      let bias = try #require(net["last.bias"]).tensor().elements(as: Float.self)
      #expect(bias.map { $0 - bias[0] } == [0, 1, 2, 3, 4])
      #expect(try Snapshot.open(file.path).net["zoom.kernel"]?.elements(as: Float.self) == (0..<24).map { Float($0) })
    }
  }

  private func values(_ snapshot: LazySnapshot, _ name: String) throws -> (Shape, [Float]) {
    let tensor = try #require(snapshot.net[name], "\(name)").tensor()
    return (tensor.shape, tensor.elements(as: Float.self))
  }

  @Test func turnedByRules() throws {
    let keras = try CheckpointFile(opening: try Self.golden("small.keras")).snapshot()
    #expect(KerasLayouts.isKeras(keras))
    let torch = KerasLayouts.torch(keras)
    #expect(
      torch.net.keys == [
        "zoom.weight", "zoom.bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var", "each.weight",
        "each.bias", "again.weight", "last.weight", "last.bias",
      ])
    // Keras [h, w, i, o] at ((h·2 + w)·2 + i)·3 + o.
    let (shape, zoom) = try values(torch, "zoom.weight")
    #expect(shape == [3, 2, 2, 2])
    var expected: [Float] = []
    for o in 0..<3 {
      for i in 0..<2 { for h in 0..<2 { for w in 0..<2 { expected.append(Float(((h * 2 + w) * 2 + i) * 3 + o)) } } }
    }
    #expect(zoom == expected)
    // Keras [h, w, c, m] at ((h·2 + w)·3 + c)·2 + m becomes output c·2 + m.
    let (depthwise, each) = try values(torch, "each.weight")
    #expect(depthwise == [6, 1, 2, 2])
    var expectedEach: [Float] = []
    for o in 0..<6 {
      for h in 0..<2 { for w in 0..<2 { expectedEach.append(Float(((h * 2 + w) * 3 + o / 2) * 2 + o % 2)) } }
    }
    #expect(each.map { $0 - each[0] } == expectedEach)
    #expect(try values(torch, "last.weight").0 == [5, 8])
    #expect(!KerasLayouts.isKeras(torch))
  }

  /// The names and shapes of the same net in PyTorch.
  static let expected: [(name: String, shape: Shape)] = [
    ("0.weight", [3, 2, 2, 2]), ("0.bias", [3]), ("1.weight", [3]), ("1.bias", [3]), ("1.running_mean", [3]),
    ("1.running_var", [3]), ("1.num_batches_tracked", []), ("2.weight", [6, 1, 2, 2]), ("2.bias", [6]),
    ("3.weight", [2, 6, 1, 1]), ("5.weight", [5, 8]), ("5.bias", [5]),
  ]
  static let hints = KerasHints(
    flattened: ["5.weight": .init(channels: 2, height: 2, width: 2)], depthwise: ["2.weight": 2])

  @Test(arguments: ["small.weights.h5", "small.keras"])
  func turnedForAnArchitecture(_ name: String) throws {
    let keras = try CheckpointFile(opening: try Self.golden(name)).snapshot()
    let torch = KerasLayouts.torch(keras, expected: Self.expected, hints: Self.hints)
    #expect(Array(torch.net.keys) == Self.expected.map(\.name))
    #expect(torch.net.values.map(\.shape) == Self.expected.map(\.shape))
    // Behind the Flatten: input c·4 + h·2 + w here is h·4 + w·2 + c there.
    let last = try values(torch, "5.weight").1
    var expected: [Float] = []
    for o in 0..<5 {
      for c in 0..<2 { for h in 0..<2 { for w in 0..<2 { expected.append(Float((h * 4 + w * 2 + c) * 5 + o)) } } }
    }
    #expect(last.map { $0 - last[0] } == expected)
    #expect(try #require(torch.net["1.num_batches_tracked"]).tensor().elements(as: Int64.self) == [0])
  }

  /// What fits nowhere stays, by its own name, for whoever compares the net with the architecture.
  @Test func whatDoesNotFit() throws {
    let keras = try CheckpointFile(opening: try Self.golden("small.keras")).snapshot()
    var expected = Self.expected
    expected[0] = ("0.weight", [4, 2, 2, 2])
    let torch = KerasLayouts.torch(keras, expected: expected, hints: Self.hints)
    #expect(torch.net["0.weight"] == nil && torch.net["zoom.kernel"] != nil && torch.net["zoom.bias"] != nil)
  }

  @Test func adam() throws {
    let legacy = try CheckpointFile(opening: try Self.golden("adam.h5")).snapshot()
    let archive = try CheckpointFile(opening: try Self.golden("adam.keras")).snapshot()
    for snapshot in [legacy, archive] {
      let optimizer = try #require(snapshot.metadata.optimizer)
      #expect(optimizer.kind == "adam" && optimizer.step == 1 && optimizer.groups.count == 1)
      #expect(optimizer.groups[0].hyperparameters["lr"] == 0.5)
      #expect(optimizer.groups[0].parameters == Self.variables.map(\.name))
      #expect(Array(snapshot.optimizerState.keys) == Self.variables.map(\.name))
      #expect(snapshot.others == .null)
    }
    #expect(legacy.metadata.optimizer?.groups[0].hyperparameters["betas"] == [0.75, 0.999])
    for (name, slots) in legacy.optimizerState {
      for (slot, source) in slots {
        let other = try #require(archive.optimizerState[name]?[slot])
        #expect(try source.tensor().isIdentical(to: try other.tensor()), "\(name) \(slot)")
      }
    }
    // The state follows its parameter.
    let torch = KerasLayouts.torch(legacy, expected: Self.expected, hints: Self.hints)
    #expect(torch.optimizerState["0.weight"]?["exp_avg"]?.shape == [3, 2, 2, 2])
    #expect(torch.optimizerState["5.weight"]?["exp_avg_sq"]?.shape == [5, 8])
    #expect(torch.metadata.optimizer?.groups[0].parameters.first == "0.weight")
    let moved = try #require(torch.optimizerState["0.weight"]?["exp_avg"]).tensor().elements(as: Float.self)
    let original = try #require(legacy.optimizerState["zoom.kernel"]?["exp_avg"]).tensor().elements(as: Float.self)
    // Output 2, input 1, row 0, column 1.
    #expect(moved[2 * 8 + 4 + 1] == original[((0 * 2 + 1) * 2 + 1) * 3 + 2])
  }

  @Test func brainFloats() throws {
    let half = try Snapshot.read(try Self.golden("half.weights.h5")).net["half.kernel"]
    #expect(half?.dtype == .bfloat16 && half?.shape == [3, 2])
    #expect(
      half?.withUnsafeBytes { Array($0) } == [0x80, 0x3F, 0, 0x40, 0x40, 0x40, 0x80, 0x40, 0xA0, 0x40, 0xC0, 0x40])
  }

  /// Names with `:0`, a list of layers in parts, and an order that is not that of the file.
  @Test func kerasTwo() throws {
    let file = try CheckpointFile(opening: try Self.golden("keras2.h5"))
    #expect(file.contents.producer == "keras 2.2.4 on tensorflow")
    #expect(try file.snapshot().net.keys == ["conv.kernel", "conv.bias", "bn.gamma", "bn.beta", "dense.kernel"])
  }

  @Test func damage() throws {
    let missing = try CheckpointFile(opening: try Self.golden("missing.h5"))
    #expect(missing.contents.warnings == ["the layer 'a' names the weights 'a/gone:0', which are not there"])
    let changed = try CheckpointFile(opening: try Self.golden("bad_note.h5"))
    let error = checkpointError { _ = try changed.snapshot() }
    #expect(error?.code == .corrupt && error?.message.contains("the note on 'a.weight' does not fit") == true)
  }

  /// A flipped bit in an archive is found by its checksum.
  @Test func damagedArchive() throws {
    let folder = try TemporaryFolder()
    var bytes = try TemporaryFolder.bytes(try Self.golden("small.keras"))
    let sound = try CheckpointFile(opening: try Self.golden("small.keras"))
    let offset = try #require(sound.contents.tensors.first { $0.name == "last.kernel" }?.offset)
    bytes[offset] ^= 1
    try TemporaryFolder.write(bytes, to: folder.file("a.keras"))
    #expect(checkpointError { _ = try Snapshot.read(folder.file("a.keras")) }?.code == .corrupt)
  }

  @Test(arguments: [CheckpointFormat.kerasWeights, .kerasLegacy])
  func roundTrip(_ format: CheckpointFormat) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    var snapshot = Samples.training()
    snapshot.net["half.weight"] = Samples.tensor(.bfloat16, [3, 4], seed: 4)
    snapshot.net["odd/name"] = Samples.tensor(.int8, [2, 0, 3], seed: 4)
    let hints = KerasHints(flattened: ["classifier.weight": .init(channels: 20, height: 10, width: 10)])
    let writer = try #require(format.writer(WritingOptions(keras: hints)))
    let lazy = LazySnapshot(snapshot)
    #expect(writer.losses(of: lazy).isEmpty)
    try writer.write(lazy, to: path)
    let file = try CheckpointFile(opening: path)
    #expect(file.contents.format == format && file.contents.producer == "zoo")
    #expect(Samples.differences(snapshot, try file.snapshot().loaded()) == [])
    let shapes = Dictionary(uniqueKeysWithValues: file.contents.tensors.map { ($0.name, $0.shape) })
    #expect(shapes["features.0.kernel"] == [11, 11, 3, 64] && shapes["classifier.kernel"] == [2000, 10])
    #expect(folder.names == ["a.h5"])
  }
}
