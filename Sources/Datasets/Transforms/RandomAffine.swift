import Tensors

/// Turns, moves, scales and shears an image by random amounts around its middle: torchvision's `RandomAffine`.
public struct RandomAffine: Sendable, Hashable, Codable {
  /// The angle, drawn uniformly: degrees, clockwise.
  public let degrees: ClosedRange<Double>
  /// The largest shift to either side, as a share of the width, in 0...1.
  public let translateX: Double
  /// The largest shift up or down, as a share of the height, in 0...1.
  public let translateY: Double
  /// The factor that sizes are multiplied by, drawn uniformly; above 0.
  public let scale: ClosedRange<Double>
  /// Degrees of shear along the x axis, drawn uniformly.
  public let shearX: ClosedRange<Double>
  /// Degrees of shear along the y axis, drawn uniformly.
  public let shearY: ClosedRange<Double>
  /// How pixels are made.
  public let interpolation: Interpolation
  /// The colour of what lies outside.
  public let fill: FillColor

  private enum CodingKeys: String, CodingKey {
    case degrees, scale, interpolation, fill
    case translateX = "translate_x"
    case translateY = "translate_y"
    case shearX = "shear_x"
    case shearY = "shear_y"
  }

  /// Ranges of all amounts; what is not given does not change.
  public init(
    degrees: ClosedRange<Double>, translateX: Double = 0, translateY: Double = 0, scale: ClosedRange<Double> = 1...1,
    shearX: ClosedRange<Double> = 0...0, shearY: ClosedRange<Double> = 0...0, interpolation: Interpolation = .nearest,
    fill: FillColor = .black
  ) {
    self.degrees = degrees
    self.translateX = translateX
    self.translateY = translateY
    self.scale = scale
    self.shearX = shearX
    self.shearY = shearY
    self.interpolation = interpolation
    self.fill = fill
  }

  func operations(for size: ImageSize, random: inout RandomSource) -> [PixelOperation] {
    func draw(_ range: ClosedRange<Double>) -> Double {
      range.lowerBound == range.upperBound ? range.lowerBound : random.uniform(range.lowerBound, range.upperBound)
    }
    func shift(_ share: Double, _ extent: Int) -> Int {
      let most = share * Double(extent)
      return most == 0 ? 0 : Int(draw(-most...most).rounded(.toNearestOrEven))
    }
    let angle = draw(degrees)
    let x = shift(translateX, size.width)
    let y = shift(translateY, size.height)
    let factor = draw(scale)
    let shear = (x: draw(shearX), y: draw(shearY))
    let map = AffineMap(size, degrees: angle, translation: (x, y), scale: factor, shear: shear)
    return [.affine(map, to: size, interpolation, fill)]
  }

  func problem(channels: Int) -> String? {
    for range in [degrees, shearX, shearY]
    where !(range.lowerBound.magnitude <= 1e6 && range.upperBound.magnitude <= 1e6) {
      return "random_affine: \(range.lowerBound) to \(range.upperBound) degrees are no angles"
    }
    guard (0...1).contains(translateX), (0...1).contains(translateY) else {
      return "random_affine: a shift by \(translateX) and \(translateY) is not in 0...1"
    }
    guard scale.lowerBound > 0, scale.upperBound <= 1e4 else {
      return "random_affine: scale \(scale.lowerBound) to \(scale.upperBound) is not above 0 and at most 10000"
    }
    return fill.problem(channels: channels, "random_affine")
  }
}
