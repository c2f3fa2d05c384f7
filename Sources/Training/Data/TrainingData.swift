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
    let source = try DataSource(settings.data, settings.reading)
    let all = try source.open(.training)
    classNames = all.classNames
    if let name = settings.validation {
      let other = try DataSource(name, settings.reading)
      training = all
      validation = try other.open(.validation).relabeled(to: classNames)
      validationName = other.describe(.validation)
    } else if source.hasValidation {
      training = all
      validation = try source.open(.validation).relabeled(to: classNames)
      validationName = source.describe(.validation)
    } else if settings.validationShare > 0 {
      let parts = all.split(validationFraction: settings.validationShare, seed: settings.seed)
      training = parts.training
      validation = parts.validation.count > 0 ? parts.validation : nil
      validationName = "put aside from the training images"
    } else {
      training = all
      validation = nil
      validationName = "none"
    }
    preprocessing = try Self.preprocessing(settings, for: all, inputSize: inputSize, channels: channels)
  }

  /// A digest of which images there are, with which labels, and which of them are for validation.
  var digest: String {
    [training.digest, validation?.digest ?? 0].map { String($0, radix: 16) }.joined(separator: "-")
  }
}
