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
      let preset = entry.evaluation
      variation.resize = preset.resize(for: inputSize ?? entry.inputSize)
      if takesInterpolation {
        variation.interpolation = Interpolation(rawValue: preset.interpolation.rawValue) ?? .bilinear
      }
      if variation.normalization == nil { variation.normalization = Normalization(preset) }
    }
    guard let file = file ?? weights else { return [] }
    guard let stated = try StatedNormalization(of: file, published) else {
      guard !entry.publishedWeights.isEmpty, variation.normalization == nil else { return [] }
      return [
        "'\(file.terminalEscaped)' does not say how images were normalised, so it is done as suits the data; where it "
          + "comes from torchvision, '--normalize imagenet' is right"
      ]
    }
    guard stated.channels == entry.inputChannels, stated.numbers != variation.normalization else { return [] }
    // What most trainings from scratch do anyway.
    let isUsual = stated.numbers == .half && variation.normalization == nil
    variation.normalization = stated.numbers
    guard !isUsual else { return [] }
    func list(_ numbers: [Double]) -> String { numbers.map { "\($0)" }.joined(separator: ", ") }
    return [
      "images are normalised as the weights expect: mean \(list(stated.numbers.mean)), std \(list(stated.numbers.std)); "
        + "'--normalize data' does what suits the data"
    ]
  }
}

extension Normalization {
  init(_ preset: EvaluationPreset) { self.init(mean: preset.mean, std: preset.std) }
}

/// What a file says of the numbers that its network sees.
private struct StatedNormalization {
  let numbers: Normalization
  /// Of the images.
  let channels: Int

  private init(_ numbers: Normalization, channels: Int) { (self.numbers, self.channels) = (numbers, channels) }

  /// `nil` for a file that does not say it.
  init?(of path: String, _ published: PublishedWeights?) throws {
    let file = try CheckpointFile(opening: path)
    let metadata = try file.snapshot().metadata
    if metadata.preprocessing != .null {
      self.init(try Preprocessing(json: metadata.preprocessing.text()))
    } else if let published {
      self.init(Normalization(published.evaluation), channels: published.evaluation.mean.count)
    } else if let text = try? (file.reader as? OnnxReader)?.graph().properties["preprocessing"],
      let stated = try? Preprocessing(json: text)
    {
      self.init(stated)
    } else if let name = metadata.architecture, metadata.arguments != .null {
      let arguments: ModelArguments = try metadata.arguments.decoded(of: "arguments", in: path, keys: .useDefaultKeys)
      guard let definition = arguments.definition else { return nil }
      let entry = try ModelEntry.named(name, definition: definition)
      self.init(Normalization(entry.evaluation), channels: entry.inputChannels)
    } else {
      return nil
    }
  }

  private init?(_ preprocessing: Preprocessing) {
    for step in preprocessing.transforms {
      guard case .normalize(let mean, let std) = step else { continue }
      self.init(Normalization(mean: mean, std: std), channels: preprocessing.channels)
      return
    }
    return nil
  }
}

extension EvaluationPreset {
  /// How images are resized for a crop of another size, with the same margins in proportion.
  fileprivate func resize(for size: Int) -> Resize {
    func scaled(_ side: Int) -> Int { size == crop ? side : max(1, (side * size + crop / 2) / crop) }
    switch resize {
    case .shortSide(let side): return .shortSide(scaled(side))
    case .squash(let side): return .squash(scaled(side))
    }
  }
}
