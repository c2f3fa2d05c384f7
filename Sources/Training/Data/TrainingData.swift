import Datasets
import Layers
import Tensors

/// The images of a training with all that is done to them.
struct TrainingData {
  let training: any Dataset
  /// `nil` when there is no validation.
  let validation: (any Dataset)?
  /// Where the validation images come from, for people.
  let validationName: String
  let classNames: [String]
  let preprocessing: PreprocessingPair

  /// Opens the data that settings name; images are not read yet.
  /// - Parameters:
  ///   - inputSize: Height and width that the network sees.
  ///   - channels: Those of its images.
  init(_ settings: TrainingSettings, inputSize: Int, channels: Int) throws {
    let parts = try DataParts(settings)
    (training, validation) = (parts.training, parts.validation)
    (validationName, classNames) = (parts.validationName, parts.classNames)
    preprocessing = try Self.preprocessing(settings, for: parts.all, inputSize: inputSize, channels: channels)
  }

  /// A digest of which images there are, with which labels, and which of them are for validation.
  var digest: String {
    [training.digest, validation?.digest ?? 0].map { String($0, radix: 16) }.joined(separator: "-")
  }
}
