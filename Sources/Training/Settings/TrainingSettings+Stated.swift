import Architecture
import Checkpoint
import Datasets
import Foundation
public import Zoo

extension TrainingSettings {
  /// Takes how images are prepared from those who say it, for what the settings leave to the data: normalisation from the
  /// starting weights or else the model's file, resizing from the model's file.
  ///
  /// Weights say it as a checkpoint of this program, and as files of torchvision, of an imported model or of an
  /// architecture of the user's own; other files do not.
  /// - Parameters:
  ///   - published: What torchvision says of the starting weights.
  ///   - takesInterpolation: Whether the way to make pixels is left to the model's file too.
  /// - Returns: What the user should know of it, a line each.
  /// - Throws: An error that names the file that cannot be read.
  public mutating func takeStatedPreprocessing(
    published: PublishedWeights? = nil, takesInterpolation: Bool = true
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
    guard let weights else { return [] }
    guard let stated = try Normalization(of: weights, published) else {
      guard !entry.publishedWeights.isEmpty, variation.normalization == nil else { return [] }
      return [
        "'\(weights.terminalEscaped)' does not say how images were normalised, so it is done as suits the data; where it "
          + "comes from torchvision, '--normalize imagenet' is right"
      ]
    }
    guard [1, entry.inputChannels].contains(stated.mean.count), stated != variation.normalization else { return [] }
    variation.normalization = stated
    guard stated != .half else { return [] }
    return [
      "images are normalised as the weights expect: mean \(stated.mean.map { "\($0)" }.joined(separator: ", ")), std "
        + "\(stated.std.map { "\($0)" }.joined(separator: ", ")); '--normalize data' does what suits the data"
    ]
  }
}

extension Normalization {
  init(_ preset: EvaluationPreset) { self.init(mean: preset.mean, std: preset.std) }

  /// What a file of weights expects; `nil` when it does not say it.
  fileprivate init?(of path: String, _ published: PublishedWeights?) throws {
    let metadata = try CheckpointFile(opening: path).snapshot().metadata
    if metadata.preprocessing != .null {
      let steps = try Preprocessing(json: metadata.preprocessing.text()).transforms
      guard let last = steps.lazy.compactMap(Self.init(step:)).first else { return nil }
      self = last
    } else if let published {
      self.init(published.evaluation)
    } else if let name = metadata.architecture, metadata.arguments != .null {
      let arguments: ModelArguments = try metadata.arguments.decoded(of: "arguments", in: path, keys: .useDefaultKeys)
      guard let definition = arguments.definition else { return nil }
      self.init(try ModelEntry.named(name, definition: definition).evaluation)
    } else {
      return nil
    }
  }

  private init?(step: Transform) {
    guard case .normalize(let mean, let std) = step else { return nil }
    self.init(mean: mean, std: std)
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
