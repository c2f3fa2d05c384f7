/// How a resized pixel is made from those around it: Pillow's filters, always with antialiasing when shrinking.
public enum Interpolation: String, Sendable, Hashable, Codable, CaseIterable {
  /// The nearest pixel.
  case nearest
  /// A triangle of ±1 pixel.
  case bilinear
  /// Keys' cubic of ±2 pixels with a = −0.5.
  case bicubic

  /// The filter's radius in pixels of the larger of the two images; 0 for ``nearest``, which has no weights.
  var support: Double {
    switch self {
    case .nearest: 0
    case .bilinear: 1
    case .bicubic: 2
    }
  }

  /// The filter's weight at a distance from its centre.
  func weight(at distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .nearest: return x <= 0.5 ? 1 : 0
    case .bilinear: return x < 1 ? 1 - x : 0
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
      return 0
    }
  }
}
