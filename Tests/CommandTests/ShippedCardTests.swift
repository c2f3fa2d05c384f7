import Checkpoint
import Fixtures
import Foundation
import Testing

/// The models that come with zoo do what their cards say.
@Suite struct ShippedCardTests {
  private static let models = DocumentationTests.root.appending(path: "models")

  /// Those that are there, with the accuracy that they must have.
  @Test(arguments: shipped)
  func theCardSaysWhatTheModelDoes(name: String) throws {
    let folder = try TemporaryFolder()
    let card = try String(contentsOf: Self.models.appending(path: "\(name)/CARD.md"), encoding: .utf8)
    let result = try Command.run("evaluate \(name)", in: folder.path)
    #expect(result.status == 0, "\(result)")
    let line = try #require(result.output.split(separator: "\n").first { $0.hasPrefix("top-1") })
    let figure = try #require(line.split(separator: " ").dropFirst().first)
    #expect(card.contains("**Top-1 \(figure)**"), "\(line)")
    let weights = try #require(
      try FileManager.default.attributesOfItem(atPath: Self.models.appending(path: "\(name)/best.h5").path)[.size]
        as? Int)
    #expect(weights < 2_000_000)
  }

  private static let shipped = ["lenet5@fashion-mnist", "resnet20@fashion-mnist"]
}
