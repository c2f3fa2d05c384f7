import Checkpoint
import Fixtures
import Foundation
import Layers
import Tensors
import Testing
import Zoo

/// `zoo weights`, and registered names where checkpoints are asked for.
struct WeightsCommandTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try write("lenet5", classes: 3, to: "net.safetensors")
  }

  /// Bare weights.
  private func write(_ model: String, classes: Int, seed: UInt64 = 1, to name: String) throws {
    let entry = try Registry.model(named: model)
    var arguments = entry.defaultArguments
    arguments.numClasses = classes
    try Conversion.write(try entry.build(arguments).initialState(seed: seed), to: folder.path(name))
  }

  /// With a store of its own.
  private func zoo(_ line: String, shipped: String = "none") throws -> Command.Result {
    try Command.run(
      line.split(separator: " ").map(String.init), in: folder.path,
      environment: ["ZOO_WEIGHTS": folder.path("store"), "ZOO_MODELS": folder.path(shipped)])
  }

  private func list() throws -> [JSONValue] {
    let result = try zoo("weights list --json")
    #expect(result.status == 0, "\(result.errors)")
    return try JSONValue(parsing: result.output).array ?? []
  }

  /// Registered weights are used by name like a checkpoint, by all that take one; the original is not needed any more.
  @Test func namesStandForCheckpoints() throws {
    try write("lenet5", classes: 10, to: "flowers.safetensors")
    let added = try zoo("weights add flowers.safetensors")
    #expect(added.status == 0 && added.output.contains("lenet5, 10 classes"), "\(added)")
    try FileManager.default.removeItem(atPath: folder.path("flowers.safetensors"))
    let data = try TinyData(in: folder).path
    for line in [
      "evaluate flowers --data \(data) --threads 1", "inspect flowers", "verify flowers", "diff flowers flowers",
      "convert flowers flowers.npz", "export flowers --onnx flowers.onnx",
      "train lenet5 --data \(data) --weights flowers --epochs 1 --limit-batches 1 --threads 1 --run r",
    ] {
      let result = try zoo(line)
      #expect(result.status == 0, "\(line): \(result.errors)")
    }
    #expect(try zoo("diff flowers flowers.npz").status == 0)
    // A run of the name comes first.
    #expect(try zoo("weights add flowers.npz --name r").status == 0)
    #expect(
      try JSONValue(parsing: zoo("inspect r --json").output)["format"]?.string == CheckpointFormat.native.rawValue)
    let entry = try #require(try list().first)
    #expect(entry["name"] == "flowers" && entry["model"] == "lenet5" && entry["classes"] == 10)
    #expect(entry["sha256"]?.string?.count == 64 && entry["file"] == "flowers.safetensors")
  }

  @Test func namesAreRemovedWithTheirFiles() throws {
    for line in ["add net.safetensors", "add net.safetensors --name twice"] {
      #expect(try zoo("weights \(line)").status == 0)
    }
    #expect(try list().map { $0["name"] } == ["net", "twice"])
    let path = try #require(try list().first?["path"]?.string)
    #expect(try zoo("weights remove net").status == 0 && FileManager.default.fileExists(atPath: path))
    #expect(try zoo("weights remove twice").status == 0 && !FileManager.default.fileExists(atPath: path))
    let gone = try zoo("weights remove net")
    #expect(gone.status == 1 && gone.errors.contains("none are registered"), "\(gone.errors)")
    #expect(try zoo("weights").errors.contains("no weights are registered"))
  }

  @Test func aNameStandsForOneFile() throws {
    try write("lenet5", classes: 4, to: "other.safetensors")
    #expect(try zoo("weights add net.safetensors --name a").status == 0)
    #expect(try zoo("weights add net.safetensors --name a").status == 0)
    let refused = try zoo("weights add other.safetensors --name a")
    #expect(refused.status == 1 && refused.errors.contains("--replace"), "\(refused.errors)")
    #expect(try list().first?["classes"] == 3)
    let old = try #require(try list().first?["path"]?.string)
    #expect(try zoo("weights add other.safetensors --name a --replace").status == 0)
    #expect(try list().map { $0["classes"] } == [4] && !FileManager.default.fileExists(atPath: old))
  }

  /// What is in the store is held against its digest when it is used.
  @Test func changedBytesAreFound() throws {
    #expect(try zoo("weights add net.safetensors --name a").status == 0)
    let path = try #require(try list().first?["path"]?.string)
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    try file.seekToEnd()
    try file.seek(toOffset: file.offset() - 1)
    try file.write(contentsOf: Data([0x55]))
    try file.close()
    let result = try zoo("inspect a")
    #expect(result.status == 1 && result.errors.contains("SHA-256"), "\(result.errors)")
    try FileManager.default.removeItem(atPath: path)
    #expect(try zoo("inspect a").errors.contains("is gone"))
    try folder.write("{}", to: "store/b.json")
    #expect(try zoo("inspect b").errors.contains("not what zoo wrote"))
    let listed = try zoo("weights list")
    #expect(listed.status == 0 && listed.errors.contains("b.json"), "\(listed)")
  }

  @Test(arguments: [
    ("--name a@best", "stands for a checkpoint"), ("--name ../a", "holds '/'"), ("--name a@b@c", "more than once"),
    ("--name a.h5", "ends as files"), ("--model alexnet", "its tensors are those of 'lenet5' with 3 classes"),
    ("--model lenet", "did you mean 'lenet5'"), ("--classes 7", "fc3.weight is [3, 84], expected [7, 84]"),
  ])
  func wrongOptions(options: String, message: String) throws {
    let result = try zoo("weights add net.safetensors \(options)")
    #expect(result.status == 1 && result.errors.contains(message), "\(result.errors)")
    #expect(try list().isEmpty)
  }

  @Test func otherFiles() throws {
    try folder.write("no weights", to: "text")
    #expect(try zoo("weights add text").errors.contains("no known format"))
    #expect(try zoo("weights add nowhere.pth").errors.contains("no such file"))
    #expect(try zoo("convert net.safetensors net.safetensors.index.json --shard 100kB").status == 0)
    #expect(try zoo("weights add net.safetensors.index.json").errors.contains("in other files"))
    let unknown = try zoo("predict flwers --tensor net.safetensors --output a.npz")
    #expect(unknown.status == 1 && unknown.errors.contains("no run 'flwers'"), "\(unknown.errors)")
    #expect(try zoo("weights add net.safetensors --name flowers").status == 0)
    #expect(try zoo("inspect flwers").errors.contains("registered weights: flowers"))
    // torchvision's own are told by their file.
    let published = try zoo("evaluate resnet18@imagenet1k_v1 --data nowhere")
    #expect(published.status == 1 && published.errors.contains("zoo weights add resnet18-f37072fd.pth"), "\(published)")
  }

  /// A name of torchvision's says the model, and what the file must hold.
  @Test func wrongDigests() throws {
    try write("squeezenet1_1", classes: 1000, to: "squeezenet.safetensors")
    #expect(try zoo("convert squeezenet.safetensors squeezenet1_1-b8a52dc0.pth").status == 0)
    for line in [
      "weights add squeezenet1_1-b8a52dc0.pth",
      "evaluate squeezenet1_1-b8a52dc0.pth --data nowhere",
      "export squeezenet1_1-b8a52dc0.pth --onnx a.onnx",
    ] {
      let result = try zoo(line)
      #expect(result.status == 1, "\(line)")
      #expect(
        result.errors.contains("not with b8a52dc0") && result.errors.contains("squeezenet1_1@imagenet1k_v1")
          || line.contains("nowhere"), "\(line): \(result.errors)")
    }
  }

  /// `list` says what is at hand.
  @Test func listShowsWhatIsRegistered() throws {
    #expect(try zoo("weights add net.safetensors --name flowers").status == 0)
    let models = try JSONValue(parsing: zoo("list --has-weights --json").output).array ?? []
    let lenet = try #require(models.first { $0["name"] == "lenet5" })
    #expect(lenet["weights_here"] == ["flowers"])
    #expect(models.first { $0["name"] == "alexnet" }?["weights_here"] == [])
    #expect(try zoo("list lenet --has-weights").output.contains("flowers"))
  }
}
