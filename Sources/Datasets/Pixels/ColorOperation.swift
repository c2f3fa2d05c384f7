import CPixels

/// One concrete change of colours; sizes stay. Each is Pillow's and torchvision's of that name, to the bit.
enum ColorOperation: Sendable, Hashable {
  /// Luma in every channel.
  case grayscale
  /// Blended with black.
  case brightness(Double)
  /// Blended with the mean luma.
  case contrast(Double)
  /// Blended with the luma of each pixel.
  case saturation(Double)
  /// The hue turned by a part of the circle, −0.5...0.5.
  case hue(Double)
  /// Blended with a smoothed copy.
  case sharpness(Double)
  /// The highest bits of each value kept.
  case posterize(bits: Int)
  /// Values from the threshold on inverted.
  case solarize(threshold: Double)
  /// Each channel stretched to 0...255.
  case autoContrast
  /// Each channel's histogram made even.
  case equalize

  /// The values that each value of each channel becomes, where that says all; nil for operations that mix pixels or
  /// channels.
  func tables(for view: PixelView) -> [UInt8]? {
    switch self {
    case .grayscale, .saturation, .hue, .sharpness: return nil
    case .brightness(let factor): return Self.repeated(view.channels) { cpixels_blend(0, $0, Float(factor)) }
    case .contrast(let factor):
      let sum = cpixels_luma_sum(
        view.base, view.rowBytes, Int32(view.size.width), Int32(view.size.height), Int32(view.channels))
      let mean = UInt8(Double(sum) / Double(view.size.width * view.size.height) + 0.5)
      return Self.repeated(view.channels) { cpixels_blend(mean, $0, Float(factor)) }
    case .posterize(let bits): return Self.repeated(view.channels) { $0 & ~UInt8((1 << (8 - bits)) - 1) }
    case .solarize(let threshold): return Self.repeated(view.channels) { Double($0) < threshold ? $0 : 255 - $0 }
    case .autoContrast: return Self.histograms(of: view).flatMap(Self.stretched)
    case .equalize: return Self.histograms(of: view).flatMap(Self.equalized)
    }
  }

  private static func repeated(_ channels: Int, _ value: (UInt8) -> UInt8) -> [UInt8] {
    let table = (0...255).map { value(UInt8($0)) }
    return (0..<channels).flatMap { _ in table }
  }

  /// 256 counts for each channel.
  private static func histograms(of view: PixelView) -> [[Int]] {
    var counts = [UInt64](repeating: 0, count: 256 * view.channels)
    counts.withUnsafeMutableBufferPointer { counts in
      guard let base = counts.baseAddress else { return }
      cpixels_histogram(
        view.base, view.rowBytes, Int32(view.size.width), Int32(view.size.height), Int32(view.channels), base)
    }
    return (0..<view.channels).map { channel in counts[256 * channel..<256 * (channel + 1)].map { Int($0) } }
  }

  private static let identity: [UInt8] = Array(0...255)

  /// Pillow's `ImageOps.autocontrast` without a cutoff.
  private static func stretched(_ histogram: [Int]) -> [UInt8] {
    guard let low = histogram.firstIndex(where: { $0 > 0 }), let high = histogram.lastIndex(where: { $0 > 0 }),
      high > low
    else { return identity }
    let scale = 255.0 / Double(high - low)
    let offset = -Double(low) * scale
    return (0...255).map { UInt8(max(0, min(255, (Double($0) * scale + offset).rounded(.towardZero)))) }
  }

  /// Pillow's `ImageOps.equalize`.
  private static func equalized(_ histogram: [Int]) -> [UInt8] {
    let present = histogram.filter { $0 > 0 }
    guard present.count > 1, let last = present.last else { return identity }
    let step = (present.reduce(0, +) - last) / 255
    guard step > 0 else { return identity }
    var sum = step / 2
    return histogram.map { count in
      defer { sum += count }
      return UInt8(min(sum / step, 255))
    }
  }
}

extension ColorOperation {
  /// Writes the changed image to `target`, which is not where the view lies.
  func apply(to view: PixelView, into target: UnsafeMutablePointer<UInt8>) {
    let width = Int32(view.size.width)
    let height = Int32(view.size.height)
    let rowBytes = view.size.width * view.channels
    if let tables = tables(for: view) {
      tables.withUnsafeBufferPointer { tables in
        guard let tables = tables.baseAddress else { return }
        cpixels_look_up(view.base, view.rowBytes, target, rowBytes, width, height, Int32(view.channels), tables)
      }
      return
    }
    switch self {
    case .sharpness(let factor):
      cpixels_sharpen(
        view.base, view.rowBytes, target, rowBytes, width, height, Int32(view.channels), Float(factor))
    case .saturation(let factor) where view.channels == 3:
      cpixels_saturate(view.base, view.rowBytes, target, rowBytes, width, height, Float(factor))
    case .hue(let turn) where view.channels == 3:
      // Towards zero, and then modulo 256, as NumPy converts.
      let shift = UInt8(truncatingIfNeeded: Int(turn * 255))
      cpixels_shift_hue(view.base, view.rowBytes, target, rowBytes, width, height, shift)
    case .grayscale where view.channels == 3:
      cpixels_rgb_to_gray(view.base, view.rowBytes, target, view.size.width, width, height)
    default: Resampler.copy(view, to: target)
    }
  }

  /// The channels of the result: gray stands for three equal channels.
  func channels(of view: PixelView) -> Int { self == .grayscale ? 1 : view.channels }
}
