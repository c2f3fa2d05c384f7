import Checkpoint
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
}
