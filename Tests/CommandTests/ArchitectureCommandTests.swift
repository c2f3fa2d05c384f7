import Checkpoint
import Fixtures
import Foundation
import Testing

/// Architectures from YAML files, wherever a model is named.
struct ArchitectureCommandTests {
  let folder: TemporaryFolder

  static let net = """
    name: tiny
    input: {channels: 1, size: 28}
    classes: 10
    blocks:
      conv_bn:
        arguments: [channels, stride: 1]
        layers: [{Conv2d: [$channels, 3], stride: $stride, padding: 1, bias: false}, BatchNorm2d, ReLU]
    layers:
      stem: {conv_bn: 4, stride: 2}
      body: [{conv_bn: 8, stride: 2}, {Residual: [conv_bn: $in], activation: ReLU}]
      pool: {AdaptiveAvgPool2d: 1}
      flatten: Flatten
      head: {Linear: $classes}
    """

  init() throws {
    folder = try TemporaryFolder()
    try Self.net.write(toFile: folder.path("net.yaml"), atomically: true, encoding: .utf8)
  }

  private func zoo(_ line: String) throws -> Command.Result { try Command.run(line, in: folder.path) }

  @Test func showAndBenchTakeAFile() throws {
    let shown = try zoo("show ./net.yaml --json --classes 3")
    #expect(shown.status == 0, "\(shown)")
    let report = try JSONValue(parsing: shown.output)
    #expect(report["name"]?.string == "tiny" && report["family"]?.string == "own")
    #expect(report["tensors"]?.array?.last?["shape"] == [3])
    #expect(try zoo("show net.yaml --svg net.svg").status == 0)
    #expect(try zoo("bench net.yaml --mode train --batch-size 2 --steps 1 --threads 1 --json").status == 0)
  }

  /// The run needs the file no more.
  @Test func aRunHoldsItsArchitecture() throws {
    _ = try TinyData(in: folder, named: "data")
    _ = try TinyFolder(in: folder, named: "images", classes: ["x": 2])
    let options = "--data data --batch-size 16 --threads 1 --workers 1 --lr 0.02 --seed 3"
    let trained = try zoo("train ./net.yaml \(options) --epochs 1 --run r")
    #expect(trained.status == 0, "\(trained)")
    #expect(try zoo("train net.yaml \(options) --epochs 1").output.contains("tiny"))
    try FileManager.default.removeItem(atPath: folder.path("net.yaml"))

    let evaluated = try zoo("evaluate r@best --data data --json --threads 1")
    #expect(evaluated.status == 0, "\(evaluated)")
    for line in [
      "predict r@last images --threads 1", "inspect r@last", "convert r@last tiny.pth", "verify r@last",
      "export r@last --onnx tiny.onnx", "runs", "resume r --epochs 2", "diff r@last tiny.pth --json",
      "runs average r@last r@best --output average.h5",
    ] {
      let result = try zoo(line)
      #expect(result.status == 0 || (line.hasPrefix("diff") && result.status == 1), "\(line): \(result)")
    }
    let inspected = try JSONValue(parsing: zoo("inspect r@last --json").output).text()
    #expect(inspected.contains("conv_bn"))
    #expect(try zoo("evaluate r@last --data data --model lenet5").errors.contains("is a checkpoint of 'tiny'"))
    // What is given away can be repeated where it lies.
    #expect(try zoo("runs ship r --as tiny@squares --threads 1").status == 0)
    let shipped = folder.path("models/tiny@squares")
    #expect(try String(contentsOfFile: "\(shipped)/architecture.yaml", encoding: .utf8) == Self.net)
    let again = try Command.run(
      ["train", "--config", "config.yaml", "--data", folder.path("data"), "--dry-run"], in: shipped)
    #expect(again.status == 0, "\(again)")
    // A training that goes on in another run.
    let other = try zoo("train ./gone.yaml \(options) --epochs 3 --from r@last --run s")
    #expect(other.status == 1 && other.errors.contains("gone.yaml"), "\(other)")
  }

  /// A file without a 'name' names the model: the run of any file can be opened again, and of what it exports.
  @Test(arguments: [String(repeating: "long", count: 25), "-dash", "two words", "..."])
  func aFileOfAnyNameCanBeResumed(name: String) throws {
    _ = try TinyData(in: folder, named: "data")
    let text = Self.net.split(separator: "\n").dropFirst().joined(separator: "\n")
    try text.write(toFile: folder.path("\(name).yaml"), atomically: true, encoding: .utf8)
    func zoo(_ words: String...) throws {
      let result = try Command.run(words, in: folder.path)
      #expect(result.status == 0, "\(words): \(result)")
    }
    try zoo(
      "train", "./\(name).yaml", "--data", "data", "--batch-size", "16", "--threads", "1", "--workers", "1", "--lr",
      "0.02",
      "--epochs", "1", "--run", "r")
    try FileManager.default.removeItem(atPath: folder.path("\(name).yaml"))
    try zoo("resume", "r", "--epochs", "2")
    try zoo("evaluate", "r@best", "--data", "data", "--threads", "1")
    try zoo("export", "r@last", "--onnx", "./\(name).onnx")
    try zoo("import", "./\(name).onnx", "back.h5")
    try zoo("evaluate", "back.h5", "--data", "data", "--threads", "1")
  }

  /// A thread less than asked for would be waited for without end, or leave parts of sums unset.
  @Test(arguments: ["OMP_THREAD_LIMIT", "OMP_DYNAMIC"])
  func fewerThreadsThanAskedFor(variable: String) throws {
    _ = try TinyData(in: folder, named: "data")
    let result = try Command.run(
      [
        "train", "./net.yaml", "--data", "data", "--batch-size", "16", "--threads", "2", "--workers", "0", "--epochs",
        "1",
      ],
      in: folder.path, environment: [variable: variable == "OMP_DYNAMIC" ? "true" : "1"])
    #expect(result.status == 0, "\(result)")
  }

  @Test func bareWeightsTakeTheFile() throws {
    _ = try TinyData(in: folder, named: "data")
    // Longer than what most attributes hold.
    let text = Self.net + "\n" + String(repeating: "# A long story about this net, which its run keeps.\n", count: 3000)
    try text.write(toFile: folder.path("net.yaml"), atomically: true, encoding: .utf8)
    #expect(
      try zoo("train ./net.yaml --data data --batch-size 16 --threads 1 --workers 1 --epochs 1 --run r").status == 0)
    let snapshot = try Snapshot.read(folder.path("models/r/last.h5"))
    try Snapshot(net: snapshot.net).write(to: folder.path("bare.h5"))
    let result = try zoo("evaluate bare.h5 --data data --model ./net.yaml --threads 1")
    #expect(result.status == 0, "\(result)")
    #expect(try zoo("evaluate r@last --data data --model ./net.yaml --threads 1").status == 0)
    let tuned = try zoo(
      "train ./net.yaml --data data --batch-size 16 --threads 1 --workers 1 --epochs 1 --weights bare.h5 --run t")
    #expect(tuned.status == 0 && (tuned.output + tuned.errors).contains("loaded 20 of 20"), "\(tuned)")
  }

  @Test func errorsNameTheLine() throws {
    let text = Self.net.replacingOccurrences(of: "{AdaptiveAvgPool2d: 1}", with: "{AdaptiveAvgPool: 1}")
    try text.write(toFile: folder.path("net.yaml"), atomically: true, encoding: .utf8)
    for line in ["show ./net.yaml", "train ./net.yaml --data data", "bench ./net.yaml --mode infer"] {
      let result = try zoo(line)
      #expect(result.status == 1, "\(result)")
      #expect(
        result.errors.contains("net.yaml, line 11, column 27: no module or block is called")
          || result.errors.contains("line 11"), "\(result)")
      #expect(result.errors.contains("did you mean 'AdaptiveAvgPool2d'"), "\(result)")
    }
    #expect(try zoo("show ./none.yaml").errors.contains("none.yaml"))
    #expect(try zoo("show nets/").status == 1)
  }
}
