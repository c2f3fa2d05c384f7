import Checkpoint
import Fixtures
import Foundation
import Tensors
import Testing

@testable import zoo_cli

/// The commands from end to end, on data of a second.
struct CommandTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    _ = try TinyData(in: folder, named: "data")
  }

  private func zoo(_ line: String) throws -> Command.Result {
    try Command.run(line, in: folder.path)
  }

  private func train(_ more: String = "") throws -> Command.Result {
    try zoo("train lenet5 --data data --epochs 2 --batch-size 16 --threads 1 --workers 1 --lr 0.05 --run r \(more)")
  }

  @Test func helpAndVersionAreAnswers() throws {
    let commands = ["list", "show", "train", "resume", "runs", "evaluate", "predict", "inspect", "bench"]
    for line in ["--help", "help resume"] + commands.map({ "\($0) --help" }) {
      let result = try zoo(line)
      #expect(result.status == 0 && result.errors.isEmpty)
      // The help is read on terminals of 80 columns.
      #expect(result.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(line)")
    }
    #expect(try zoo("--version").output.hasPrefix("zoo "))
    #expect(try zoo("--generate-completion-script bash").output.contains("_zoo"))
  }

  @Test func trainEvaluatePredictInspect() throws {
    let trained = try train("--keep-epochs")
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.output.contains("epoch 2/2  loss "))
    #expect(trained.output.contains("zoo evaluate r@best --data data"))

    let evaluated = try zoo("evaluate r@best --data data --json --threads 1")
    #expect(evaluated.status == 0, "\(evaluated.errors)")
    let report = try JSONValue(parsing: evaluated.output)
    #expect(report["images"] == 15)
    #expect(report["classes"]?.array?.count == 10)
    #expect(report["top1"]?.double == (report["correct"]?.double ?? 0) / 15)

    _ = try TinyFolder(in: folder, named: "images", classes: ["x": 2])
    let predicted = try zoo("predict r@1 images --top 2 --json --threads 1")
    #expect(predicted.status == 0, "\(predicted.errors)")
    let lines = try predicted.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    #expect(lines.map { $0["image"]?.string } == ["images/x/0.png", "images/x/1.png"])
    #expect(lines.allSatisfy { $0["predictions"]?.array?.count == 2 })

    let inspected = try JSONValue(parsing: zoo("inspect r --json --hash").output)
    #expect(inspected["tensors"]?.array?.first?["sha256"]?.string?.count == 64)
    let runs = try JSONValue(parsing: zoo("runs --json").output)
    #expect(runs.array?.first?["checkpoints"] == ["last", "best", "1", "2"])
  }

  @Test func aDamagedCheckpointIsRefused() throws {
    _ = try train()
    let path = folder.path("models/r/last.h5")
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    // In the weights of fc1.
    bytes[100_000] ^= 1
    try bytes.write(to: URL(fileURLWithPath: folder.path("flipped.h5")))
    try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: folder.path("cut.h5")))
    #expect(try zoo("evaluate flipped.h5 --data data").errors.contains("not those that were written"))
    #expect(try zoo("predict cut.h5 x.png").errors.contains("the file is cut"))
    #expect(try zoo("evaluate r --data data --model alexnet").errors.contains("is a checkpoint of 'lenet5'"))
    #expect(try zoo("evaluate r --data data --classes 7").errors.contains("has 10 classes, not 7"))
  }

  @Test func checkpointsOfAnotherArchitectureListEveryMismatch() throws {
    _ = try train()
    var snapshot = try Snapshot.read(folder.path("models/r/last.h5"))
    snapshot = Snapshot(net: snapshot.net)
    try snapshot.write(to: folder.path("bare.h5"))
    // The tensors alone say that this is LeNet-5.
    let guessed = try zoo("evaluate bare.h5 --data data --threads 1")
    #expect(guessed.status == 0, "\(guessed.errors)")
    try Snapshot(net: snapshot.net.filter { name, _ in name != "fc3.bias" }).write(to: folder.path("cut.h5"))
    #expect(try zoo("evaluate cut.h5 --data data").errors.contains("--model"))
    let error = try zoo("evaluate bare.h5 --data data --model alexnet --classes 3").errors
    for name in [
      "missing features.0.weight", "missing classifier.6.bias", "unexpected conv1.weight", "unexpected fc3.bias",
    ] {
      #expect(error.contains(name), "\(name): \(error)")
    }
    let good = try zoo("evaluate bare.h5 --data data --model lenet5 --threads 1")
    #expect(good.status == 0, "\(good.errors)")
  }

  /// A checkpoint carries all of a training, also into another run.
  @Test(arguments: ["sgd", "adam", "nadam", "lamb"])
  func aTrainingGoesOnFromAFile(optimizer: String) throws {
    let options = "--data data --batch-size 16 --threads 1 --workers 1 --seed 4 --epochs 3 --keep-epochs"
    #expect(try zoo("train lenet5 \(options) --optimizer \(optimizer) --lr 0.01 --run whole").status == 0)
    let result = try zoo("train lenet5 \(options) --from whole@1 --run rest")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("goes on   at epoch 2") && result.output.contains("\(optimizer) lr 0.01"))
    let difference = try zoo("diff whole@3 rest@3")
    #expect(difference.status == 0, "\(difference.output)")

    #expect(try zoo("train lenet5 \(options) --from whole@3 --run no").errors.contains("3 epochs are done"))
    #expect(try zoo("train alexnet \(options) --from whole@1 --run no").errors.contains("missing features.0.weight"))
    let other = optimizer == "sgd" ? "adam" : "sgd"
    #expect(
      try zoo("train lenet5 \(options) --optimizer \(other) --from whole@1 --run no").errors.contains(
        "was trained with"))
    #expect(try zoo("train lenet5 \(options) --start-epoch 1").status == 64)
    #expect(!FileManager.default.fileExists(atPath: folder.path("models/no")))
  }

  /// The documented code, and the command that goes on.
  @Test func signalsSaveAndSayHowToGoOn() throws {
    let result = try Command.run(
      "train lenet5 --data data --epochs 100000 --threads 1 --workers 1 --run s", in: folder.path,
      signal: (SIGTERM, "epoch 1/"))
    #expect(result.status == 75, "\(result.errors)")
    #expect(result.errors.contains("zoo resume s@last"), "\(result.errors)")
    #expect(try zoo("evaluate s@last --data data --threads 1").status == 0)
  }

  /// Compiling, the first step or saving of a network this large lasts longer than the signals are apart.
  @Test func aSecondSignalStopsAtOnceAndLeavesNothingHalfWritten() throws {
    let result = try Command.run(
      "train resnet18 --data data --epochs 100 --batch-size 16 --threads 1 --workers 1 --run t", in: folder.path,
      signal: (SIGTERM, "run "), repeats: true)
    #expect(result.status == 128 + SIGTERM, "\(result.errors)")
    let saved = try FileManager.default.contentsOfDirectory(atPath: folder.path("models/t")).filter {
      $0.hasSuffix(".h5")
    }
    #expect(saved.isEmpty)
    #expect(try zoo("evaluate t --data data").status == 1)
    #expect(try zoo("runs").status == 0)
  }

  @Test func aReaderThatGoesAwayIsNoCrash() throws {
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", "{ '\(Command.binary.path)' list; echo $? >status; } | head -n 1 >first"]
    shell.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    try shell.run()
    shell.waitUntilExit()
    let status = try String(contentsOfFile: folder.path("status"), encoding: .utf8)
    // Written before the reader was gone, or ended by SIGPIPE as any filter is.
    #expect(["0\n", "141\n"].contains(status), "\(status)")
  }

  @Test func benchAnswersWhatTheBenchmarksRead() throws {
    let report = try JSONValue(
      parsing: zoo("bench lenet5 --mode infer --batch-size 2 --steps 2 --threads 1 --json").output)
    for key in ["images_per_second", "compile_ms", "peak_memory_bytes"] {
      #expect((report[key]?.double ?? 0) > 0, "\(key)")
    }
    for key in ["min", "median", "max"] { #expect((report["step_ms"]?[key]?.double ?? 0) > 0, "\(key)") }
    #expect(report["implementations"]?.array?.isEmpty == false)
  }

  /// bfloat16 from the flag to the run's settings, and back from them.
  @Test func precisionIsKept() throws {
    let trained = try train("--precision bf16-emulated --limit-batches 1")
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.output.contains("seed 0, bf16-emulated"))
    let file = try String(contentsOfFile: folder.path("models/r/config.yaml"), encoding: .utf8)
    #expect(file.contains("precision: bf16-emulated"))
    let resumed = try zoo("resume r --epochs 3 --precision fp32")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect((resumed.output + resumed.errors).contains("in fp32 in place of bf16-emulated"))
    let unknown = try train("--precision fp16")
    #expect(unknown.status == 64 && unknown.errors.contains("bf16-emulated"))
    let bench = try zoo(
      "bench lenet5 --mode train --batch-size 2 --steps 1 --threads 1 --json --precision bf16-emulated")
    #expect(try JSONValue(parsing: bench.output)["precision"] == "bf16-emulated")
    #expect(bench.output.contains("zoo:bfloat16"))
  }

  @Test func benchSavesAndLeavesNothing() throws {
    let before = try FileManager.default.contentsOfDirectory(atPath: folder.path).count
    let result = try zoo("bench lenet5 --mode save --steps 2 --batch-size 1 --json")
    let report = try JSONValue(parsing: result.output)
    for key in ["write_ms", "save_ms", "open_ms", "read_ms"] {
      #expect((report[key]?["median"]?.double ?? 0) > 0, "\(key)")
    }
    #expect((report["save_speed_ratio"]?.double ?? 0) > 0)
    #expect((report["bytes"]?.integer ?? 0) > 2 * 61_706 * 4)
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains("zoo-bench") }
    #expect(left.isEmpty && before > 0)
  }

  @Test(arguments: [
    ("vgg*_bn", ["vgg11_bn", "vgg19_bn"]), ("RESNET", ["resnet18", "resnet152"]), ("lenet?", ["lenet5"]),
  ])
  func listChooses(pattern: String, names: [String]) throws {
    let models = try JSONValue(parsing: zoo("list \(pattern) --json").output).array ?? []
    let found = models.compactMap { $0["name"]?.string }
    #expect(names.allSatisfy(found.contains))
    #expect(!found.contains("alexnet"))
  }

  @Test func tablesFit80Columns() throws {
    for line in ["list", "show alexnet", "show resnet152", "show vgg19_bn"] {
      let result = try zoo(line)
      #expect(result.status == 0)
      #expect(result.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(line)")
    }
  }

  @Test func shellWordsAreQuoted() {
    #expect(ShellText.quoted("models/a-1") == "models/a-1")
    #expect(ShellText.quoted("my run") == "'my run'")
    #expect(ShellText.quoted("it's") == #"'it'\''s'"#)
    #expect(ShellText.quoted("") == "''")
  }
}
