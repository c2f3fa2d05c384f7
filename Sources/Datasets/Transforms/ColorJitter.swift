import Tensors

/// Changes brightness, contrast, saturation and hue by random amounts, in random order: torchvision's `ColorJitter`.
public struct ColorJitter: Sendable, Hashable, Codable {
  /// The factors that brightness, contrast and saturation are multiplied by, drawn uniformly; 1...1 for none.
  public let brightness, contrast, saturation: ClosedRange<Double>
  /// The part of the circle of colours that the hue is turned by, drawn uniformly, inside −0.5...0.5; 0...0 for none.
  public let hue: ClosedRange<Double>

  private enum CodingKeys: String, CodingKey {
    case brightness, contrast, saturation, hue
  }

  /// Ranges of the four amounts.
  public init(
    brightness: ClosedRange<Double> = 1...1, contrast: ClosedRange<Double> = 1...1,
    saturation: ClosedRange<Double> = 1...1, hue: ClosedRange<Double> = 0...0
  ) {
    self.brightness = brightness
    self.contrast = contrast
    self.saturation = saturation
    self.hue = hue
  }

  /// Ranges around "no change": 0.4 stands for 0.6...1.4, and for the hue for −0.4...0.4. Traps on amounts below 0.
  public init(brightness: Double, contrast: Double, saturation: Double, hue: Double) {
    precondition(
      [brightness, contrast, saturation, hue].allSatisfy { $0 >= 0 && $0.isFinite },
      "amounts of a colour jitter are at least 0")
    func around(_ amount: Double) -> ClosedRange<Double> { max(0, 1 - amount)...1 + amount }
    self.init(
      brightness: around(brightness), contrast: around(contrast), saturation: around(saturation),
      hue: -hue...hue)
  }

  func operations(random: inout RandomSource) -> [PixelOperation] {
    let order = random.permutation(4)
    func draw(_ range: ClosedRange<Double>, _ none: Double) -> Double? {
      range == none...none ? nil : random.uniform(range.lowerBound, range.upperBound)
    }
    let changes: [ColorOperation?] = [
      draw(brightness, 1).map { .brightness($0) }, draw(contrast, 1).map { .contrast($0) },
      draw(saturation, 1).map { .saturation($0) }, draw(hue, 0).map { .hue($0) },
    ]
    return order.compactMap { changes[$0].map { .color($0) } }
  }

  var problem: String? {
    for (name, range) in [("brightness", brightness), ("contrast", contrast), ("saturation", saturation)]
    where !(range.lowerBound >= 0 && range.upperBound.isFinite) {
      return "color_jitter: \(name) \(range.lowerBound) to \(range.upperBound) is not in 0 and above"
    }
    return hue.lowerBound >= -0.5 && hue.upperBound <= 0.5
      ? nil : "color_jitter: hue \(hue.lowerBound) to \(hue.upperBound) is not inside -0.5 to 0.5"
  }
}
