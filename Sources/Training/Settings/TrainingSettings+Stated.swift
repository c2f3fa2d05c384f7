import Architecture
import Checkpoint
import Datasets
import Foundation
public import Zoo

extension TrainingSettings {
  /// Takes how images are prepared from those who say it, for what the settings leave to the data: normalisation from a
  /// file that the training begins from or else from the model's file, resizing from the model's file.
  ///
  /// Checkpoints of this program say it, ONNX models that it exported, files of torchvision, of imported models and of
  /// architectures of the user's own; other files do not.
  /// - Parameters:
  ///   - file: The file that the training goes on from; ``weights`` unless given.
  ///   - published: What torchvision says of the file.
  ///   - takesInterpolation: Whether the way to make pixels is left to the model's file too.
  /// - Returns: What the user should know of it, a line each.
  /// - Throws: An error that names the file that cannot be read.
  public mutating func takeStatedPreprocessing(
    from file: String? = nil, published: PublishedWeights? = nil, takesInterpolation: Bool = true
  ) throws -> [String] {
    let entry = try self.entry()
    if entry.statesEvaluation {
      let size = ImageSize(inputSize ?? entry.inputSize)
      let stated = try Preprocessing(entry.evaluation, channels: entry.inputChannels).scaled(to: size)
      for case .resize(let resize) in stated.transforms {
        variation.resize = resize.target
        if takesInterpolation { variation.interpolation = resize.interpolation }
      }
      if variation.normalization == nil { variation.normalization = stated.normalization }
    }
    guard let file = file ?? weights else { return [] }
    let stated = try Preprocessing(statedBy: file, published)
    guard let stated, let numbers = stated.normalization else {
      guard !entry.publishedWeights.isEmpty, variation.normalization == nil else { return [] }
      return [
        "'\(file.terminalEscaped)' does not say how images were normalised, so it is done as suits the data; where it "
          + "comes from torchvision, '--normalize imagenet' is right"
      ]
    }
    guard stated.channels == entry.inputChannels, numbers != variation.normalization else { return [] }
    // What most trainings from scratch do anyway.
    let isUsual = numbers == .half && variation.normalization == nil
    variation.normalization = numbers
    guard !isUsual else { return [] }
    func list(_ numbers: [Double]) -> String { numbers.map { "\($0)" }.joined(separator: ", ") }
    return [
      "images are normalised as the weights expect: mean \(list(numbers.mean)), std \(list(numbers.std)); "
        + "'--normalize data' does what suits the data"
    ]
  }
}

extension Preprocessing {
  /// What a file of weights says that its images go through; `nil` for a file that does not say it.
  fileprivate init?(statedBy path: String, _ published: PublishedWeights?) throws {
    let file = try CheckpointFile(opening: path)
    let metadata = try file.snapshot().metadata
    if metadata.preprocessing != .null {
      try self.init(json: metadata.preprocessing.text())
    } else if let published {
      try self.init(published.evaluation, channels: published.evaluation.mean.count)
    } else if let text = try? (file.reader as? OnnxReader)?.graph().properties["preprocessing"],
      let stated = try? Preprocessing(json: text)
    {
      self = stated
    } else if let name = metadata.architecture, metadata.arguments != .null {
      let arguments: ModelArguments = try metadata.arguments.decoded(of: "arguments", in: path, keys: .useDefaultKeys)
      guard let definition = arguments.definition else { return nil }
      let entry = try ModelEntry.named(name, definition: definition)
      try self.init(entry.evaluation, channels: entry.inputChannels)
    } else {
      return nil
    }
  }
}
