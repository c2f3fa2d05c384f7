import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whether and how the images of a batch are mixed with their neighbours: mixup (Zhang et al. 2018) or CutMix (Yun et al.
/// 2019), as torchvision's transforms of batches do it. When both are wanted, each batch has one of them, chosen at random.
public struct BatchMixing: Sendable, Hashable, Codable {
  /// α of the Beta(α, α) that shares are drawn from by mixup; 0 for no mixup.
  public var mixupAlpha = 0.0
  /// The same for CutMix.
  public var cutmixAlpha = 0.0

  /// No mixing.
  public init() {}

  /// Mixing by one or both.
  public init(mixupAlpha: Double, cutmixAlpha: Double) {
    self.mixupAlpha = mixupAlpha
    self.cutmixAlpha = cutmixAlpha
  }

  /// Whether there is anything to do.
  public var isNone: Bool { mixupAlpha == 0 && cutmixAlpha == 0 }

  /// What happens to a batch; `nil` when nothing does.
  /// - Parameters:
  ///   - size: Of its images.
  ///   - random: A stream of the batch's own.
  func mixture(size: ImageSize, _ random: inout RandomSource) -> Mixture? {
    guard !isNone else { return nil }
    let isMixup = mixupAlpha > 0 && (cutmixAlpha == 0 || random.uniform() < 0.5)
    guard isMixup else {
      return .cutmix(PixelBox(share: random.beta(cutmixAlpha), size: size, &random), of: size)
    }
    return .mixup(share: random.beta(mixupAlpha))
  }
}

extension RandomSource {
  /// A number of the distribution Beta(α, α), in 0...1, as X / (X + Y) of two numbers of Gamma(α).
  mutating func beta(_ alpha: Double) -> Double {
    let (x, y) = (logGamma(alpha), logGamma(alpha))
    return 1 / (1 + exp(y - x))
  }

  /// The logarithm of a number of the distribution Gamma(α) with scale 1: small α give numbers that a double cannot hold.
  ///
  /// Marsaglia and Tsang, "A simple method for generating gamma variables" (2000), with their step from α + 1 to α.
  private mutating func logGamma(_ alpha: Double) -> Double {
    // In (0, 1], so that there is a logarithm.
    func open() -> Double { 1 - uniform(0, 1) }
    let boost = alpha < 1 ? log(open()) / alpha : 0
    let d = (alpha < 1 ? alpha + 1 : alpha) - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      if log(open()) < x * x / 2 + d * (1 - v + log(v)) { return log(d * v) + boost }
    }
  }
}
