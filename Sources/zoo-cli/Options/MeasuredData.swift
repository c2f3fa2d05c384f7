import ArgumentParser
import Checkpoint
import Datasets
import Training

/// The images that a checkpoint is measured on.
struct MeasuredData {
  let images: any Dataset
  /// What they are called.
  let name: String
  /// How they stand to the images that the checkpoint was trained on.
  let part: Part

  enum Part {
    /// The data's own part for validation or test, or data that the run was validated on.
    case testing
    /// Put aside from the images for training.
    case putAside
    /// Of which nothing is known.
    case unknown
  }

  /// Opens data, or without it what a run was validated on, as the run read it.
  /// - Parameters:
  ///   - name: The data that the user names.
  ///   - reading: How the user wants it read; without a name and without a wish as the run read it.
  ///   - reference: The word for the checkpoint, for errors.
  init(_ name: String?, of run: Run?, _ reading: DataSettings, reference: String) throws {
    if let name {
      let source = try DataSource(name, reading)
      images = try source.open(.validation)
      self.name = name
      part = source.hasValidation ? .testing : .unknown
      return
    }
    guard let run else {
      throw ValidationError("'\(reference.terminalEscaped)' does not say what it was validated on: give '--data PATH'")
    }
    guard let own = try ValidationImages(of: run, reading: reading == DataSettings() ? nil : reading) else {
      throw ValidationError("'\(run.name.terminalEscaped)' was trained without validation: give '--data PATH'")
    }
    (images, self.name) = (own.images, own.data)
    part = own.isPutAside ? .putAside : .testing
  }
}
