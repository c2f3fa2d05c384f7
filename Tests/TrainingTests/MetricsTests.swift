import Tensors
import Testing

@testable import Training

struct MetricsTests {
  struct Case: Decodable {
    let classes: Int
    let logits: [Float]
    let labels: [Int32]
    let loss: Double
    let top1, top5: Int
    let perClassCorrect: [Int]
    let softmax: [Double]
  }

  /// Against PyTorch in float64 (`Goldens/metrics.py`); the tolerance is that of summing 24 doubles.
  @Test func equalsPyTorch() throws {
    let golden: Case = try Golden.load("metrics")
    var metrics = ClassificationMetrics(classCount: golden.classes)
    let half = golden.labels.count / 2
    for range in [0..<half, half..<golden.labels.count] {
      let logits = Array(golden.logits[range.lowerBound * golden.classes..<range.upperBound * golden.classes])
      metrics.add(
        logits: Tensor(logits, shape: [range.count, golden.classes]), labels: Array(golden.labels[range]))
    }
    #expect(abs(metrics.loss - golden.loss) < 1e-12)
    #expect(metrics.correct == golden.top1)
    #expect(metrics.correct5 == golden.top5)
    #expect(metrics.perClass.map(\.correct) == golden.perClassCorrect)
    #expect(metrics.perClass.reduce(0) { $0 + $1.predicted } == golden.labels.count)
    for (own, theirs) in zip(softmax(golden.logits[..<golden.classes]), golden.softmax) {
      #expect(abs(own - theirs) < 1e-14)
    }
  }

  @Test func tiesGoToTheLowerIndex() {
    var metrics = ClassificationMetrics(classCount: 3)
    metrics.add(logits: Tensor([1, 1, 0, 1, 1, 0] as [Float], shape: [2, 3]), labels: [0, 1])
    #expect(metrics.correct == 1)
    #expect(metrics.correct5 == 2)
  }

  @Test func notANumberIsNeverRight() {
    var metrics = ClassificationMetrics(classCount: 2)
    metrics.add(logits: Tensor([.nan, 1, .nan, .nan] as [Float], shape: [2, 2]), labels: [0, 1])
    #expect(metrics.correct == 0)
    #expect(metrics.correct5 == 0)
    #expect(metrics.perClass[1].predicted == 1)
    #expect(metrics.notFinite == 2 && metrics.calibration.expectedError.isNaN && metrics.calibration.largestError.isNaN)
  }

  /// Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3: four decimals.
  @Test(arguments: [
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718),
  ])
  func wilsonEqualsNewcombe(successes: Int, trials: Int, low: Double, high: Double) {
    let interval = ConfidenceInterval.wilson(successes: successes, trials: trials)
    #expect(abs(interval.low - low) < 0.00005)
    #expect(abs(interval.high - high) < 0.00005)
  }

  @Test func runningMetricsWeighBatchesByImages() {
    var metrics = RunningMetrics()
    #expect(metrics.loss == 0)
    metrics.add(loss: 1, correct: 3, count: 3)
    metrics.add(loss: 5, correct: 0, count: 1)
    #expect(metrics.loss == 2)
    #expect(metrics.top1 == 0.75)
  }
}
