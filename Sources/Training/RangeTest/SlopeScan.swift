#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The slopes of a smoothed loss against the logarithm of the rate: of the line that fits best around each point.
struct SlopeScan {
  private let places: [Double]
  private let reach: Double
  /// Sums over all points before each: of places, losses, and the products of both and of places with themselves.
  private var sums: [(x: Double, y: Double, xy: Double, xx: Double)] = [(0, 0, 0, 0)]

  init(_ points: [RangeTestCurve.Point], _ settings: RangeTestSettings) {
    // From the middle: sums of small numbers lose least.
    let middle = log(settings.minimumRate * settings.maximumRate) / 2
    let level = points.first?.smoothedLoss ?? 0
    places = points.map { log($0.learningRate) - middle }
    reach = log(settings.maximumRate / settings.minimumRate) / 20
    var (x, y, xy, xx) = (0.0, 0.0, 0.0, 0.0)
    for (place, point) in zip(places, points) {
      let height = point.smoothedLoss - level
      x += place
      y += height
      xy += place * height
      xx += place * place
      sums.append((x, y, xy, xx))
    }
  }

  /// The point of a range around which the line falls fastest; `nil` for an empty range.
  func steepest(in range: ClosedRange<Int>) -> Int? {
    var (start, end) = (0, 0)
    var best: (index: Int, slope: Double)?
    for index in range {
      while places[start] < places[index] - reach { start += 1 }
      while end < places.count, places[end] <= places[index] + reach { end += 1 }
      // The neighbours at least.
      let (first, last) = (min(start, index - 1), max(end, index + 2))
      let slope = slope(first, min(last, places.count))
      if slope < best?.slope ?? .infinity { best = (index, slope) }
    }
    return best?.index
  }

  /// Of the points from `first` to before `last`.
  private func slope(_ first: Int, _ last: Int) -> Double {
    let (before, after) = (sums[first], sums[last])
    let count = Double(last - first)
    let (x, y) = (after.x - before.x, after.y - before.y)
    return (count * (after.xy - before.xy) - x * y) / (count * (after.xx - before.xx) - x * x)
  }
}
