import Tensors
import Testing

@testable import Training

/// Against scikit-learn and torchmetrics (`Goldens/evaluation.py`).
struct EvaluationMetricsTests {
  struct Case: Decodable {
    let classes: Int
    let logits: [Float]
    let labels: [Int32]
    let top1, top5, loss, ece, mce: Double
    let recall: [Double]
    let confusion: [[Int]]
    let bins: [Int]
  }

  private static func measured() throws -> (Case, ClassificationMetrics) {
    let golden: Case = try Golden.load("evaluation")
    var metrics = ClassificationMetrics(classCount: golden.classes)
    // In batches, the last of which is not full.
    for start in stride(from: 0, to: golden.labels.count, by: 50) {
      let labels = Array(golden.labels[start..<min(start + 50, golden.labels.count)])
      let logits = Array(golden.logits[start * golden.classes..<(start + labels.count) * golden.classes])
      metrics.add(logits: Tensor(logits, shape: [labels.count, golden.classes]), labels: labels)
    }
    return (golden, metrics)
  }

  @Test func accuraciesEqualScikitLearn() throws {
    let (golden, metrics) = try Self.measured()
    #expect(abs(metrics.top1 - golden.top1) < 1e-12 && abs(metrics.top5 - golden.top5) < 1e-12)
    #expect(abs(metrics.loss - golden.loss) < 1e-9)
    #expect(metrics.confusion.rows == golden.confusion)
    for (own, theirs) in zip(metrics.perClass, golden.recall) {
      #expect(abs((own.accuracy ?? 0) - theirs) < 1e-12)
    }
    #expect(
      metrics.perClass.map(\.predicted)
        == (0..<golden.classes).map { column in golden.confusion.reduce(0) { $0 + $1[column] } })
  }

  /// torchmetrics computes in float32.
  @Test func calibrationEqualsTorchmetrics() throws {
    let (golden, metrics) = try Self.measured()
    #expect(metrics.calibration.bins.map(\.count) == golden.bins)
    #expect(abs(metrics.calibration.expectedError - golden.ece) < 1e-6)
    #expect(abs(metrics.calibration.largestError - golden.mce) < 1e-6)
    #expect(golden.ece > 0.01)
  }

  @Test func confusionsAreSortedByTheirNumber() throws {
    let (golden, metrics) = try Self.measured()
    let confusions = metrics.confusion.confusions
    #expect(confusions.allSatisfy { $0.label != $0.predicted && golden.confusion[$0.label][$0.predicted] == $0.count })
    #expect(zip(confusions, confusions.dropFirst()).allSatisfy { $0.count >= $1.count })
    #expect(confusions.reduce(0) { $0 + $1.count } == golden.labels.count - metrics.correct)
  }

  @Test func aBinHoldsItsUpperEnd() {
    var calibration = Calibration()
    for confidence in [0, 1.0 / 15, 1.0 / 15 + 1e-9, 1] {
      calibration.add(confidence: confidence, isCorrect: false)
    }
    #expect(
      calibration.bins[0].count == 2 && calibration.expectedError > 0 && calibration.bins[1].count == 1
        && calibration.bins[14].count == 1)
  }

  /// The mean of probabilities, and mirror images that are mirrored.
  @Test func viewsAreAveraged() throws {
    let image = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [1, 1, 2, 3])
    var seen: [[Float]] = []
    let logits = try TestTimeAugmentation.flip.logits(of: [image]) { view in
      seen.append(view.elements(as: Float.self))
      return Tensor(seen.count == 1 ? [0, 0] : [Float(0), 2], shape: [1, 2])
    }
    #expect(seen == [[1, 2, 3, 4, 5, 6], [3, 2, 1, 6, 5, 4]])
    let found = softmax(logits.elements(as: Float.self))
    let expected = (softmax([0, 0] as [Float])[1] + softmax([0, 2] as [Float])[1]) / 2
    #expect(abs(found[1] - expected) < 1e-6)
    // One view stays as it is, to the bit.
    let alone = try TestTimeAugmentation.none.logits(of: [image]) { _ in Tensor([0.1, 0.7] as [Float], shape: [1, 2]) }
    #expect(alone.elements(as: Float.self) == [0.1, 0.7])
  }
}
