import Checkpoint
import Fixtures
import Foundation
import Testing

/// `zoo lr-find`, as a user runs it.
struct RangeTestCommandTests {
  private static func zoo(_ line: String, _ folder: TemporaryFolder) throws -> Command.Result {
    try Command.run(line, in: folder.path)
  }

  /// Files of a folder with their bytes, but for what commands print.
  private static func files(_ folder: TemporaryFolder) throws -> [String: Data] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    return Dictionary(
      uniqueKeysWithValues: names.filter { !$0.hasPrefix("std") }.map {
        ($0, FileManager.default.contents(atPath: folder.path($0)) ?? Data())
      })
  }

  /// The curve, its picture and its JSON; no run, no checkpoint, and the file of weights as it was.
  @Test func nothingIsLeftBehind() throws {
    let folder = try TemporaryFolder()
    _ = try TinyData(in: folder)
    let base = "lenet5 --data data --batch-size 16 --threads 1 --workers 1"
    #expect(try Self.zoo("train \(base) --epochs 1 --run r", folder).status == 0)
    let before = try Self.files(folder)
    let json = try Self.zoo("lr-find \(base) --weights r@last --steps 30 --max-lr 1 --json", folder)
    let value = try JSONValue(parsing: json.output)
    #expect(value["points"]?.array?.count ?? 0 > 5)
    #expect(value["points"]?.array?.first?["lr"]?.double == 1e-7)
    #expect(json.status == (value["suggestions"] == .null ? 1 : 0), "\(json.errors)")
    #expect(try Self.files(folder) == before)

    let shown = try Self.zoo("lr-find \(base) --min-lr 1e-4 --max-lr 5 --steps 60 --lr 3 --output a.png", folder)
    #expect(shown.status == 0, "\(shown.errors)")
    for text in ["steepest  ", "minimum   ", "learning rate", "0.0001 to 5, exponential, 60 steps of batch 16, sgd"] {
      #expect(shown.output.contains(text), "\(shown.output)")
    }
    #expect(shown.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(shown.output)")
    let after = try Self.files(folder)
    #expect(Set(after.keys).subtracting(before.keys) == ["a.png"])
    #expect(after["a.png"]?.starts(with: [0x89, 0x50, 0x4E, 0x47]) == true)
    #expect(try Self.zoo("lr-find \(base) --steps 20 --min-lr 1e-8 --max-lr 1e-7", folder).status == 1)
  }

  /// A training's file serves: its schedule and its own min-lr are left out.
  @Test func takesATrainingsFile() throws {
    let folder = try TemporaryFolder()
    _ = try TinyData(in: folder)
    try folder.write(
      """
      model: lenet5
      data: data
      epochs: 5
      schedule: cosine
      min-lr: 1e-4
      warmup-epochs: 1
      keep-epochs: true
      batch-size: 16
      threads: 1
      max-lr: 2
      """, to: "a.yaml")
    let result = try Self.zoo("lr-find --config a.yaml --steps 12 --json", folder)
    let value = try JSONValue(parsing: result.output)
    #expect(value["points"]?.array?.first?["lr"]?.double == 1e-7)
    #expect(try Self.zoo("lr-find --config a.yaml --min-lr 3 --json", folder).errors.contains("from 3.0 to 2.0"))
    try folder.write("model: lenet5\nno-such: 1\n", to: "b.yaml")
    #expect(try Self.zoo("lr-find --config b.yaml", folder).errors.contains("there is no setting 'no-such'"))
  }

  /// Ctrl-C shows what there is, with the picture.
  @Test func canBeInterrupted() throws {
    let folder = try TemporaryFolder()
    _ = try TinyData(in: folder)
    let result = try Command.run(
      "lr-find lenet5 --data data --batch-size 4 --threads 1 --steps 100000 --max-lr 1e-3 --output a.svg",
      in: folder.path,
      signal: (SIGINT, "range  "))
    #expect(result.status == 75, "\(result.errors)")
    #expect(result.errors.contains("stopped after"))
    #expect(FileManager.default.fileExists(atPath: folder.path("a.svg")))
  }

  @Test(arguments: [
    ("--min-lr 0", "from 0.0"), ("--steps 3", "has 3 steps"), ("--smoothing 1", "smoothed by 1.0"),
    ("--diverge-factor 0.5", "0.5 times"), ("--output a.gif", "end it with .png or .svg"),
    ("--batch-size 0", "the batch size is 0"), ("--epochs 3", "Unknown option"),
  ])
  func refuses(options: String, message: String) throws {
    let folder = try TemporaryFolder()
    _ = try TinyData(in: folder)
    let result = try Self.zoo("lr-find lenet5 --data data \(options)", folder)
    #expect(result.status == 64 && result.errors.contains(message), "\(result.errors)")
  }
}
