import CPixels

/// Which input pixels make each output pixel along one axis, and with what weights: Pillow's `precompute_coeffs`.
///
/// Weights are computed in double precision, normalised, and rounded half away from zero to 22 fractional bits, so that
/// all later sums are exact integers.
struct ResampleWeights {
  /// No axis has more weights: no image of people's needs a hundredth of it, and a file of a few bytes can claim one long
  /// row.
  static let mostWeights = 4 << 20
  /// More weights than this are not kept from image to image.
  private static let mostKept = 1 << 20

  /// What the weights were made for; equal keys need no new weights.
  private struct Key: Equatable {
    let inputs: Int
    let start, extent: Float
    let outputs: Int
    let interpolation: Interpolation
  }

  private var key: Key?
  private(set) var starts: [Int32] = []
  private(set) var counts: [Int32] = []
  private var weights: [Int32] = []
  private var taps = 0
  private var exact: [Double] = []

  /// How many weights an axis of `inputs` pixels needs that become `outputs` pixels.
  static func count(from inputs: Int, to outputs: Int, _ interpolation: Interpolation) -> Int {
    inputs == outputs ? 0 : outputs * taps(Double(inputs) / Double(outputs), interpolation)
  }

  private static func taps(_ scale: Double, _ interpolation: Interpolation) -> Int {
    // The filter is as wide as a pixel of the coarser image: that is the antialiasing.
    Int((interpolation.support * max(scale, 1)).rounded(.up)) * 2 + 1
  }

  /// Gives memory back that only an unusual image needed.
  mutating func trim() {
    if weights.capacity > Self.mostKept || exact.capacity > Self.mostKept { self = ResampleWeights() }
  }

  /// Prepares an axis of `inputs` pixels, of which `extent` pixels from `start` become `outputs` pixels; Pillow keeps both
  /// in single precision. Not for ``Interpolation/nearest``.
  mutating func prepare(
    inputs: Int, from start: Float, extent: Float, outputs: Int, interpolation: Interpolation
  ) {
    let key = Key(inputs: inputs, start: start, extent: extent, outputs: outputs, interpolation: interpolation)
    guard key != self.key else { return }
    self.key = key
    let scale = Double(extent) / Double(outputs)
    let filterScale = max(scale, 1)
    let support = interpolation.support * filterScale
    let inverse = 1 / filterScale
    taps = Self.taps(scale, interpolation)
    starts.removeAll(keepingCapacity: true)
    counts.removeAll(keepingCapacity: true)
    weights.removeAll(keepingCapacity: true)
    for output in 0..<outputs {
      let center = Double(start) + (Double(output) + 0.5) * scale
      let first = max(Int(center - support + 0.5), 0)
      let end = min(Int(center + support + 0.5), inputs)
      exact.removeAll(keepingCapacity: true)
      var total = 0.0
      for input in first..<end {
        let weight = interpolation.weight(at: (Double(input) - center + 0.5) * inverse)
        exact.append(weight)
        total += weight
      }
      starts.append(Int32(first))
      counts.append(Int32(end - first))
      for weight in exact { weights.append(Self.fixedPoint(total == 0 ? weight : weight / total)) }
      for _ in (end - first)..<taps { weights.append(0) }
    }
  }

  private static func fixedPoint(_ weight: Double) -> Int32 {
    let scaled = weight * Double(1 << CPIXELS_WEIGHT_BITS)
    return Int32(weight < 0 ? scaled - 0.5 : scaled + 0.5)
  }

  /// Hands outputs `range` to a kernel. `origin` is subtracted from every start: the first input that is in memory.
  func withAxis(
    _ range: Range<Int>, origin: Int32 = 0, shifted: inout [Int32], _ body: (UnsafePointer<cpixels_axis>) -> Void
  ) {
    shifted.removeAll(keepingCapacity: true)
    for output in range { shifted.append(starts[output] - origin) }
    shifted.withUnsafeBufferPointer { starts in
      counts.withUnsafeBufferPointer { counts in
        weights.withUnsafeBufferPointer { weights in
          guard let starts = starts.baseAddress, let counts = counts.baseAddress, let weights = weights.baseAddress
          else { return }
          var axis = cpixels_axis(
            starts: starts, counts: counts + range.lowerBound, weights: weights + range.lowerBound * taps,
            taps: Int32(taps), outputs: Int32(range.count))
          body(&axis)
        }
      }
    }
  }

  /// The inputs that outputs `range` read.
  func inputs(of range: Range<Int>) -> Range<Int> {
    var low = Int.max
    var high = 0
    for output in range {
      low = min(low, Int(starts[output]))
      high = max(high, Int(starts[output] + counts[output]))
    }
    return low..<high
  }
}
