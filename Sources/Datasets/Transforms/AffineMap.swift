import Foundation

/// Where the pixels of a result come from: the middle of pixel (x, y) from (a x + b y + c, d x + e y + f).
struct AffineMap: Sendable, Hashable {
  /// a, b, c, d, e and f.
  let matrix: [Double]

  /// Pillow's map for a rotation around the middle of an image.
  /// - Parameters:
  ///   - degrees: Counter-clockwise.
  ///   - result: The size of the result, which has the same middle.
  init(rotating size: ImageSize, by degrees: Double, to result: ImageSize) {
    var matrix = Self.rotation(size, degrees)
    if result != size {
      // A shift of the result's middle to the image's.
      let x = -Double(result.width - size.width) / 2
      let y = -Double(result.height - size.height) / 2
      let shifted = Self.apply(matrix, x, y)
      (matrix[2], matrix[5]) = shifted
    }
    self.matrix = matrix
  }

  /// The size that holds all of a rotated image: Pillow's `expand`.
  static func expandedSize(rotating size: ImageSize, by degrees: Double) -> ImageSize {
    let matrix = rotation(size, degrees)
    let (width, height) = (Double(size.width), Double(size.height))
    let corners = [(0, 0), (width, 0), (width, height), (0, height)].map { apply(matrix, $0.0, $0.1) }
    let columns = corners.map(\.0)
    let rows = corners.map(\.1)
    func extent(_ values: [Double]) -> Int {
      Int((values.max() ?? 0).rounded(.up)) - Int((values.min() ?? 0).rounded(.down))
    }
    return ImageSize(extent(rows), extent(columns))
  }

  private static func rotation(_ size: ImageSize, _ degrees: Double) -> [Double] {
    let angle = -(degrees * (Double.pi / 180))
    let cosine = decimal15(cos(angle))
    var matrix = [cosine, decimal15(sin(angle)), 0, decimal15(-sin(angle)), cosine, 0]
    let (x, y) = (Double(size.width) / 2, Double(size.height) / 2)
    let middle = apply(matrix, -x, -y)
    matrix[2] = middle.0 + x
    matrix[5] = middle.1 + y
    return matrix
  }

  private static func apply(_ m: [Double], _ x: Double, _ y: Double) -> (Double, Double) {
    (m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5])
  }

  /// Rounded to 15 decimals, as Pillow does, so that a quarter turn has exact zeros.
  private static func decimal15(_ value: Double) -> Double { Double(String(format: "%.15f", value)) ?? value }

  /// torchvision's map for `affine`: around a centre, first sheared, then scaled, rotated (clockwise) and moved.
  /// - Parameters:
  ///   - center: In pixels, from the top left corner; without it the image's middle.
  ///   - translation: Whole pixels to the right and down.
  ///   - shear: Degrees along each axis.
  init(
    _ size: ImageSize, degrees: Double, translation: (x: Int, y: Int), scale: Double, shear: (x: Double, y: Double),
    center: (x: Double, y: Double)? = nil
  ) {
    let toRadians = Double.pi / 180
    let rotation = degrees * toRadians
    let (shearX, shearY) = (shear.x * toRadians, shear.y * toRadians)
    let (centerX, centerY) = center ?? (Double(size.width) * 0.5, Double(size.height) * 0.5)
    let a = cos(rotation - shearY) / cos(shearY)
    let b = -cos(rotation - shearY) * tan(shearX) / cos(shearY) - sin(rotation)
    let c = sin(rotation - shearY) / cos(shearY)
    let d = -sin(rotation - shearY) * tan(shearX) / cos(shearY) + cos(rotation)
    var inverse = [d, -b, 0, -c, a, 0].map { $0 / scale }
    let (x, y) = (-centerX - Double(translation.x), -centerY - Double(translation.y))
    inverse[2] += inverse[0] * x + inverse[1] * y
    inverse[5] += inverse[3] * x + inverse[4] * y
    inverse[2] += centerX
    inverse[5] += centerY
    matrix = inverse
  }
}
