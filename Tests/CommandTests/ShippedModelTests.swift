import Checkpoint
import Fixtures
import Foundation
import Testing

/// Models that come with zoo: made from a run, found by `MODEL@DATA`, with a card that tells the truth.
struct ShippedModelTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    _ = try TinyData(in: folder)
    let trained = try zoo(
      "train lenet5 --data data --epochs 2 --batch-size 12 --threads 1 --seed 7 --ema 0.5 --run tiny")
    #expect(trained.status == 0, "\(trained.errors)")
  }

  private func zoo(_ line: String, shipped: String? = nil) throws -> Command.Result {
    try Command.run(
      line.split(separator: " ").map(String.init), in: folder.path,
      environment: ["ZOO_WEIGHTS": folder.path("store"), "ZOO_MODELS": folder.path(shipped ?? "none")])
  }

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: folder.path(name), encoding: .utf8)
  }

  private func top1(_ result: Command.Result) -> String? {
    result.output.split(separator: "\n").first { $0.hasPrefix("top-1 ") }?.split(separator: " ").dropFirst().first
      .map(String.init)
  }

  /// The card has the figure that an evaluation gives, to the last digit, and what a repetition needs.
  @Test func cardsTellTheTruth() throws {
    let shipped = try zoo("runs ship tiny --as lenet5@tiny --to share --threads 1")
    #expect(shipped.status == 0, "\(shipped.errors)")
    let evaluated = try zoo("evaluate lenet5@tiny --threads 1", shipped: "share")
    #expect(evaluated.status == 0, "\(evaluated.errors)")
    let figure = try #require(top1(evaluated))
    let card = try text("share/lenet5@tiny/CARD.md")
    #expect(card.hasPrefix("# lenet5@tiny\n") && card.contains("**Top-1 \(figure)** on the 15 images of `data`"))
    for part in [
      "| seed | 7 |", "| epochs | 2, batch 12 |", "sgd lr 0.01", "| 2 | ", "curve.svg", "SHA-256 `", "decay 0.5",
      "zoo train --config config.yaml", "this card is of the weights themselves",
    ] { #expect(card.contains(part), "\(part): \(card)") }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("share/lenet5@tiny")).sorted()
    #expect(
      names == [
        "CARD.md", "best.h5", "class_indices.json", "config.yaml", "curve.svg", "log.jsonl", "settings.json",
      ])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("share")) == ["lenet5@tiny"])
    // The optimizer and the average stay behind: the file is that of the weights.
    let contents = try JSONValue(parsing: zoo("inspect lenet5@tiny --json", shipped: "share").output)
    #expect(contents["tensors"]?.array?.count == 10, "\(contents)")
    #expect(try zoo("diff lenet5@tiny tiny@best", shipped: "share").output.contains("average") == false)
    #expect(try !text("share/lenet5@tiny/log.jsonl").contains("\"event\": \"step\""))
    // What begins with '#' would be a heading; the card of a run stands in its folder.
    let own = try zoo("runs card tiny --ema --threads 1")
    #expect(own.status == 0 && top1(own) != nil, "\(own)")
    // The heading says which checkpoint it is, so that its commands are about that.
    let ownCard = try text("models/tiny/CARD.md")
    #expect(ownCard.hasPrefix("# tiny@best\n") && ownCard.contains("zoo evaluate tiny@best --ema --data data\n"))
    #expect(try top1(zoo("evaluate tiny@best --ema --data data --threads 1")) == top1(own))
    // A folder stands for its checkpoint.
    #expect(try top1(zoo("evaluate share/lenet5@tiny --threads 1")) == figure)
  }

  /// Images that were put aside from those for training are found again; the others would flatter.
  @Test func whatWasPutAsideIsMeasured() throws {
    _ = try TinyFolder(in: folder, named: "photos", classes: ["x": 20, "y": 20])
    let trained = try zoo(
      "train lenet5 --data photos --val-share 0.25 --epochs 1 --batch-size 10 --threads 1 --run own --class-order natural"
    )
    #expect(trained.status == 0, "\(trained.errors)")
    let own = try zoo("evaluate own@best --threads 1 --json")
    #expect(own.status == 0, "\(own.errors)")
    let report = try JSONValue(parsing: own.output)
    #expect(report["images"]?.integer == 10, "\(own.output)")
    let log = try text("models/own/log.jsonl").split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    let validation = log.last { $0["event"] == "epoch" }?["val_loss"]?.double
    #expect(abs(try #require(report["loss"]?.double) - (try #require(validation))) < 1e-6)
    #expect(try zoo("runs card own --threads 1").status == 0)
    let card = try text("models/own/CARD.md")
    #expect(card.contains("on the 10 images of `photos` that were put aside from those for training"))
    #expect(card.contains("zoo evaluate own@best\n"))
    // Of data that the user names nothing is claimed.
    #expect(try zoo("runs card own --data photos --threads 1").status == 0)
    #expect(try text("models/own/CARD.md").contains("on the 40 images of `photos`: "))
    #expect(try zoo("train lenet5 --data photos --val-share 0 --epochs 1 --threads 1 --run all").status == 0)
    let none = try zoo("evaluate all@last --threads 1")
    #expect(none.status == 64 && none.errors.contains("without validation"), "\(none)")
  }

  /// How the run read its data is known without being told again.
  @Test func listsAreReadAsTheRunReadThem() throws {
    _ = try TinyFolder(in: folder, named: "photos", classes: ["x": 4, "y": 4])
    let rows = (0..<4).flatMap { ["x/\($0).png,x", "y/\($0).png,y"] }
    try folder.write((["path,label"] + rows).joined(separator: "\n") + "\n", to: "list.csv")
    let trained = try zoo(
      "train lenet5 --data list.csv --val list.csv --data-root photos --epochs 1 --batch-size 4 --threads 1 --run listed"
    )
    #expect(trained.status == 0, "\(trained.errors)")
    for line in ["evaluate listed@best", "runs card listed", "runs ship listed --as lenet5@listed"] {
      let result = try zoo(line + " --threads 1")
      #expect(result.status == 0, "\(line): \(result.errors)")
    }
  }

  @Test func replacingTakesNothingElse() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path("models/a@b/notes"), withIntermediateDirectories: true)
    let refused = try zoo("runs ship tiny --as a@b --replace --threads 1")
    #expect(refused.status == 1 && refused.errors.contains("no model that '--replace' may remove"), "\(refused)")
    #expect(FileManager.default.fileExists(atPath: folder.path("models/a@b/notes")))
  }

  /// The average is what is shipped when that is asked for.
  @Test func averagesAreShippedAsWeights() throws {
    #expect(try zoo("runs ship tiny@last --ema --as lenet5@tiny --threads 1").status == 0)
    let shipped = try zoo("evaluate lenet5@tiny --threads 1 --json")
    let average = try zoo("evaluate tiny@last --ema --data data --threads 1 --json")
    let (first, second) = (try JSONValue(parsing: shipped.output), try JSONValue(parsing: average.output))
    #expect(first["loss"] != nil && first["loss"] == second["loss"])
    #expect(try text("models/lenet5@tiny/CARD.md").contains("by the average of weights.\n"))
    // Its card is right, and cannot be written over by one that takes the weights for no average.
    let again = try zoo("runs card lenet5@tiny --threads 1")
    #expect(again.status == 1 && again.errors.contains("came with its card"), "\(again)")
    #expect(try text("models/lenet5@tiny/CARD.md").contains("by the average of weights.\n"))
    // Registered weights cannot hide it.
    let hidden = try zoo("weights add models/tiny/best.h5 --name lenet5@tiny")
    #expect(hidden.status == 1 && hidden.errors.contains("comes with zoo"), "\(hidden)")
    // In the store itself it is found too, and is no run.
    #expect(try !zoo("runs --json").output.contains("lenet5@tiny"))
    let refused = try zoo("runs ship tiny --as lenet5@tiny --threads 1")
    #expect(refused.status == 1 && refused.errors.contains("--replace"), "\(refused.errors)")
    #expect(try zoo("runs ship tiny --as lenet5@tiny --replace --threads 1").status == 0)
    let resumed = try zoo("resume lenet5@tiny")
    #expect(resumed.status == 1, "\(resumed)")
    #expect(try zoo("list lenet --has-weights").output.contains("lenet5@tiny"))
    #expect(try zoo("train lenet5 --data data --weights lenet5@tiny --epochs 1 --dry-run --threads 1").status == 0)
  }

  @Test(arguments: [
    ("runs ship tiny --as lenet5", "it has no '@'"), ("runs ship tiny --as lenet5@best", "stands for a checkpoint"),
    ("runs ship tiny --as ../a@b", "holds '/'"), ("runs ship tiny@9 --as a@b", "it has: last, best"),
    ("runs ship nothing --as a@b", "no run 'nothing'"), ("runs card data/nothing@best", "no such file"),
    ("evaluate lenet5@tniy", "no run 'lenet5'"), ("evaluate nothing.h5", "no such file"),
  ])
  func wrongWords(line: String, message: String) throws {
    let result = try zoo(line)
    #expect(result.status == 1 && result.errors.contains(message), "\(result)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("models")) == ["tiny"])
  }

  /// A word that is nearly a model's name is answered with those that there are.
  @Test func nearbyNames() throws {
    #expect(try zoo("runs ship tiny --as lenet5@tiny --to share --threads 1").status == 0)
    let result = try zoo("evaluate lenet5@tniy", shipped: "share")
    #expect(result.status == 1 && result.errors.contains("models that come with zoo: lenet5@tiny"), "\(result.errors)")
    #expect(try zoo("evaluate share/lenet5@tiny/best.h5").errors.contains("give '--data PATH'"))
  }
}
