public import Datasets

/// What a training would show its network, before there is one.
public struct DataPreview {
  private let data: TrainingData
  private let mixing: BatchMixing
  private let seed: UInt64

  /// Opens the data that settings name.
  /// - Parameters:
  ///   - settings: What images are read and how they are varied; the model does not matter.
  ///   - inputSize: Height and width that the network would see.
  ///   - channels: 3, or 1 for gray.
  /// - Throws: An error that says what is wrong with the settings or the data.
  public init(_ settings: TrainingSettings, inputSize: Int, channels: Int = 3) throws {
    try settings.validate()
    data = try TrainingData(settings, inputSize: inputSize, channels: channels)
    mixing = settings.mixing
    seed = settings.seed
  }

  /// A sheet of samples.
  /// - Parameters:
  ///   - part: Training images are varied; those for validation are as they are measured.
  ///   - count: How many samples.
  ///   - variants: How many epochs of each are shown side by side.
  /// - Throws: `DatasetsError` when there are no such images, too many are asked for, or one cannot be read.
  public func sheet(
    _ part: DataSource.Part = .training, count: Int = 24, variants: Int = 1
  ) throws(DatasetsError) -> Drawing {
    let isTraining = part == .training
    guard let dataset = isTraining ? data.training : data.validation else {
      throw DatasetsError(.empty, "there are no images for validation")
    }
    let preprocessing = isTraining ? data.preprocessing.training : data.preprocessing.evaluation
    return try ContactSheet(
      dataset, preprocessing: preprocessing, count: count, variants: variants,
      mixing: isTraining ? mixing : BatchMixing(), seed: seed
    ).drawing()
  }
}
