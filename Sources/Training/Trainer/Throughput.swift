/// Images per second of wall time over the last seconds: waiting for data counts, as the user waits too.
struct Throughput {
  private let window: Double
  /// When how many images were done, oldest first; at least one.
  private var samples: [(time: Double, images: Int)]

  /// Starts counting.
  /// - Parameters:
  ///   - time: Now, in seconds of any clock.
  ///   - window: How many seconds the rate looks back.
  init(at time: Double, window: Double = 10) {
    self.window = window
    samples = [(time, 0)]
  }

  /// Images of a step are done.
  mutating func add(images: Int, at time: Double) {
    samples.append((time, (samples.last?.images ?? 0) + images))
    // One sample at or before the start of the window stays, so that slow steps have a rate too.
    while samples.count > 2, time - samples[1].time >= window { samples.removeFirst() }
    // Fast steps: a sample for each hundredth of the window is enough.
    if samples.count > 3, time - samples[samples.count - 3].time < window / 100 {
      samples.remove(at: samples.count - 2)
    }
  }

  /// The rate; 0 before the first step.
  var imagesPerSecond: Double {
    guard let first = samples.first, let last = samples.last, last.time > first.time else { return 0 }
    return Double(last.images - first.images) / (last.time - first.time)
  }
}
