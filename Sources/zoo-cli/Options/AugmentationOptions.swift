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
      "How images are resized: nearest, bilinear or bicubic. (default: what a YAML model says, or bilinear)",
      valueName: "filter"))
  var interpolation: Interpolation?

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
