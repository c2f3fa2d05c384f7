import ArgumentParser
import Datasets
import Training

/// How data is read, beyond where it lies.
struct DataReadingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How classes are numbered: code-point, as torchvision (1, 10, 2), or natural, as timm (1, 2, 10).",
      valueName: "order"))
  var classOrder = ClassOrder.codePoint

  @Option(
    help: ArgumentHelp(
      "The folder that the images of a list lie in. (default: what the list says, or its own folder)",
      valueName: "folder"))
  var dataRoot: String?

  @Option(
    help: ArgumentHelp(
      "The name of each class number: a JSON file as the run folder has one, {\"0\": \"daisy\", ...}.",
      valueName: "file")
  )
  var classIndices: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Samples of tar archives that wait to be drawn from in a random epoch.", valueName: "n"))
  var shuffleBuffer = 1000

  func validate() throws {
    guard shuffleBuffer >= 1 else {
      throw ValidationError("'--shuffle-buffer \(shuffleBuffer)' holds no sample; it must be at least 1")
    }
  }

  /// The settings that the options mean.
  func settings() throws -> DataSettings {
    var settings = DataSettings()
    settings.classOrder = classOrder
    settings.root = dataRoot
    settings.shuffleBuffer = shuffleBuffer
    settings.classNames = try classIndices.map { try ClassIndices(contentsOf: $0).names }
    return settings
  }
}
