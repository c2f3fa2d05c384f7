/// Means and standard deviations of channels, as fractions of 255.
public struct Normalization: Sendable, Hashable, Codable {
  /// One per channel, or one for all.
  public let mean: [Double]
  /// One per channel, or one for all; above 0.
  public let std: [Double]

  /// One mean and one standard deviation per channel, or one for all.
  public init(mean: [Double], std: [Double]) {
    self.mean = mean
    self.std = std
  }

  /// Maps 0...1 to −1...1, as the tutorial does.
  public static let half = Normalization(mean: [0.5], std: [0.5])

  /// ImageNet's statistics, which torchvision's pretrained weights expect. For RGB.
  public static let imageNet = Normalization(mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])

  /// Fashion-MNIST's statistics.
  public static let fashionMNIST = Normalization(mean: [FashionMNIST.mean], std: [FashionMNIST.standardDeviation])

  var transform: Transform { .normalize(mean: mean, std: std) }
}
