extension Chart {
  /// The learning rate of every step of a training.
  /// - Parameter epochs: The length of the training.
  public init(_ schedule: Schedule, epochs: Int, stepsPerEpoch: Int) {
    let total = epochs * stepsPerEpoch
    // A point for each of a few thousand places is as fine as any picture.
    let stride = max(total / 4000, 1)
    var points: [Point] = []
    for step in Swift.stride(from: 0, to: total, by: stride) {
      let x = Double(step) / Double(stepsPerEpoch)
      let rate = schedule.learningRate(atStep: step)
      // Rates are set at once, not in slopes.
      if let last = points.last, schedule.stepsPerUnit > 1, last.y != rate { points.append(Point(x, last.y)) }
      points.append(Point(x, rate))
    }
    if let last = points.last { points.append(Point(Double(epochs), last.y)) }
    self.init("learning rate", xTitle: "epoch", [Series("learning rate", points)])
  }
}
