import Checkpoint
import Fixtures
import Foundation
import Testing

/// What is made of runs, and a log that kills do not spoil.
struct RunsCommandTests {
  /// A training killed again and again has one log: every step and epoch once, in order, with the numbers of a training
  /// that was left alone.
  @Test func killsDoNotSpoilTheLog() throws {
    let folder = try TemporaryFolder()
    _ = try TinyData(in: folder)
    func zoo(_ line: String) throws -> Command.Result { try Command.run(line, in: folder.path) }
    let line = "train lenet5 --data data --epochs 5 --batch-size 4 --threads 1 --lr 0.02"
    #expect(try zoo("\(line) --run whole").status == 0)
    var wasKilled = 0
    for (number, milliseconds) in [250, 400, 550, 700].enumerated() {
      let words = number == 0 ? "\(line) --run r" : "resume r"
      let child = try Command.spawn(
        [Command.binary.path] + words.split(separator: " ").map(String.init), in: folder.path, output: "/dev/null",
        errors: "/dev/null")
      usleep(UInt32(milliseconds * 1000))
      kill(child, SIGKILL)
      var status: Int32 = 0
      waitpid(child, &status, 0)
      if status & 0x7F == SIGKILL { wasKilled += 1 }
    }
    #expect(wasKilled > 0)
    // Killed before the run was made, it begins now.
    let runs = RunStore(folder: folder.path("models"))
    if (try? runs.run("r")) == nil { #expect(try zoo("\(line) --run r").status == 0) }
    let rest = try zoo("resume r")
    #expect(rest.status == 0 || rest.errors.contains("finished"), "\(rest.errors)")
    func measured(_ run: String) throws -> [[JSONValue?]] {
      try RunLog.entries(at: folder.path("models/\(run)/log.jsonl"))
        .filter { ["step", "epoch"].contains($0["event"]?.string) }
        .map { entry in ["event", "step", "epoch", "loss", "top1", "val_loss", "lr"].map { entry[$0] } }
    }
    #expect(try measured("r") == measured("whole"))
    #expect(try measured("r").count == 5 * 15 + 5)

    // All else is made of it.
    let table = try zoo("runs export r --csv -")
    #expect(
      table.status == 0 && table.output.split(whereSeparator: \.isNewline).count == 6, "\(table.output)\(table.errors)")
    #expect(try zoo("runs export r whole --tensorboard boards").status == 0)
    #expect(try zoo("runs export r --csv steps.csv --steps").status == 0)
    for name in ["boards/r/events.out.tfevents.zoo", "boards/whole/events.out.tfevents.zoo", "steps.csv"] {
      #expect(FileManager.default.fileExists(atPath: folder.path(name)), "\(name)")
    }
    let plot = try zoo("plot r whole")
    #expect(plot.status == 0 && plot.output.contains("top-1 accuracy") && plot.output.contains("o whole"))
    #expect(plot.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    for name in ["plot.png", "plot.svg"] {
      #expect(try zoo("plot r whole --output \(name)").status == 0)
      #expect(FileManager.default.fileExists(atPath: folder.path(name)))
    }
    #expect(try zoo("plot r --output plot.jpg").status == 64)
    // These images are resized whole: there are no corners to cut out.
    #expect(try zoo("evaluate r --data data --tta five-crop").errors.contains("'flip' works"))
    #expect(try zoo("plot nothing").status == 1)
    #expect(try zoo("runs export r whole --csv a.csv").status == 64)
  }

  /// Killed between the making of the run and its first checkpoint, a training begun elsewhere does not begin anew.
  @Test func aTrainingBegunElsewhereIsNotBegunAnew() throws {
    let folder = try TemporaryFolder()
    _ = try TinyData(in: folder)
    let line = "train lenet5 --data data --epochs 2 --batch-size 16 --threads 1"
    #expect(try Command.run("\(line) --epochs 1 --run first", in: folder.path).status == 0)
    let (settings, last) = (folder.path("models/r/settings.json"), folder.path("models/r/last.h5"))
    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
    for _ in 0..<20 {
      try? FileManager.default.removeItem(atPath: folder.path("models/r"))
      let child = try Command.spawn(
        [Command.binary.path] + "\(line) --from first --run r".split(separator: " ").map(String.init), in: folder.path,
        output: "/dev/null", errors: "/dev/null")
      for _ in 0..<20_000 where !exists(settings) { usleep(500) }
      kill(child, SIGKILL)
      var status: Int32 = 0
      waitpid(child, &status, 0)
      if !exists(last) { break }
    }
    #expect(!exists(last))
    let told = try JSONValue(parsing: String(contentsOfFile: settings, encoding: .utf8))
    #expect(told["continued"]?.string?.hasSuffix("models/first/last.h5") == true)
    let resumed = try Command.run("resume r", in: folder.path)
    #expect(resumed.status == 1 && resumed.errors.contains("was to go on with"), "\(resumed.errors)")
    #expect(!exists(last))
  }

  /// The command that a training ends with works, and a resume with other settings is in the run's file of settings.
  @Test func whatATrainingSaysAtItsEndIsTrue() throws {
    let folder = try TemporaryFolder()
    _ = try TinyData(in: folder)
    func zoo(_ line: String) throws -> Command.Result { try Command.run(line, in: folder.path) }
    let line = "train lenet5 --data data --batch-size 16 --threads 1 --ema 0.9 --run"
    let none = try zoo("\(line) none --epochs 1 --ema-every 100")
    #expect(none.output.contains("zoo evaluate none@best --data data"), "\(none.output)")
    #expect(none.errors.contains("there will be none"), "\(none.errors)")
    let some = try zoo("\(line) r --epochs 2 --keep-epochs --keep-best 1")
    #expect(some.output.contains("zoo evaluate r@best --ema --data data"), "\(some.output)")

    func configuration() throws -> String {
      try String(contentsOfFile: folder.path("models/r/config.yaml"), encoding: .utf8)
    }
    let before = try configuration()
    #expect(try zoo("resume r --epochs 3 --early-stop 9 --threads 1").status == 0)
    let after = try configuration()
    #expect(before.contains("\nepochs: 2\n") && after.contains("\nepochs: 3\n") && after.contains("\nearly-stop: 9\n"))
    #expect(after.contains("\n# 'zoo resume' changed from epoch 3 on: epochs: 3 in place of 2\n"), "\(after)")
    #expect(try zoo("train --config models/r/config.yaml --run again").output.contains("epoch 3/3"))
    #expect(try zoo("resume r --epochs 3").status == 1)
    #expect(try configuration() == after)

    let best = try #require(JSONValue(parsing: zoo("runs --json").output).array?.first { $0["name"] == "r" })
    #expect(best["checkpoints"] == ["last", "best", "1", "2", "3"], "\(best)")
    #expect(try zoo("runs prune r --dry-run").output.contains("2 files"))
    #expect(try zoo("runs prune r --all").output.contains("3 files"))
    let average = try zoo("train lenet5 --data data --weights r@best --epochs 1 --threads 1 --no-weights-ema --dry-run")
    #expect(average.status == 0 && !average.errors.contains("average"), "\(average.errors)")
  }

  @Test func schedulesAreDrawn() throws {
    let folder = try TemporaryFolder()
    let shown = try Command.run("lr-plot --schedule one-cycle --epochs 5", in: folder.path)
    #expect(shown.status == 0 && shown.output.split(separator: "\n").count > 15)
    #expect(try Command.run("lr-plot --schedule step*cosine --output a.png", in: folder.path).status == 0)
    let wrong = try Command.run("lr-plot --schedule one-cycle --warmup-epochs 1", in: folder.path)
    #expect(wrong.status == 64 && wrong.errors.contains("takes no warm-up"))
    #expect(try Command.run("lr-plot --schedule zigzag", in: folder.path).status == 64)
  }

  @Test func evaluationAndPredictionSayEverything() throws {
    let folder = try TemporaryFolder()
    _ = try TinyFolder(in: folder, named: "data", classes: ["a": 9, "b": 9])
    func zoo(_ line: String) throws -> Command.Result { try Command.run(line, in: folder.path) }
    #expect(try zoo("train lenet5 --data data --val data --epochs 1 --batch-size 6 --threads 1 --run r").status == 0)
    let result = try zoo(
      "evaluate r --data data --json --worst 3 --tta flip --csv c.csv --confusion m.csv --threads 1 --batch-size 4")
    #expect(result.status == 0, "\(result.errors)")
    let report = try JSONValue(parsing: result.output)
    let matrix = report["confusion"]?.array?.compactMap { $0.array?.compactMap(\.integer) } ?? []
    #expect(matrix.flatMap(\.self).reduce(0, +) == 18 && matrix.map { $0.reduce(0, +) } == [9, 9])
    #expect(report["calibration"]?.array?.count == 15 && report["ece"]?.double != nil)
    let wrong = 18 - (report["correct"]?.integer ?? 0)
    #expect(report["worst"]?.array?.count ?? 0 == min(wrong, 3))
    #expect(report["worst"]?.array?.allSatisfy { $0["image"]?.string?.hasPrefix("data/") == true } ?? true)
    for name in ["c.csv", "m.csv"] {
      #expect(
        try String(contentsOfFile: folder.path(name), encoding: .utf8).split(whereSeparator: \.isNewline).count == 3)
    }
    #expect(try zoo("evaluate r --data data --tta ten-crop --threads 1").status == 0)

    try folder.write("no image", to: "bad.png")
    try folder.write("data/a/0.png\nbad.png\ndata/b/1.png\n", to: "names")
    let predicted = try zoo("predict r bad.png data/a/0.png nowhere.png data/b --json --threads 1")
    #expect(
      predicted.status == 1 && predicted.errors.contains("2 images of 12 could not be read"), "\(predicted.errors)")
    let lines = try predicted.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    #expect(lines.count == 12 && lines.compactMap { $0["error"]?.string }.count == 2)
    #expect(Set(lines.filter { $0["error"] != nil }.compactMap { $0["image"]?.string }) == ["bad.png", "nowhere.png"])
    #expect(predicted.errors.contains("a second; 2 could not be read"))
    #expect(try zoo("predict r bad.png data/a/0.png --skip-corrupt --threads 1").status == 0)
  }
}
