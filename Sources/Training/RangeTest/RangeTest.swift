import Datasets
import Engine
import Tensors
import Zoo

/// The LR range test of Smith, "Cyclical Learning Rates for Training Neural Networks" (2017), section 3.3: a training whose
/// learning rate grows at every step, to see at which rates the loss falls and where it stops falling.
///
/// The network that it trains is thrown away: no run is made, and no file is written.
///
/// ```swift
/// let test = try RangeTest(TrainingSettings(model: "lenet5", data: "fashion-mnist"))
/// if case .suggestions(let rates) = try test.run().verdict { print(rates.steepest) }
/// ```
public struct RangeTest {
  /// The training whose rate is looked for. Its own rate and schedule have no part in the test.
  public let plan: TrainingPlan
  /// The rates.
  public let range: RangeTestSettings
  /// What the user should know before the first step.
  public let notices: [String]

  private let preparation: Preparation
  private let network: Network

  /// A test of a training. Makes its network; nothing is trained yet.
  /// - Throws: An error that says what is wrong with the settings, the model or the data.
  public init(_ settings: TrainingSettings, _ range: RangeTestSettings = RangeTestSettings()) throws {
    try self.init(settings, range, entry: nil)
  }

  /// The same with a model that need not be the registry's.
  init(_ settings: TrainingSettings, _ range: RangeTestSettings, entry: ModelEntry?) throws {
    try range.validate()
    self.range = range
    let beginning = try TrainingBeginning(settings, entry: entry)
    (preparation, network, notices) = (beginning.preparation, beginning.network, beginning.notices)
    plan = preparation.plan(beginning.state, folder: "")
  }

  /// Makes the test. A second one goes on with the network of the first; make another `RangeTest` for another test.
  /// - Parameters:
  ///   - shouldStop: Evaluated before every step.
  ///   - onEvent: Told what happens, in the thread that called.
  /// - Returns: The curve as far as it came.
  /// - Throws: What a training would throw, except that a loss which is not finite ends the curve.
  public func run(
    stopWhen shouldStop: @autoclosure () -> Bool = false, _ onEvent: (RangeTestEvent) -> Void = { _ in }
  ) throws -> RangeTestCurve {
    var curve = RangeTestCurve(range)
    let clock = SecondsClock()
    var throughput = Throughput(at: 0)
    var (epoch, batchesDone) = (0, 0)
    var iterator = try preparation.loader.epoch(0)
    defer { iterator.cancel() }
    while curve.points.count < range.steps {
      guard !shouldStop() else {
        curve.ending = .stopped
        break
      }
      let number = curve.points.count
      let rate = range.learningRate(atStep: number)
      let step = OptimizerStep(
        preparation: preparation, network: network, number: number,
        updates: preparation.groups.updates(learningRate: rate, step: number + 1), place: "step \(number + 1)")
      let measures: StepMeasures?
      do {
        measures = try step.make(
          atMost: preparation.batchesPerEpoch - batchesDone, next: { try iterator.next() },
          seen: { batch, result in
            batchesDone += 1
            batch.skipped.forEach { onEvent(.notice("left out: \($0.error)")) }
            guard !result.hasDiverged else { throw NotFinite(what: "the loss is \(Trainer.name(of: result.loss))") }
            throughput.add(images: batch.count, at: clock.seconds)
          })
        if let norm = measures?.gradientNorm, !norm.isFinite {
          throw NotFinite(what: "the length of the gradient is \(Trainer.name(of: norm))")
        }
      } catch let end as NotFinite {
        curve.ending = .notFinite(learningRate: rate, what: end.what)
        break
      }
      guard let measures else {
        guard batchesDone > 0 else { throw TrainingError(.mismatch, "the data has no batch") }
        iterator.cancel()
        (epoch, batchesDone) = (epoch + 1, 0)
        iterator = try preparation.loader.epoch(epoch)
        continue
      }
      curve.add(loss: measures.loss, learningRate: rate)
      if let point = curve.points.last {
        onEvent(
          .step(
            RangeTestProgress(
              step: number + 1, steps: range.steps, point: point, imagesPerSecond: throughput.imagesPerSecond)))
      }
      if curve.hasDiverged {
        curve.ending = .diverged
        break
      }
    }
    return curve
  }

  /// Ends a test inside of a step.
  private struct NotFinite: Error {
    let what: String
  }
}

/// What a range test tells while it runs.
public enum RangeTestEvent: Sendable {
  /// After every step.
  case step(RangeTestProgress)
  /// Something that the user should know and need not act on at once.
  case notice(String)
}

/// Where a range test stands after a step.
public struct RangeTestProgress: Sendable, Hashable {
  /// From 1.
  public let step: Int
  /// Steps of the whole test.
  public let steps: Int
  /// What the step saw.
  public let point: RangeTestCurve.Point
  /// Images per second of wall time over the last seconds, waiting for data included.
  public let imagesPerSecond: Double

  /// Where a range test stands after a step.
  public init(step: Int, steps: Int, point: RangeTestCurve.Point, imagesPerSecond: Double) {
    self.step = step
    self.steps = steps
    self.point = point
    self.imagesPerSecond = imagesPerSecond
  }
}
