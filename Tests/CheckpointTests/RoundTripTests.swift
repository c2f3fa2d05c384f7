import Checkpoint
import OrderedCollections
import Tensors
import Testing

/// What is written comes back, to the last bit.
@Suite struct RoundTripTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func trainingReadAndMapped() throws {
    let snapshot = Samples.training()
    let path = folder.file("last.h5")
    try snapshot.write(to: path)
    #expect(Samples.differences(snapshot, try Snapshot.read(path)) == [])
    #expect(Samples.differences(snapshot, try Snapshot.open(path)) == [])
    #expect(folder.names == ["last.h5"])
  }

  @Test func withoutOptimizer() throws {
    let path = folder.file("a.h5")
    var snapshot = Samples.training()
    try snapshot.write(to: path)
    snapshot.optimizer = nil
    #expect(Samples.differences(snapshot, try Snapshot.read(path, .withoutOptimizer)) == [])
  }

  @Test func sameContentsMakeTheSameBytes() throws {
    let (first, second) = (folder.file("a.h5"), folder.file("b.h5"))
    try Samples.training().write(to: first)
    try Samples.training().write(to: second)
    #expect(try TemporaryFolder.bytes(first) == TemporaryFolder.bytes(second))
  }

  @Test func bareWeights() throws {
    let path = folder.file("a.h5")
    try Snapshot(net: ["weight": Tensor([1, 2, 3] as [Float], shape: [3])]).write(to: path)
    let read = try Snapshot.read(path)
    #expect(read.net["weight"]?.elements(as: Float.self) == [1, 2, 3])
    #expect(read.architecture == nil && read.optimizer == nil && read.position == nil && read.seed == nil)
    #expect(read.created?.hasSuffix("Z") == true)
    #expect(try CheckpointFile(opening: path).contents.tensors.map(\.path) == [["net", "weight"]])
  }

  @Test(arguments: DType.allCases)
  func elementTypes(_ dtype: DType) throws {
    // Scalars, empty tensors, odd sizes that unalign what follows, and sizes above and below the alignment's threshold.
    let shapes: [Shape] = [[], [0], [3, 0, 2], [1], [3], [5, 7], [33, 1001], [1, 1, 1, 1, 1, 1, 2]]
    var net = StateDict()
    for (index, shape) in shapes.enumerated() {
      net["t\(index)"] = Samples.tensor(dtype, shape, seed: UInt64(index))
      net["odd\(index)"] = Samples.tensor(.uint8, [1], seed: UInt64(index))
    }
    let path = folder.file("a.h5")
    try Snapshot(net: net).write(to: path)
    for read in [try Snapshot.read(path), try Snapshot.open(path)] {
      #expect(read.net.names == net.names)
      for name in net.names {
        let (tensor, expected) = (try #require(read.net[name]), try #require(net[name]))
        #expect(tensor.isIdentical(to: expected), "\(name)")
      }
    }
  }

  /// Random nets: names of random characters, random types and shapes. The seed is part of a failure's report.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func randomNets(_ seed: UInt64) throws {
    var random = RandomSource(seed: seed, purpose: .synthetic)
    let alphabet: [Character] = ["a", "Z", "0", ".", "/", "%", "_", " ", "\u{E9}", "\u{1F40A}", "\0", "\n", "2", "F"]
    var net = StateDict()
    for _ in 0..<random.integer(below: 30) {
      let name = String((0..<random.integer(below: 12)).map { _ in alphabet[random.integer(below: alphabet.count)] })
      let shape = Shape((0..<random.integer(below: 5)).map { _ in random.integer(below: 9) })
      let dtype = DType.allCases[random.integer(below: DType.allCases.count)]
      net[name] = Samples.tensor(dtype, shape, seed: random.next())
    }
    let path = folder.file("a.h5")
    try Snapshot(net: net).write(to: path)
    #expect(Samples.differences(Snapshot(net: net), try Snapshot.read(path)).filter { $0 != "created" } == [])
  }

  @Test func manyTensorsKeepTheirOrder() throws {
    var net = StateDict()
    for index in (0..<1500).reversed() { net["layer\(index).weight"] = Tensor(scalar: Int32(index)) }
    let path = folder.file("a.h5")
    try Snapshot(net: net).write(to: path)
    #expect(try Snapshot.read(path).net.names == net.names)
  }

  /// ImageNet-22k has 21,841 classes with names of up to some hundred bytes: far more than the 64 KiB that an HDF5 object
  /// header can hold.
  @Test func largeAttributes() throws {
    var snapshot = Samples.training()
    snapshot.classNames = (0..<21_841).map { "class \($0)" + String(repeating: "x", count: $0 % 120) }
    snapshot.metrics = ["history": .array((0..<50_000).map { .number(Double($0) / 7) })]
    let path = folder.file("a.h5")
    try snapshot.write(to: path)
    #expect(Samples.differences(snapshot, try Snapshot.read(path)) == [])
  }

  /// What attributes cannot hold exactly: nested values, whole numbers among others, numbers that are not finite.
  @Test func valuesOfAnyShape() throws {
    var snapshot = Samples.training()
    snapshot.schedule = [
      "phases": [["lr": 1, "until": [1, 2.5]], []], "kind": "steps", "mixed": [1, "a", nil, 2.0],
    ]
    snapshot.optimizer?.groups[0].hyperparameters = ["lr": 0.1, "nested": ["a": [1]], "betas": [1, 0.5], "last": true]
    let path = folder.file("a.h5")
    try snapshot.write(to: path)
    #expect(Samples.differences(snapshot, try Snapshot.read(path)) == [])
  }

  /// What other programs keep beside the net and a snapshot has no place for.
  @Test func others() throws {
    var lazy = LazySnapshot(Samples.training())
    lazy.others = .dictionary([
      .init("rng", .dictionary([.init("cpu", .tensor(0)), .init(7, .tuple([1, 2.5, .bytes([0, 255])]))])),
      .init("args", .record(.init("argparse.Namespace", state: ["lr": .number(.nan)]))),
    ])
    lazy.otherTensors["rng.cpu"] = TensorSource(Samples.tensor(.uint8, [100], seed: 3))
    let path = folder.file("a.h5")
    let writer = NativeWriter()
    #expect(writer.losses(of: lazy).isEmpty)
    try writer.write(lazy, to: path)
    let read = try CheckpointFile(opening: path).snapshot()
    #expect(read.others.entries?.count == 2 && read.others["rng"] == lazy.others["rng"])
    guard case .record(let record) = read.others["args"] else {
      Issue.record("a record becomes something else")
      return
    }
    #expect(record.className == "argparse.Namespace" && record.state["lr"]?.double?.isNaN == true)
    #expect(try #require(read.otherTensors["rng.cpu"]).tensor().isIdentical(to: Samples.tensor(.uint8, [100], seed: 3)))
    #expect(Samples.differences(Samples.training(), try read.loaded()) == [])
  }

  /// Compressed chunks: every element size, shapes that chunks do not divide, and bytes that cannot be made smaller.
  @Test(arguments: [1, 6])
  func compressed(_ level: Int) throws {
    var snapshot = Samples.training()
    for (index, dtype) in DType.allCases.enumerated() {
      snapshot.net["zeros\(index)"] = Tensor(zeros: [130, 129], dtype: dtype)
      snapshot.net["values\(index)"] = Samples.tensor(dtype, [3, 50, 113], seed: UInt64(index))
    }
    var random = RandomSource(seed: 1, purpose: .synthetic)
    snapshot.net["noise"] = Tensor((0..<20_000).map { _ in random.nextWord() }, shape: [20_000])
    snapshot.net["large"] = Tensor((0..<700_001).map { Float($0) }, shape: [700_001])
    snapshot.net["rows"] = Tensor((0..<600_000).map { Float($0) }, shape: [3, 2, 100_000])
    let (path, plain) = (folder.file("a.h5"), folder.file("b.h5"))
    try NativeWriter(WritingOptions(compression: level)).write(LazySnapshot(snapshot), to: path)
    try snapshot.write(to: plain)
    #expect(Samples.differences(snapshot, try Snapshot.read(path)) == [])
    #expect(Samples.differences(snapshot, try Snapshot.open(path)) == [])
    let (small, large) = (try CheckpointFile(opening: path).contents, try CheckpointFile(opening: plain).contents)
    #expect(small.byteCount < large.byteCount * 3 / 4)
    // Digests are those of the plain bytes.
    #expect(small.tensors.map(\.digest) == large.tensors.map(\.digest))
    #expect(small.tensors.first { $0.name == "large" }?.offset == nil)
    // A flipped bit in a chunk is found by the checksum of the stream or by the digest.
    var bytes = try TemporaryFolder.bytes(path)
    for position in stride(from: bytes.count / 2, to: bytes.count / 2 + 40, by: 7) { bytes[position] ^= 1 }
    try TemporaryFolder.write(bytes, to: path)
    #expect(checkpointError { _ = try Snapshot.read(path) }?.code == .corrupt)
  }
}
