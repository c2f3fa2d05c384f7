import OrderedCollections
import Tensors
import Testing

@testable import Checkpoint

/// What zoo writes for PyTorch: it comes back to the last bit, and looks as PyTorch's own files do.
///
/// That PyTorch opens these files is what `Tests/interop/torch_files.py` checks.
@Suite struct PyTorchWritingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func written(_ snapshot: LazySnapshot) throws -> String {
    let path = folder.file("a.pth")
    try PyTorchWriter().write(snapshot, to: path)
    return path
  }

  private func read(_ path: String) throws -> LazySnapshot { try CheckpointFile(opening: path).snapshot() }

  @Test func training() throws {
    var snapshot = Samples.training()
    snapshot.optimizer?.groups[0].hyperparameters = ["lr": 0.01, "beta1": 0.9, "beta2": 0.999, "nesterov": 1.0]
    for kind in ["sgd", "adam", "lion"] {
      snapshot.optimizer?.kind = kind
      let lazy = LazySnapshot(snapshot)
      #expect(PyTorchWriter().losses(of: lazy) == [])
      let read = try read(try written(lazy))
      #expect(Samples.differences(snapshot, try read.loaded()) == [], "\(kind)")
      #expect(read.others == .null && read.otherTensors.isEmpty)
    }
  }

  @Test func bareWeights() throws {
    var net = StateDict()
    for dtype in DType.allCases { net[dtype.rawValue] = Samples.tensor(dtype, [3, 5], seed: 1) }
    net["scalar"] = Samples.tensor(.float32, [], seed: 2)
    net["empty"] = Samples.tensor(.int16, [0, 7], seed: 3)
    let path = try written(LazySnapshot(Snapshot(net: net)))
    let file = try CheckpointFile(opening: path)
    #expect(Samples.differences(Snapshot(net: net), try file.snapshot().loaded()) == [])
    // The state dict is the whole object, and every tensor can be mapped.
    #expect(file.contents.tensors.map(\.path) == net.names.map { [$0] })
    #expect(file.contents.tensors.allSatisfy { ($0.offset ?? 0) % 64 == 0 && ($0.offset != nil || $0.byteCount == 0) })
    #expect(file.contents.warnings == [])
  }

  /// What PyTorch has no place for stays with a bare state dict.
  @Test func weightsWithNotes() throws {
    var snapshot = Samples.training()
    snapshot.optimizer = nil
    snapshot.position = nil
    let path = try written(LazySnapshot(snapshot))
    #expect(Samples.differences(snapshot, try read(path).loaded()) == [])
    #expect(try CheckpointFile(opening: path).contents.tensors.map(\.path) == snapshot.net.names.map { [$0] })
  }

  /// Everything that PyTorch wrote and zoo reads, written by zoo and read again.
  @Test(arguments: TorchGoldens.expected)
  func againAndAgain(_ golden: TorchGoldens.Expected) throws {
    let first = try TorchGoldens.open(golden.file).snapshot()
    let second = try read(try written(first))
    #expect(Samples.differences(try first.loaded(), try second.loaded()) == [])
    #expect(Array(first.net.keys) == Array(second.net.keys))
    #expect(first.otherTensors.keys == second.otherTensors.keys)
    for (name, tensor) in first.otherTensors {
      #expect(try second.otherTensors[name]?.tensor().isIdentical(to: tensor.tensor()) == true, "\(name)")
    }
    if PyTorchWriter().losses(of: first).isEmpty { #expect(first.others == second.others) }
  }

  /// Everything that a snapshot can hold, but what Python's dictionaries cannot.
  @Test(arguments: 1..<20 as Range<UInt64>)
  func everything(_ seed: UInt64) throws {
    var snapshot = seed == 1 ? LazySamples.training() : LazySamples.random(seed, types: DType.allCases)
    let entries = (snapshot.others.entries ?? []).filter { $0.key != "keys" }
    if !entries.isEmpty { snapshot.others = .dictionary(entries.map(Self.withoutTwins)) }
    let groups = Set((snapshot.metadata.optimizer?.groups ?? []).flatMap(\.parameters))
    snapshot.optimizerState = snapshot.optimizerState.filter { groups.contains($0.key) }
    let losses = PyTorchWriter().losses(of: snapshot)
    #expect(losses.allSatisfy { $0.what.hasPrefix("the class argparse.Namespace") }, "\(losses)")
    let read = try read(try written(snapshot))
    let differences = try LazySamples.differences(snapshot, read)
    #expect(differences == [])
  }

  private static func withoutTwins(_ entry: Value.Entry) -> Value.Entry {
    guard let entries = entry.value.entries else { return entry }
    return Value.Entry(entry.key, .dictionary(entries.filter { $0.key != "keys" }))
  }

  @Test func classesAreLost() throws {
    let snapshot = try TorchGoldens.open("values").snapshot()
    let losses = PyTorchWriter().losses(of: snapshot)
    #expect(losses.contains { $0.what == "the class argparse.Namespace of the object at 'namespace'" })
    #expect(!losses.contains { $0.what.contains("torch.device") || $0.what.contains("torch.float16") })
    let others = try read(try written(snapshot)).others
    // In a file of zoo the dictionary of its parts is known for what it was, if the file says that it is one.
    #expect(others["namespace"] == snapshot.others["namespace"])
    #expect(others["device"] == snapshot.others["device"] && others["dtype"] == snapshot.others["dtype"])
    #expect(others["complex"] == .complex(1, 2) && others["bytes"] == .bytes([0, 255]))
    #expect(others["set"] == .set([3]))
  }

  /// Records in PyTorch's order, stored, at multiples of 64, with descriptors and the end records of 64 bits.
  @Test func layout() throws {
    let path = try written(LazySnapshot(Samples.small()))
    let archive = try ZipArchive(try OpenFile(path, .read))
    let names = archive.entries.map { String($0.name.dropFirst("archive/".count)) }
    let data = (0..<names.count - 6).map { "data/\($0)" }
    #expect(
      names == ["data.pkl", ".format_version", ".storage_alignment", "byteorder"] + data + [
        "version", ".data/serialization_id",
      ])
    for entry in archive.entries {
      #expect(entry.method == .stored && entry.offset % 64 == 0, "\(entry.name)")
      #expect(entry.name.hasPrefix("archive/"))
    }
    func text(_ name: String) throws -> String {
      String(decoding: try archive.bytes(of: try #require(archive.entry("archive/" + name)), atMost: 99), as: UTF8.self)
    }
    #expect(try text("version") == "3\n" && text("byteorder") == "little" && text(".storage_alignment") == "64")
    #expect(try text(".data/serialization_id").utf8.count { (0x30...0x39).contains($0) } == 40)
  }

  @Test func sameContentsMakeTheSameBytes() throws {
    let first = try TemporaryFolder.bytes(try written(LazySnapshot(Samples.small())))
    #expect(try TemporaryFolder.bytes(try written(LazySnapshot(Samples.small()))) == first)
  }

  @Test func failuresLeaveTheOldFile() throws {
    let path = folder.file("a.pth")
    try TemporaryFolder.write([1, 2, 3], to: path)
    var snapshot = LazySnapshot(Samples.small())
    snapshot.net["bad"] = TensorSource([4], dtype: .float32) {
      throw CheckpointError(.corrupt, path: "source.h5", "the bytes are others")
    }
    let error = checkpointError { try PyTorchWriter().write(snapshot, to: path) }
    #expect(error?.path == "source.h5")
    #expect(try TemporaryFolder.bytes(path) == [1, 2, 3] && folder.names == ["a.pth"])
  }
}
