/// How an image becomes the input of a model in evaluation: resized, its centre cut out, scaled to 0...1, normalised.
public struct EvaluationPreset: Sendable, Hashable, Codable {
  /// How an image is resized, always with antialiasing.
  public enum Resize: Sendable, Hashable, Codable {
    /// The shorter side becomes this many pixels and the proportions stay.
    case shortSide(Int)
    /// Both sides become this many pixels, whatever the proportions were.
    case squash(Int)
  }

  /// How pixels are interpolated.
  public enum Interpolation: String, Sendable, Hashable, Codable {
    case bilinear, bicubic
  }

  /// How the image is resized first.
  public let resize: Resize
  /// The height and width of the centre that is cut out, in pixels.
  public let crop: Int
  /// What is subtracted from each channel, one number per channel.
  public let mean: [Double]
  /// What each channel is then divided by, one number per channel.
  public let std: [Double]
  /// How pixels are interpolated when it is resized.
  public let interpolation: Interpolation

  /// A preset; mean and std have one number per channel.
  public init(
    resize: Resize, crop: Int, mean: [Double], std: [Double], interpolation: Interpolation = .bilinear
  ) {
    self.resize = resize
    self.crop = crop
    self.mean = mean
    self.std = std
    self.interpolation = interpolation
  }

  /// ImageNet's channel statistics.
  static let imagenetMean = [0.485, 0.456, 0.406]
  static let imagenetStd = [0.229, 0.224, 0.225]

  /// What most ImageNet models use: shorter side 256, centre 224.
  public static let imagenet = imagenet(resize: 256)

  /// ImageNet's normalisation after another resize and crop.
  static func imagenet(
    resize: Int, crop: Int = 224, interpolation: Interpolation = .bilinear
  ) -> EvaluationPreset {
    EvaluationPreset(
      resize: .shortSide(resize), crop: crop, mean: imagenetMean, std: imagenetStd, interpolation: interpolation)
  }

  /// Squashed to a square and moved to −1...1.
  static func squashed(to size: Int, channels: Int) -> EvaluationPreset {
    EvaluationPreset(
      resize: .squash(size), crop: size, mean: Array(repeating: 0.5, count: channels),
      std: Array(repeating: 0.5, count: channels))
  }
}

/// Weights that torchvision publishes for a model.
public struct PublishedWeights: Sendable, Hashable {
  /// torchvision's name in lower case, `imagenet1k_v1`.
  public let tag: String
  /// The name of the published file; the hexadecimal digits before `.pth` begin its SHA-256.
  public let file: String
  /// Per cent of ImageNet's validation images whose label comes first; `nil` when none is published.
  public let top1: Double?
  /// Per cent of them whose label is among the first five; `nil` when none is published.
  public let top5: Double?
  /// How images are prepared for these weights.
  public let evaluation: EvaluationPreset
  /// Whether the model needs ``ModelArguments/transformInput`` with these weights.
  public let transformsInput: Bool

  init(
    _ tag: String = "imagenet1k_v1", file: String, top1: Double?, top5: Double?,
    evaluation: EvaluationPreset = .imagenet, transformsInput: Bool = false
  ) {
    self.tag = tag
    self.file = file
    self.top1 = top1
    self.top5 = top5
    self.evaluation = evaluation
    self.transformsInput = transformsInput
  }
}
