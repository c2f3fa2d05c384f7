import ArgumentParser
import Training

/// What numbers a network sees.
struct NormalizationOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What images are normalised by: auto (what the weights or a YAML model say, or else data), data (what suits the data), "
        + "imagenet, half (to -1...1), or MEANS/STDS such as 0.5,0.4,0.4/0.2,0.2,0.2.", valueName: "how"))
  var normalize = NormalizationChoice.auto

  /// Completes the settings of a training with what says how its images are prepared.
  /// - Parameters:
  ///   - start: The weights that it begins with.
  ///   - continued: The file of a training that it goes on with.
  ///   - saysInterpolation: Whether the user has said how images are resized.
  func complete(
    _ settings: inout TrainingSettings, weights start: CheckpointChoice?, from continued: String? = nil,
    saysInterpolation: Bool
  ) throws {
    settings.variation.normalization = normalize.normalization
    let notes = try settings.takeStatedPreprocessing(
      from: continued, published: start?.published, takesInterpolation: !saysInterpolation)
    if normalize == .auto {
      notes.forEach { Output.note($0) }
    } else {
      // How images are resized is the file's word all the same.
      settings.variation.normalization = normalize.normalization
    }
  }
}
