import Checkpoint
import Fixtures
import Foundation
import Testing

/// `zoo train --dry-run`: everything that a training does, and nothing left of it.
struct DryRunTests {
  private static func zoo(_ line: String, _ folder: TemporaryFolder) throws -> Command.Result {
    try Command.run(line, in: folder.path)
  }

  private static func names(_ folder: TemporaryFolder) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix("std") }.sorted()
  }

  @Test func triesAllThatBelongsToAStep() throws {
    let folder = try TemporaryFolder()
    _ = try TinyData(in: folder)
    let base = "train lenet5 --data data --batch-size 16 --threads 1 --epochs 2 --dry-run"
    let before = try Self.names(folder)
    let result = try Self.zoo(
      "\(base) --accumulate 3 --clip-grad-norm 0.5 --ema 0.9 --mixup-alpha 0.2 --run new --keep-epochs", folder)
    #expect(result.status == 0, "\(result.errors)")
    for text in [
      "gradient ", "by the average of weights", "gradients and average", "save      ./models/new can be written to",
      "nothing was written",
    ] { #expect(result.output.contains(text), "\(text) is not in \(result.output)") }
    #expect(try Self.names(folder) == before)
  }

  @Test func goesOnWithWhatWasBegunElsewhere() throws {
    let folder = try TemporaryFolder()
    _ = try TinyData(in: folder)
    let base = "train lenet5 --data data --batch-size 16 --threads 1 --optimizer adam"
    #expect(try Self.zoo("\(base) --epochs 1 --run r", folder).status == 0)
    #expect(try Self.zoo("convert r@last there.pth", folder).status == 0)
    let before = try Self.names(folder)
    let result = try Self.zoo("\(base) --from there.pth --epochs 3 --dry-run", folder)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("goes on   at epoch 2"), "\(result.output)")
    #expect(try Self.names(folder) == before)
    #expect(try Self.zoo("\(base) --from there.pth --epochs 1 --dry-run", folder).errors.contains("1 epochs are done"))
  }

  @Test func saysWhereNothingCanBeSaved() throws {
    let folder = try TemporaryFolder()
    _ = try TinyData(in: folder)
    let base = "train lenet5 --data data --batch-size 16 --threads 1 --epochs 1"
    #expect(try Self.zoo("\(base) --run r", folder).status == 0)
    let taken = try Self.zoo("\(base) --run r --dry-run", folder)
    #expect(taken.status == 1 && taken.errors.contains("there is a run 'r' already"), "\(taken.errors)")
    #expect(try Self.zoo("\(base) --run ../x --dry-run", folder).status == 1)
    let nowhere = try Self.zoo("\(base) --store /proc/zoo --dry-run", folder)
    #expect(nowhere.status == 1 && nowhere.errors.contains("/proc: "), "\(nowhere.errors)")
    try folder.write("", to: "file")
    let file = try Self.zoo("\(base) --store file --dry-run", folder)
    #expect(file.status == 1 && file.errors.contains("is no folder"), "\(file.errors)")
  }
}
