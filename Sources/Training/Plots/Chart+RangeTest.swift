extension Chart {
  /// The losses of a range test by learning rate: single ones faint, smoothed ones strong, and upright lines where the
  /// suggested rates are.
  /// - Parameter showsBatches: Whether single losses are there.
  public init(_ curve: RangeTestCurve, showsBatches: Bool = true) {
    // What shoots up at the end would leave no room for the fall.
    let least = curve.points.map(\.smoothedLoss).min() ?? 0
    let begins = curve.points.prefix(max(curve.points.count / 10, 1)).map(\.smoothedLoss).max() ?? 0
    let ceiling = max(begins, least) + max(begins - least, 0.1 * abs(begins)) / 2
    var smoothed: [Point] = []
    for point in curve.points {
      smoothed.append(Point(point.learningRate, min(point.smoothedLoss, ceiling)))
      if point.smoothedLoss > ceiling { break }
    }
    var series = [Series("smoothed loss", smoothed)]
    if showsBatches {
      series.insert(Series("batches", curve.points.map { Point($0.learningRate, $0.loss) }, isFaint: true), at: 0)
    }
    if case .suggestions(let rates) = curve.verdict {
      let top = smoothed.map(\.y).max() ?? 0
      func line(_ name: String, _ rate: Double, color: Int) -> Series {
        Series(name, [Point(rate, least), Point(rate, top)], color: color)
      }
      series.append(line("steepest descent", rates.steepest, color: 1))
      // A tenth of a minimum near the beginning was not tried.
      if rates.tenthOfMinimum >= curve.settings.minimumRate {
        series.append(line("minimum / 10", rates.tenthOfMinimum, color: 2))
      }
    }
    self.init("loss by learning rate", xTitle: "learning rate", series)
    if curve.settings.growth == .exponential { xScale = .logarithmic }
  }
}
