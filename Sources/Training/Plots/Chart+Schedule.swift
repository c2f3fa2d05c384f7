extension Chart {
  /// The learning rate of every step of a training.
  /// - Parameter epochs: The length of the training.
  public init(_ schedule: Schedule, epochs: Int, stepsPerEpoch: Int) {
    self.init("learning rate", schedule, epochs: epochs, stepsPerEpoch: stepsPerEpoch) {
      schedule.learningRate(atStep: $0)
    }
  }

  /// The momentum of every step, or beta1; `nil` where it stays as it is.
  /// - Parameter epochs: The length of the training.
  public init?(momentumOf schedule: Schedule, epochs: Int, stepsPerEpoch: Int) {
    guard schedule.momentum(atStep: 0) != nil else { return nil }
    self.init("momentum", schedule, epochs: epochs, stepsPerEpoch: stepsPerEpoch) {
      schedule.momentum(atStep: $0) ?? .nan
    }
  }

  /// What a schedule sets at every step.
  private init(
    _ title: String, _ schedule: Schedule, epochs: Int, stepsPerEpoch: Int, value: (Int) -> Double
  ) {
    let total = epochs * stepsPerEpoch
    // A point for each of a few thousand places is as fine as any picture.
    let stride = max(total / 4000, 1)
    var points: [Point] = []
    for step in Swift.stride(from: 0, to: total, by: stride) {
      let x = Double(step) / Double(stepsPerEpoch)
      let value = value(step)
      // Rates are set at once, not in slopes.
      if let last = points.last, schedule.stepsPerUnit > 1, last.y != value { points.append(Point(x, last.y)) }
      points.append(Point(x, value))
    }
    if let last = points.last { points.append(Point(Double(epochs), last.y)) }
    self.init(title, xTitle: "epoch", [Series(title, points)])
  }
}
