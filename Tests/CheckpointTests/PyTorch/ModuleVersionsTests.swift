import Foundation
import OrderedCollections
import Tensors
import Testing

@testable import Checkpoint

/// The versions of modules beside a state dict: read from PyTorch's files, kept by every format, written as PyTorch does.
@Suite struct ModuleVersionsTests {
  private static let versions: OrderedDictionary<String, Int> = [
    "": 1, "features": 1, "features.0": 1, "features.1": 2, "features.2": 1, "classifier": 1,
  ]

  /// Of a state dict among others, of one that data parallel wrapped, and through our own pickle.
  @Test(arguments: ["sgd", "adam_names", "adamw_groups"])
  func pyTorchsOwn(_ name: String) throws {
    let snapshot = try TorchGoldens.open(name).snapshot()
    #expect(snapshot.metadata.moduleVersions == Self.versions)
    let folder = try TemporaryFolder()
    try PyTorchWriter().write(snapshot, to: folder.file("a.pth"))
    let again = try CheckpointFile(opening: folder.file("a.pth")).snapshot()
    #expect(again.metadata.moduleVersions == Self.versions)
  }

  @Test func filesWithoutThem() throws {
    #expect(try TorchGoldens.open("dtypes").snapshot().metadata.moduleVersions.isEmpty)
  }

  /// More than the 64 KiB that a small attribute of HDF5 holds.
  @Test(arguments: CheckpointFormat.writable.filter { $0 != .npy })
  func everyFormatKeepsThem(_ format: CheckpointFormat) throws {
    var snapshot = LazySnapshot(Snapshot(net: ["stem.weight": Tensor([1 as Float, 2], shape: [2, 1])]))
    snapshot.metadata.moduleVersions = ["": 2]
    for index in 0..<3000 { snapshot.metadata.moduleVersions["stage\(index).a_module_with_a_long_name"] = index }
    let folder = try TemporaryFolder()
    let writer = try #require(format.writer())
    #expect(writer.losses(of: snapshot) == [])
    try writer.write(snapshot, to: folder.file("a"))
    let read = try CheckpointFile(opening: folder.file("a")).snapshot()
    #expect(read.metadata.moduleVersions == snapshot.metadata.moduleVersions)
    #expect(Array(read.net.keys) == ["stem.weight"])
  }

  @Test func modulesFollowTheirTensors() throws {
    let versions: OrderedDictionary<String, Int> = ["": 1, "body": 2, "body.norm": 3, "body.act": 4, "head": 5]
    func renamed(_ names: [String: String]) -> OrderedDictionary<String, Int> {
      ModuleVersions.renamed(versions, as: names)
    }
    let same = ["body.norm.weight": "body.norm.weight"]
    #expect(renamed(same) == versions)
    #expect(renamed(["body.norm.weight": "norm.weight", "head.bias": "fc.bias"]) == ["": 2, "norm": 3, "fc": 5])
    #expect(renamed(["body.norm.weight": "net.body.norm.weight"])["net"] == 1)
    #expect(renamed(["body.norm.weight": "gamma"]) == [:])
  }

  @Test(arguments: [#"{"": "1"}"#, "[1]", "3", #"{"": 1.5}"#])
  func malformed(_ json: String) throws {
    #expect(ModuleVersions.read(try JSONValue(parsing: json)) == nil)
    let text = #"{"format":"zoo-snapshot","version":1,"module_versions":\#(json)}"#
    let error = #expect(throws: CheckpointError.self) {
      try SnapshotMetadata.snapshot(text: text, tensors: [:], path: "a")
    }
    #expect(error?.code == .corrupt)
    #expect(error?.message.contains("module_versions") == true)
  }
}
