/// Curves over a common axis: what is drawn as PNG, SVG or text.
public struct Chart: Sendable, Hashable {
  /// A point of a curve.
  public struct Point: Sendable, Hashable {
    /// Along the axis.
    public let x: Double
    /// The value there.
    public let y: Double

    /// A point of a curve.
    public init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// One curve.
  public struct Series: Sendable, Hashable {
    /// What the legend calls it.
    public let name: String
    /// In ascending order of x; points that are not finite are left out.
    public let points: [Point]
    /// Which colour it has: those of the same number look alike.
    public let color: Int
    /// Whether it is drawn thin and pale, as the background of another.
    public let isFaint: Bool

    /// One curve.
    public init(_ name: String, _ points: [Point], color: Int = 0, isFaint: Bool = false) {
      self.name = name
      self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
      self.color = color
      self.isFaint = isFaint
    }
  }

  /// How values lie along an axis.
  public enum Scale: Sendable, Hashable {
    /// Equal differences are equally far apart.
    case linear
    /// Equal ratios are; values that are not above 0 are left out.
    case logarithmic
  }

  /// What stands above it.
  public var title: String
  /// What the axis counts.
  public var xTitle: String
  /// The curves, those that are drawn first at the beginning.
  public var series: [Series]
  /// How x lies along the axis.
  public var xScale = Scale.linear
  /// How values lie along the axis.
  public var yScale = Scale.linear
  /// A place along the axis with a remark.
  public var mark: Point?
  /// Whether what the axis counts comes in whole numbers, such as epochs.
  var isWhole: Bool { xTitle == "epoch" && xAxis.high - xAxis.low >= 1 }
  /// Whether values are shares, shown as per cent.
  public var isShare = false

  /// A chart.
  public init(_ title: String, xTitle: String, _ series: [Series]) {
    self.title = title
    self.xTitle = xTitle
    self.series = series
  }

  /// Whether there is nothing to draw.
  public var isEmpty: Bool { series.allSatisfy(\.points.isEmpty) }

  /// The horizontal axis.
  var xAxis: Axis { Axis(series.flatMap { $0.points.map(\.x) }, scale: xScale, isTight: true) }

  /// The vertical axis. A faint curve's outliers do not decide it.
  var yAxis: Axis {
    let strong = series.filter { !$0.isFaint }
    return Axis(
      (strong.allSatisfy(\.points.isEmpty) ? series : strong).flatMap { $0.points.map(\.y) }, scale: yScale,
      isShare: isShare)
  }
}
