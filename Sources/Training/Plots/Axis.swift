#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A range of numbers with places to label.
struct Axis: Sendable {
  /// The smallest number shown.
  let low: Double
  /// The largest number shown.
  let high: Double
  private let scale: Chart.Scale
  private let isShare: Bool

  /// A range that holds all of some numbers.
  /// - Parameter isTight: Whether it ends at the outermost numbers, and not at round ones.
  init(_ values: [Double], scale: Chart.Scale = .linear, isTight: Bool = false, isShare: Bool = false) {
    self.scale = scale
    self.isShare = isShare
    let usable = values.filter { $0.isFinite && abs($0) < 1e300 && (scale == .linear || $0 > 0) }
    var (low, high) = (usable.min() ?? 0, usable.max() ?? 1)
    if low == high {
      let margin = low == 0 ? 1 : abs(low) / 2
      (low, high) =
        scale == .logarithmic ? (low / 2, high * 2) : (low - margin, high + margin)
    }
    if scale == .linear && !isTight {
      // From nought where that is near.
      if low > 0 && low < high / 2 { low = 0 }
      let step = Self.step(high - low, count: 5)
      low = (low / step + 1e-9).rounded(.down) * step
      high = (high / step - 1e-9).rounded(.up) * step
      if isShare { high = min(high, 1) }
    }
    self.low = low
    self.high = high
  }

  /// Where a number lies, from 0 at the low end to 1 at the high end; `nil` for one that a logarithm does not have.
  func place(of value: Double) -> Double? {
    switch scale {
    case .linear: (value - low) / (high - low)
    case .logarithmic: value > 0 ? (log(value) - log(low)) / (log(high) - log(low)) : nil
    }
  }

  /// Round numbers with what the axis shows for them, about `count` of them.
  /// - Parameter isWhole: Whether there is nothing between two whole numbers.
  func labels(_ count: Int, isWhole: Bool = false) -> [(value: Double, text: String)] {
    let step = max(Self.step(high - low, count: max(count, 1)), isWhole ? 1 : 0)
    return ticks(count, isWhole: isWhole).map { ($0, label($0, step: scale == .linear ? step : $0)) }
  }

  /// Round numbers, about `count` of them.
  func ticks(_ count: Int, isWhole: Bool = false) -> [Double] {
    switch scale {
    case .linear:
      let step = max(Self.step(high - low, count: max(count, 1)), isWhole ? 1 : 0)
      let first = (low / step - 1e-9).rounded(.up)
      return (0...(4 * max(count, 1))).map { (first + Double($0)) * step }.filter { $0 <= high + step * 1e-6 }
    case .logarithmic:
      let powers = Int(log10(low).rounded(.up))...max(Int(log10(low).rounded(.up)), Int(log10(high).rounded(.down)))
      let all = powers.map { pow(10, Double($0)) }.filter { $0 >= low && $0 <= high }
      let stride = max((all.count + count - 1) / max(count, 1), 1)
      return all.enumerated().filter { $0.offset % stride == 0 }.map(\.element)
    }
  }

  /// A number as the axis shows it, with the decimals that its steps need.
  private func label(_ value: Double, step: Double) -> String {
    if isShare { return Self.decimal(value * 100, places: high - low < 0.04 ? 1 : 0) + "%" }
    let largest = max(abs(low), abs(high))
    if value != 0 && (largest < 1e-3 || largest >= 1e6 || (scale == .logarithmic && (value < 1e-3 || value >= 1e5))) {
      return Self.scientific(value)
    }
    let places = step >= 1 ? 0 : Int((-log10(step) - 1e-9).rounded(.up))
    return Self.decimal(value, places: min(max(places, 0), 9))
  }

  /// A round number near the range divided by a count: 1, 2 or 5 times a power of ten.
  static func step(_ range: Double, count: Int) -> Double {
    let raw = range / Double(count)
    guard raw > 0, raw.isFinite else { return 1 }
    let power = pow(10, log10(raw).rounded(.down))
    let leading = raw / power
    return power * (leading <= 1 + 1e-9 ? 1 : leading <= 2 ? 2 : leading <= 5 ? 5 : 10)
  }

  private static func decimal(_ value: Double, places: Int) -> String {
    let scale = pow(10, Double(places))
    let scaled = Int((abs(value) * scale).rounded())
    let sign = value < 0 && scaled != 0 ? "-" : ""
    guard places > 0 else { return sign + "\(scaled)" }
    let digits = String(scaled % Int(scale))
    return sign + "\(scaled / Int(scale))." + String(repeating: "0", count: places - digits.count) + digits
  }

  private static func scientific(_ value: Double) -> String {
    var exponent = Int(log10(abs(value)).rounded(.down))
    var mantissa = value / pow(10, Double(exponent))
    if abs(mantissa) >= 9.95 {
      exponent += 1
      mantissa /= 10
    }
    let text = decimal(mantissa, places: 1)
    return (text.hasSuffix(".0") ? String(text.dropLast(2)) : text) + "e\(exponent)"
  }
}
