import Tensors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The operations that ``TrivialAugmentWide`` and ``RandAugment`` choose from, in torchvision's order.
enum AutoAugmentOperation: String, Sendable, CaseIterable {
  case identity, shearX, shearY, translateX, translateY, rotate
  case brightness, color, contrast, sharpness
  case posterize, solarize, autoContrast, equalize

  /// Whether the magnitude's sign is drawn too.
  var isSigned: Bool {
    switch self {
    case .shearX, .shearY, .translateX, .translateY, .rotate, .brightness, .color, .contrast, .sharpness: true
    case .identity, .posterize, .solarize, .autoContrast, .equalize: false
    }
  }

  /// Whether there is a magnitude at all.
  var hasMagnitude: Bool {
    switch self {
    case .identity, .autoContrast, .equalize: false
    default: true
    }
  }

  /// What it does at a magnitude.
  func operations(
    _ magnitude: Double, for size: ImageSize, _ interpolation: Interpolation, _ fill: FillColor
  ) -> [PixelOperation] {
    func affine(_ map: AffineMap) -> [PixelOperation] { [.affine(map, to: size, interpolation, fill)] }
    switch self {
    case .identity: return []
    case .shearX, .shearY:
      let degrees = atan(magnitude) * (180 / Double.pi)
      let shear = self == .shearX ? (x: degrees, y: 0.0) : (x: 0.0, y: degrees)
      return affine(AffineMap(size, degrees: 0, translation: (0, 0), scale: 1, shear: shear, center: (0, 0)))
    case .translateX:
      return affine(AffineMap(size, degrees: 0, translation: (Int(magnitude), 0), scale: 1, shear: (0, 0)))
    case .translateY:
      return affine(AffineMap(size, degrees: 0, translation: (0, Int(magnitude)), scale: 1, shear: (0, 0)))
    case .rotate: return RandomRotation.operations(for: size, by: magnitude, interpolation, fill: fill)
    case .brightness: return [.color(.brightness(1 + magnitude))]
    case .color: return [.color(.saturation(1 + magnitude))]
    case .contrast: return [.color(.contrast(1 + magnitude))]
    case .sharpness: return [.color(.sharpness(1 + magnitude))]
    case .posterize: return [.color(.posterize(bits: Int(magnitude)))]
    case .solarize: return [.color(.solarize(threshold: magnitude))]
    case .autoContrast: return [.color(.autoContrast)]
    case .equalize: return [.color(.equalize)]
    }
  }
}

/// The strengths that an operation has: a row of bins between two ends.
enum MagnitudeBins {
  /// Bin `index` of `count` evenly spaced numbers in single precision: `torch.linspace`, which counts the first half
  /// from the start and the rest from the end. PyTorch's vectorised code may differ in the last bit, by processor.
  static func linear(_ start: Double, _ end: Double, _ index: Int, of count: Int) -> Double {
    let (first, last) = (Float(start), Float(end))
    let step = (last - first) / Float(count - 1)
    let value = index < count / 2 ? first + step * Float(index) : last - step * Float(count - 1 - index)
    return Double(value)
  }

  /// Bits that posterize keeps: 8 at the first bin, `8 - lost` at the last.
  static func bits(losing lost: Int, _ index: Int, of count: Int) -> Double {
    let step = Float(Double(count - 1) / Double(lost))
    return 8 - Double((Float(index) / step).rounded(.toNearestOrEven))
  }
}
