import ArgumentParser
import Checkpoint
import Fixtures
import Foundation
import Tensors
import Testing
import Training

@testable import zoo_cli

/// Settings from a file, with the command line on top.
struct ConfigurationTests {
  private static func arguments(_ yaml: String, _ line: String) throws -> [String] {
    let folder = try TemporaryFolder()
    try folder.write(yaml, to: "a.yaml")
    let words = line.split(separator: " ").map(String.init)
    return try Configuration.expanded(["train", "--config", folder.path("a.yaml")] + words)
  }

  private static func command(_ yaml: String, _ line: String = "") throws -> TrainCommand {
    try #require(try Zoo.parseAsRoot(arguments(yaml, line)) as? TrainCommand)
  }

  private static let file = """
    # a comment
    model: lenet5
    data: digits   # where
    epochs: 7
    lr: 1e-3
    nesterov: true
    init-weights: false
    lr-for: ["classifier.*=10", 'x=0.5']
    milestones: [3, 5]
    schedule: multistep
    weight_decay:
    skip-corrupt: no
    """

  @Test func theLineIsOnTopOfTheFile() throws {
    let plain = try Self.command(Self.file)
    #expect(plain.model == "lenet5" && plain.data.data == "digits")
    #expect(plain.optimization.epochs == 7 && plain.optimizer.learningRate == 1e-3)
    #expect(plain.optimizer.nesterov == true && plain.network.initWeights == false && !plain.data.skipCorrupt)
    #expect(plain.optimizer.rateFactors.map(\.pattern) == ["classifier.*", "x"])
    #expect(plain.schedule.milestones == [3, 5] && plain.optimizer.weightDecay == nil)

    let changed = try Self.command(Self.file, "alexnet --epochs 9 --lr=0.5 --init-weights --lr-for y=2")
    #expect(changed.model == "alexnet" && changed.optimization.epochs == 9 && changed.optimizer.learningRate == 0.5)
    #expect(changed.network.initWeights == true && changed.optimizer.rateFactors.map(\.pattern) == ["y"])
    #expect(changed.data.data == "digits")
  }

  /// Whatever a file switches on can be switched off on the line, and the other way round; what was said last decides.
  @Test func everyFlagCanBeTakenBack() throws {
    for name in ["train", "resume"] {
      let keys = try CommandKeys(of: name)
      for key in keys.keys where key.isFlag && !keys.isOpposite(key) {
        #expect(keys.opposite(of: key) != nil, "\(name) --\(key.name)")
      }
    }
    let on = """
      model: lenet5
      data: digits
      nesterov: true
      skip-corrupt: true
      three-phases: true
      keep-epochs: true
      deterministic: true
      ema-warmup: true
      winograd: false
      dry-run: true
      """
    let command = try Self.command(on)
    #expect(command.optimizer.nesterov == true && command.data.skipCorrupt && command.schedule.threePhases == true)
    #expect(command.keepEpochs && command.machine.deterministic && command.loss.averageWarmup && command.dryRun)
    #expect(!command.machine.winograd)
    let line =
      "--no-nesterov --no-skip-corrupt --no-three-phases --no-keep-epochs --no-deterministic --no-ema-warmup --winograd "
      + "--no-dry-run"
    let back = try Self.command(on, line)
    #expect(back.optimizer.nesterov == false && !back.data.skipCorrupt && back.schedule.threePhases == false)
    #expect(!back.keepEpochs && !back.machine.deterministic && !back.loss.averageWarmup && !back.dryRun)
    #expect(back.machine.winograd)
    // The name that files of older runs have.
    #expect(try !Self.command("model: lenet5\ndata: digits\nno-winograd: true").machine.winograd)
    #expect(try Self.command("model: lenet5\ndata: digits\nno-winograd: false").machine.winograd)
    // A run's file says all of them, those at their defaults too.
    let yaml = try Configuration(["train", "lenet5", "--data", "digits", "--no-winograd"]).yaml([:])
    #expect(yaml.contains("\nskip-corrupt: false\n") && yaml.contains("\nwinograd: false\n"), "\(yaml)")
  }

  /// A file for 'zoo resume' holds what may change, and nothing else.
  @Test func resumesFromAFile() throws {
    let folder = try TemporaryFolder()
    _ = try TinyData(in: folder)
    func zoo(_ line: String) throws -> Command.Result { try Command.run(line, in: folder.path) }
    let first = try zoo("train lenet5 --data data --epochs 1 --batch-size 16 --threads 1 --run r --deterministic")
    #expect(first.status == 0, "\(first.errors)")
    try folder.write("epochs: 3\nthreads: 1\nearly-stop: 9\ndeterministic: false\n", to: "more.yaml")
    let more = try zoo("resume r --config more.yaml --epochs 2")
    #expect(more.status == 0, "\(more.errors)")
    let settings = try RunStore(folder: folder.path("models")).run("r").settings()
    #expect(settings["epochs"] == 2 && settings["early_stopping"]?["patience"] == 9)
    #expect(settings["is_deterministic"] == false)
    try folder.write("epochs: 3\nlr: 0.1\n", to: "wrong.yaml")
    let wrong = try zoo("resume r --config wrong.yaml")
    #expect(wrong.status == 64 && wrong.errors.contains("line 2: 'lr' cannot change when a training goes on"))
    #expect(wrong.errors.contains("epochs, data, val, threads"), "\(wrong.errors)")
    try folder.write("epoch: 3\n", to: "unknown.yaml")
    #expect(try zoo("resume r --config unknown.yaml").errors.contains("did you mean 'epochs'"))
  }

  @Test(arguments: [
    ("epoch: 3", "did you mean 'epochs'"), ("config: b.yaml", "there is no setting 'config'"),
    ("optimizer:\n  kind: sgd", "holds other settings"), ("nesterov: 3", "must be true or false"),
    ("- a", "expected lines of"), ("a: [[1]]", "list of lists"), ("epochs: [", "not YAML"),
    ("epochs: 1\nepochs: 2", "not YAML"), ("a: &x 1\nb: *x", "anchors"), ("\u{1}: 1", "not YAML"),
    (String(repeating: "[", count: 300), "more brackets"), (String(repeating: "- ", count: 600), "longer than 1000"),
    ("a: " + String(repeating: "{b: ", count: 240), "more brackets"),
    (String(repeating: "a: 1\n", count: 20_000), "64 KiB"),
  ])
  func whatIsWrongIsSaid(yaml: String, message: String) throws {
    let error = try #require(throws: (any Error).self) { try Self.arguments(yaml, "") }
    #expect(Failure(error).message.contains(message), "\(Failure(error).message)")
  }

  /// ArgumentParser knows neither files nor lines.
  @Test(arguments: [
    ("\nepochs: abc", "a.yaml, line 2: The value 'abc' is invalid for '--epochs"),
    ("data: x\nepochs: [1, 2]", "line 2: The value '1,2' is invalid"),
    ("model: m\nlr: 1\nschedule: cosin\nepochs: z", "line 3: The value 'cosin' is invalid for '--schedule"),
  ])
  func wrongValuesAreNamedWithTheirLine(yaml: String, message: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(yaml, to: "a.yaml")
    let result = try Command.run("train lenet5 --data digits --config a.yaml", in: folder.path)
    #expect(result.status == 64 && result.errors.contains(message), "\(result.errors)")
    #expect(!result.errors.contains("Usage"), "\(result.errors)")
    // What is wrong on the line is said of the line.
    let line = try Command.run("train lenet5 --data digits --config a.yaml --batch-size x", in: folder.path)
    #expect(line.status == 64)
  }

  @Test func everyNameOfAnOptionIsItsKey() throws {
    let command = try Self.command("model: lenet5\ndata: x\nvalidation-fraction: 0.25")
    #expect(command.data.validationShare == 0.25)
    #expect(
      try Self.command("model: lenet5\ndata: x\nval-share: 0.5", "--validation-fraction 0.25").data.validationShare
        == 0.25)
    let line = try Configuration(["train", "--validation-fraction", "0.25", "lenet5", "--data", "x"])
    #expect(line.yaml([:]).contains("val-share: 0.25\n") && line.yaml([:]).contains("model: lenet5\n"))
    let twice = try #require(throws: Outcome.self) {
      try Configuration.expanded(["train", "--config", "a", "--config=b"])
    }
    #expect(twice.message.contains("settings come from one: a, b"))
  }

  /// Names with '&' are no anchors, and long lists are read back.
  @Test func whatIsWrittenIsRead() throws {
    #expect(try Self.command("model: lenet5\ndata: 'R &D'  # see &below").data.data == "R &D")
    let weights = (0..<300).map { "\(Double($0) / 7)" }
    let names = (0..<40).map { "layer\($0).*=0.5" }
    let line = ["train", "lenet5", "--data", "x", "--class-weights", weights.joined(separator: ",")]
    let text = try Configuration(line + names.flatMap { ["--lr-for", $0] }).yaml([:])
    #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count < 200 })
    let file = try SettingsFile(text: text, path: "x")
    #expect(file.entries.first { $0.key == "class-weights" }?.values == weights)
    #expect(file.entries.first { $0.key == "lr-for" }?.values == names)
    // Of a training that goes on with another's file, what that file says is left to it.
    let from = try Configuration(["train", "lenet5", "--data", "x", "--from", "a.pth", "--momentum", "0.5"]).yaml([:])
    #expect(from.contains("from: a.pth\n") && from.contains("momentum: 0.5\n") && !from.contains("schedule: "))
    let found = try Configuration(["train", "lenet5", "--data", "x", "--batch-size", "auto", "--memory", "1GB"])
      .yaml(["batch-size": "24", "memory": String?.none])
    #expect(found.contains("batch-size: 24\n") && !found.contains("memory"))
  }

  /// Files that could cost more than they say end in an error or in nothing, and never in a crash.
  @Test func hostileFiles() throws {
    var random = RandomSource(seed: 9, purpose: .synthetic)
    let pieces = [
      "a", ":", " ", "\n", "-", "[", "]", "{", "}", "&x", "*x", "!!t", "'", "\"", "|", ">", "%", "?", "\t", "#", "<<",
      "\u{FEFF}", "é",
    ]
    for _ in 0..<2000 {
      let text = (0..<random.integer(below: 60)).map { _ in pieces[random.integer(below: pieces.count)] }.joined()
      _ = try? SettingsFile(text: text, path: "x")
    }
    // As deep as the limits allow.
    let deep = (0..<330).map { String(repeating: " ", count: $0) + "- - " + "\n" }.joined()
    _ = try? SettingsFile(text: String(decoding: deep.utf8.prefix(SettingsFile.mostBytes), as: UTF8.self), path: "x")
    let flow = String(repeating: "[", count: 199) + String(repeating: "]", count: 199)
    #expect(throws: CommandError.self) { try SettingsFile(text: "a: " + flow, path: "x") }
  }

  @Test(arguments: [
    "plain", "a b", "classifier.*=10", "", "null", "-x", "1e-3", "é", "a\"b", "true: no", "#x", "~", "a\nb",
  ])
  func valuesAreWrittenAsTheyAreRead(value: String) throws {
    let file = try SettingsFile(
      text: "a: \(SettingsText.value(value))\nb: [\(SettingsText.value(value)), c]\n", path: "x")
    #expect(file.entries.map(\.values) == [[value], [value, "c"]])
  }

  /// A resume with other settings is in the run's file, with what was so before; with the same ones it changes nothing.
  @Test func aResumeChangesTheFile() throws {
    let before = "# head\nmodel: m\n\n# Data\ndata: [a,\n  b]\nepochs: 2\n"
    var changes = ResumeChanges()
    changes.data = "c d"
    changes.earlyStoppingPatience = 0
    changes.epochs = 2
    let after = ResumedConfiguration(changes).text(changing: before, from: "epoch 2")
    #expect(
      after == """
        # head
        # 'zoo resume' changed from epoch 2 on: data: "c d" in place of [a,
        # 'zoo resume' changed from epoch 2 on: early-stop: null
        model: m

        # Data
        data: "c d"
        epochs: 2
        early-stop: null

        """)
    #expect(try SettingsFile(text: #require(after), path: "x").entries.count == 4)
    #expect(try ResumedConfiguration(changes).text(changing: #require(after), from: "epoch 3") == nil)
  }

  /// The run keeps what it was told, and a training of that file ends in the same bytes.
  @Test func theRunsFileRepeatsIt() throws {
    let folder = try TemporaryFolder()
    _ = try TinyData(in: folder)
    func zoo(_ line: String) throws -> Command.Result { try Command.run(line, in: folder.path) }
    try folder.write(
      "model: lenet5\ndata: data\nepochs: 2\nbatch-size: 7\naugment: crop\nlr-for: ['fc3.*=2']\n", to: "a.yaml")
    let first = try zoo("train --config a.yaml --lr 0.03 --seed 5 --threads 1 --schedule one-cycle --run a")
    #expect(first.status == 0, "\(first.errors)")
    let second = try zoo("train --config models/a/config.yaml --run b")
    #expect(second.status == 0, "\(second.errors)")
    #expect(try zoo("diff a@last b@last").status == 0)
    let settings = try ["a", "b"].map { try RunStore(folder: folder.path("models")).run($0).settings() }
    #expect(settings[0] == settings[1])
    #expect(settings[0]["seed"] == 5 && settings[0]["batch_size"] == 7)

    let explained = try zoo("config explain --config a.yaml --lr 0.03 --json")
    #expect(explained.status == 0, "\(explained.errors)")
    let rows = try JSONValue(parsing: explained.output).array ?? []
    func source(_ key: String) -> JSONValue? { rows.first { $0["key"]?.string == key }?["source"] }
    #expect(source("epochs") == "a.yaml" && source("lr") == "command line" && source("workers") == "default")
    #expect(rows.first { $0["key"] == "epochs" }?["value"] == "2")
    #expect(try zoo("config explain --config a.yaml --lr -1").status == 64)
    #expect(try zoo("config explain --config nowhere.yaml").status == 1)
    #expect(try zoo("config explain --config a.yaml").output.contains("Setting"))
    #expect(try zoo("train --config a.yaml --epochs 0").errors.contains("number of epochs is 0"))
  }
}
