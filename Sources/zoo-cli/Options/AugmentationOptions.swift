public import ArgumentParser
public import Datasets
public import Training

extension AugmentationSettings.Policy: ExpressibleByArgument {}
extension Pad.Mode: ExpressibleByArgument {}
extension Interpolation: ExpressibleByArgument {}

/// How training images vary beyond '--augment'.
struct AugmentationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Operations chosen at random: trivial (TrivialAugmentWide) or rand (RandAugment).", valueName: "policy"))
  var autoAugment: AugmentationSettings.Policy?

  @Option(parsing: .unconditional, help: ArgumentHelp("Operations of RandAugment for an image.", valueName: "n"))
  var augmentOps = 2

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Strength of RandAugment's operations, 0 to 30.", valueName: "n"))
  var augmentStrength = 9

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Change brightness, contrast, saturation and hue at random, as 0.4,0.4,0.4,0.1.", valueName: "amounts"))
  var colorJitter: ColorAmounts?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Take colours away with a probability.", valueName: "share"))
  var randomGrayscale = 0.0

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Turn images by up to so many degrees.", valueName: "degrees"))
  var rotation = 0.0

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Turn images upside down with a probability.", valueName: "share"))
  var verticalFlip = 0.0

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Erase a random rectangle with a probability.", valueName: "share"))
  var randomErasing = 0.0

  @Option(
    help: ArgumentHelp("What '--augment pad' pads with: constant, edge, reflect or symmetric.", valueName: "mode"))
  var paddingMode = Pad.Mode.constant

  @Option(
    help: ArgumentHelp(
      "How images are resized: nearest, bilinear or bicubic. (default: bilinear, or what a YAML model says)",
      valueName: "filter"))
  var interpolation: Interpolation?

  @Option(
    help: ArgumentHelp(
      "What images are normalised by: auto (what the weights or a YAML model say, or else data), data (what suits the data), "
        + "imagenet, half (to -1...1), or MEANS/STDS such as 0.5,0.4,0.4/0.2,0.2,0.2.", valueName: "how"))
  var normalize = NormalizationChoice.auto

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Mix each image with another by mixup; shares are of Beta(x, x).", valueName: "x"))
  var mixupAlpha = 0.0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Put a rectangle of another image into each by CutMix, or with '--mixup-alpha' by one of both at random.",
      valueName: "x"))
  var cutmixAlpha = 0.0

  /// How batches are mixed.
  var mixing: BatchMixing { BatchMixing(mixupAlpha: mixupAlpha, cutmixAlpha: cutmixAlpha) }

  /// Completes the settings of a training with what its starting weights and its model's file say of images.
  func complete(_ settings: inout TrainingSettings, weights: CheckpointChoice?) throws {
    guard normalize == .auto else {
      // How images are resized is the file's word all the same.
      let wanted = normalize.normalization
      _ = try settings.takeStatedPreprocessing(takesInterpolation: interpolation == nil)
      settings.variation.normalization = wanted
      return
    }
    try settings.takeStatedPreprocessing(published: weights?.published, takesInterpolation: interpolation == nil)
      .forEach { Output.note($0) }
  }

  /// The settings that the options mean.
  var settings: AugmentationSettings {
    var settings = AugmentationSettings()
    settings.policy = autoAugment
    settings.operations = augmentOps
    settings.magnitude = augmentStrength
    if let colorJitter { settings.colorJitter = colorJitter.values }
    settings.grayscale = randomGrayscale
    settings.rotation = rotation
    settings.verticalFlip = verticalFlip
    settings.erasing = randomErasing
    settings.paddingMode = paddingMode
    settings.interpolation = interpolation ?? .bilinear
    settings.normalization = normalize.normalization
    return settings
  }
}

/// Up to four amounts with commas between them; what is missing is 0.
struct ColorAmounts: ExpressibleByArgument {
  let values: [Double]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    let values = parts.compactMap { $0 }
    guard values.count == parts.count, (1...4).contains(values.count) else { return nil }
    self.values = values + [Double](repeating: 0, count: 4 - values.count)
  }
}
