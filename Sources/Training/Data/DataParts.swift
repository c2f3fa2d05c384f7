public import Checkpoint
public import Datasets

/// The images that settings name, and which of them are for validation.
struct DataParts {
  /// What the data has for training, before anything is put aside.
  let all: any Dataset
  let training: any Dataset
  /// `nil` when there is no validation.
  let validation: (any Dataset)?
  /// Where the validation images come from, for people.
  let validationName: String
  /// Whether they are a part of the images for training.
  let isPutAside: Bool
  let classNames: [String]

  /// Opens the data; images are not read yet.
  init(_ settings: TrainingSettings) throws {
    let source = try DataSource(settings.data, settings.reading)
    all = try source.open(.training)
    classNames = all.classNames
    isPutAside = settings.validation == nil && !source.hasValidation && settings.validationShare > 0
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
  }
}

/// The images that a training was validated on.
public struct ValidationImages: Sendable {
  /// The images, all of them.
  public let images: any Dataset
  /// The data that they belong to, as the settings name it.
  public let data: String
  /// Whether they were put aside from the images for training, so that the data by itself does not say which they are.
  public let isPutAside: Bool

  /// Those of a run: the same images that the training put aside, where it did.
  /// - Parameter reading: How the data is read in place of how the run read it.
  /// - Returns: `nil` when it was trained without validation.
  /// - Throws: `DatasetsError` when the data is not there any more, or damaged; an error when the settings are.
  public init?(of run: Run, reading: DataSettings? = nil) throws {
    var settings: TrainingSettings = try run.settings().decoded(of: "settings", in: run.settingsPath)
    if let reading { settings.reading = reading }
    let parts = try DataParts(settings)
    guard let validation = parts.validation else { return nil }
    images = validation
    data = settings.validation ?? settings.data
    isPutAside = parts.isPutAside
  }
}
