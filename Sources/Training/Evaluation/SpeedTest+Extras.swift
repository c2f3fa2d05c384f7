import Checkpoint
import Engine
import Foundation
import Tensors

extension SpeedTest {
  /// What steps of several batches, an average of weights and a log cost beside plain steps on the same images.
  public struct ExtrasReport: Sendable {
    /// Batches of a step.
    public let accumulate: Int
    /// Milliseconds of so many plain steps, each with its update, in every round.
    public let plainMilliseconds: [Double]
    /// Milliseconds of one step of so many batches, its update of weights and average, and a line of the log.
    public let extraMilliseconds: [Double]

    /// By how much the median of the latter is longer: 0.02 is 2 %, and below 0 it is shorter.
    public var overhead: Double { SpeedTest.median(extraMilliseconds) / SpeedTest.median(plainMilliseconds) - 1 }
  }

  /// Times both in turns, so that neither has the quieter machine.
  /// - Parameters:
  ///   - accumulate: Batches of a step, at least 1.
  ///   - rounds: How often each is timed, at least 1.
  public func runExtras(accumulate: Int, rounds: Int) throws -> ExtrasReport {
    precondition(accumulate >= 1 && rounds >= 1, "a speed test of nothing")
    let program = try network.trainingProgram(batchSize: labels.count, inputSize: inputSize)
    let rule = UpdateRule.sgd(momentum: 0.9, weightDecay: 1e-4)
    let logPath = NSTemporaryDirectory() + "/zoo-bench-\(UUID().uuidString).jsonl"
    defer { try? FileManager.default.removeItem(atPath: logPath) }
    let log = try RunLog(path: logPath)
    let clock = SecondsClock()
    var (plain, extra): ([Double], [Double]) = ([], [])
    var step = 0
    func update() -> Updates { Updates(Update(rule: rule, learningRate: 0.001, step: step + 1)) }
    for round in 0...rounds {
      let start = clock.seconds
      for _ in 0..<accumulate {
        _ = try program.step(images: images, labels: labels, updates: update(), step: step)
        step += 1
      }
      let middle = clock.seconds
      var weight = 0.0
      for batch in 0..<accumulate {
        weight += try program.accumulate(
          images: images, targets: .classes(labels), loss: CrossEntropy(), step: step * accumulate + batch
        ).weight
      }
      _ = try network.update(update(), dividingBy: weight)
      try network.updateAverage(AverageRule(decay: 0.9999))
      try log.append(["event": "step", "step": .integer(step), "batch_loss": .number(1), "lr": .number(0.001)])
      step += 1
      // The first round warms both up.
      guard round > 0 else { continue }
      plain.append((middle - start) * 1000)
      extra.append((clock.seconds - middle) * 1000)
    }
    return ExtrasReport(accumulate: accumulate, plainMilliseconds: plain, extraMilliseconds: extra)
  }
}
