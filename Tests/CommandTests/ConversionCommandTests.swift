import Checkpoint
import Fixtures
import Foundation
import Tensors
import Testing

/// `convert`, `diff` and `verify`, and what their exit codes say.
struct ConversionCommandTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    var net = StateDict()
    net["a.weight"] = Tensor([Float](arrayLiteral: 1, 2, 3, 4), shape: [2, 2])
    net["b.bias"] = Tensor([Float](arrayLiteral: 5), shape: [1])
    try Snapshot(net: net).write(to: folder.path("a.h5"))
  }

  private func zoo(_ line: String) throws -> Command.Result { try Command.run(line, in: folder.path) }

  @Test func convertDiffVerify() throws {
    let converted = try zoo("convert a.h5 b.h5 --rename ^a=c --dtype f64 --verify")
    #expect(converted.status == 0 && converted.output.contains("verified  2 tensors"), "\(converted)")
    #expect(try zoo("diff a.h5 a.h5").status == 0)
    let different = try zoo("diff a.h5 b.h5 --json")
    #expect(different.status == 1)
    let json = try JSONValue(parsing: different.output)
    #expect(json["missing"] == ["a.weight"] && json["unexpected"] == ["c.weight"])
    #expect(json["reshaped"]?.array?.first?["name"] == "b.bias")
    #expect(try zoo("diff a.h5 nothing.h5").status == 2)
    #expect(try zoo("verify b.h5").status == 0)
    #expect(try zoo("diff a.h5").status == 64)
  }

  @Test func aDryRunWritesNothing() throws {
    let result = try zoo("convert a.h5 c.h5 --drop b --dry-run")
    #expect(result.status == 0 && result.output.contains("left out  b.bias"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("c.h5")))
  }

  /// Tensors in, logits out, whatever the batch size and the formats.
  @Test func predictsTensors() throws {
    _ = try TinyData(in: folder, named: "data")
    #expect(
      try zoo("train lenet5 --data data --epochs 1 --batch-size 16 --threads 1 --workers 1 --run r").status == 0)
    var random = RandomSource(seed: 1, purpose: .synthetic)
    let images = Tensor((0..<5 * 32 * 32).map { _ in random.uniform() }, shape: [5, 1, 32, 32])
    try Snapshot(net: ["images": images]).write(to: folder.path("in.h5"))
    for (size, output) in [(2, "two.h5"), (5, "five.safetensors")] {
      let result = try zoo("predict r@best --tensor in.h5 --output \(output) --batch-size \(size) --threads 1")
      #expect(result.status == 0 && result.output.contains("[5, 10]"), "\(result)")
    }
    #expect(try zoo("diff two.h5 five.safetensors --atol 1e-6").status == 0)
    #expect(try zoo("predict r@best --tensor in.h5").status == 64)
    #expect(try zoo("predict r@best --tensor a.h5 --output x.h5").errors.contains("--input"))
    #expect(try zoo("predict r@best --tensor a.h5 --input b.bias --output x.h5").errors.contains("[N, C, H, W]"))
    #expect(try zoo("predict r@best --tensor in.h5 --output x").errors.contains("does not say the format"))
  }

  @Test func verifyTellsWhatIsWrong() throws {
    let net: StateDict = ["x": Tensor([Float](arrayLiteral: .nan), shape: [1])]
    try Snapshot(net: net).write(to: folder.path("n.h5"))
    let notFinite = try zoo("verify n.h5")
    #expect(notFinite.status == 2 && notFinite.output.contains("x: 1 NaN"))
    let stored = try #require(try CheckpointFile(opening: folder.path("a.h5")).contents.tensors.first?.offset)
    var bytes = try Data(contentsOf: URL(filePath: folder.path("a.h5")))
    bytes[stored] ^= 1
    try bytes.write(to: URL(filePath: folder.path("bad.h5")))
    let damaged = try zoo("verify bad.h5")
    #expect(damaged.status == 1 && damaged.output.contains("a.weight"))
    #expect(damaged.errors.contains("1 tensor of 2"))
  }

  @Test(arguments: [
    ("convert a.h5 b", "does not say the format"), ("convert a.h5 b.h5 --compress 10", "1...9"),
    ("convert a.h5 b.h5 --dtype int8", "--dtype"), ("convert a.h5 b.h5 --to onnx", "only read"),
    ("convert x.h5 b.h5", "no such file"), ("diff a.h5 a.h5 --atol -1", "at least 0"),
  ])
  func badInput(line: String, complaint: String) throws {
    let result = try zoo(line)
    #expect(result.status != 0 && result.errors.contains(complaint), "\(result)")
  }
}
