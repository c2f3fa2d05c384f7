import Checkpoint
import Datasets
import Engine
import Fixtures
import Foundation
import Layers
import Tensors
import Testing
import Zoo

@testable import Training

/// The LR range test.
struct RangeTestTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func settings() throws -> TrainingSettings {
    var settings = ResumeTests.settings(ResumeTests.cases[0], data: try TinyData(in: folder).path)
    settings.model = TinyModel.plain.name
    settings.optimizer = OptimizerSettings(.sgd, momentum: 0, weightDecay: 0)
    settings.labelSmoothing = 0
    settings.augmentation = TrainingSettings.Augmentation.none
    settings.variation = AugmentationSettings()
    return settings
  }

  private static func range(_ minimum: Double, _ maximum: Double, steps: Int) -> RangeTestSettings {
    var range = RangeTestSettings()
    (range.minimumRate, range.maximumRate, range.steps) = (minimum, maximum, steps)
    return range
  }

  /// A curve of losses at rates of a range.
  private static func curve(_ losses: [Double], _ range: RangeTestSettings) -> RangeTestCurve {
    var curve = RangeTestCurve(range)
    for (index, loss) in losses.enumerated() { curve.add(loss: loss, learningRate: range.learningRate(atStep: index)) }
    return curve
  }

  private static func reason(_ verdict: RangeTestVerdict) -> String {
    if case .none(let reason) = verdict { reason } else { "\(verdict)" }
  }

  @Test func ratesGrow() {
    var range = Self.range(1e-5, 10, steps: 61)
    #expect(range.learningRate(atStep: 0) == 1e-5 && range.learningRate(atStep: 60) == 10)
    #expect((0..<60).allSatisfy { range.learningRate(atStep: $0) < range.learningRate(atStep: $0 + 1) })
    #expect(abs(range.learningRate(atStep: 30) - 1e-2) < 1e-14)
    range.growth = .linear
    #expect(range.learningRate(atStep: 0) == 1e-5 && range.learningRate(atStep: 60) == 10)
    #expect(abs(range.learningRate(atStep: 30) - 5.000005) < 1e-12)
  }

  /// A loop by hand over the engine, in steps of two batches, clipped, with two parameter groups, over the end of an
  /// epoch: the same numbers, bit for bit.
  @Test(arguments: [1, 2])
  func equalsALoopByHand(accumulate: Int) throws {
    var settings = try self.settings()
    settings.gradients.accumulate = accumulate
    if accumulate > 1 { settings.gradients.clipNorm = 0.5 }
    settings.optimizer.overrides = [ParameterOverride(["fc.*"], rateFactor: 3)]
    var range = Self.range(1e-4, 1, steps: 12)
    range.divergeFactor = 0
    var told: [Double] = []
    let curve = try RangeTest(settings, range, entry: TinyModel.plain).run {
      if case .step(let progress) = $0 { told.append(progress.point.learningRate) }
    }
    #expect(curve.ending == .complete && told == curve.points.map(\.learningRate))

    let preparation = try Preparation(settings, entry: TinyModel.plain)
    let network = try preparation.initialNetwork(nil)
    var losses: [Double] = []
    var epoch = 0
    while losses.count < range.steps {
      let batches = try preparation.loader.epoch(epoch)
      var isOver = false
      while !isOver, losses.count < range.steps {
        let rate = range.learningRate(atStep: losses.count)
        #expect(rate == curve.points[losses.count].learningRate)
        let updates = Updates(
          groups: [1, 3].map {
            Update(rule: settings.optimizer.rule, learningRate: rate * $0, step: losses.count + 1)
          },
          assignment: preparation.graph.parameters.map { $0.name.hasPrefix("fc") ? 1 : 0 })
        var (sum, weight, count) = (0.0, 0.0, 0)
        while count < accumulate {
          guard let batch = try batches.next() else {
            isOver = true
            break
          }
          let program = try network.trainingProgram(batchSize: batch.count, inputSize: 16)
          let targets = Targets.classes(batch.labels)
          let number = losses.count * accumulate + count
          let result =
            accumulate == 1
            ? try program.step(
              images: batch.images, targets: targets, loss: preparation.loss, updates: updates, step: number)
            : try program.accumulate(images: batch.images, targets: targets, loss: preparation.loss, step: number)
          (sum, weight, count) = (sum + result.lossSum, weight + result.weight, count + 1)
        }
        guard count > 0 else { break }
        if accumulate > 1 { _ = try network.update(updates, dividingBy: weight, clipping: .norm(0.5)) }
        losses.append(sum / weight)
      }
      epoch += 1
    }
    #expect(curve.points.map(\.loss) == losses)
    #expect(epoch > 1)
  }

  /// The plain net learns these images within 100 steps at rates from about 0.03 to 10.
  @Test func findsTheOrderOfMagnitude() throws {
    let curve = try RangeTest(try settings(), Self.range(1e-5, 50, steps: 100), entry: TinyModel.plain).run()
    guard case .suggestions(let rates) = curve.verdict else {
      Issue.record("\(Self.reason(curve.verdict))")
      return
    }
    #expect(rates.steepest > 0.03 && rates.steepest < 1, "\(rates)")
    #expect(rates.tenthOfMinimum > 0.03 && rates.tenthOfMinimum < 10, "\(rates)")
    // What is suggested trains, and a thousandth of it does not.
    func loss(_ rate: Double) throws -> Double {
      var settings = try self.settings()
      settings.optimizer.learningRate = rate
      settings.epochs = 3
      let trainer = try Trainer(
        settings, run: nil, in: RunStore(folder: folder.path("store")), entry: TinyModel.plain)
      try trainer.train()
      return try #require(trainer.state.training).loss
    }
    #expect(try loss(rates.steepest) < 0.6 * (try loss(rates.steepest / 1000)))
  }

  /// Dropout, mixing, accumulation and batch normalisation, twice the same; another seed gives another curve.
  @Test func theSameSeedIsTheSameCurve() throws {
    var settings = try self.settings()
    settings.model = TinyModel.entry.name
    settings.gradients.accumulate = 2
    settings.mixing = BatchMixing(mixupAlpha: 0.3, cutmixAlpha: 1)
    let range = Self.range(1e-3, 0.1, steps: 10)
    func curve() throws -> RangeTestCurve { try RangeTest(settings, range, entry: TinyModel.entry).run() }
    let first = try curve()
    settings.workers = 0
    #expect(try curve() == first)
    settings.seed += 1
    #expect(try curve() != first)
  }

  @Test func smoothingCorrectsItsBias() {
    var range = Self.range(1e-3, 1, steps: 10)
    range.smoothing = 0.5
    let curve = Self.curve([4, 1, 1], range)
    // (4/8 + 1/4 + 1/2) / (7/8) at the end.
    #expect(curve.points.map(\.smoothedLoss) == [4, 2, 1.25 / 0.875])
    range.smoothing = 0
    #expect(Self.curve([4, 1, 3], range).points.map(\.smoothedLoss) == [4, 1, 3])
  }

  /// A sigmoid that falls at 1e-2, is least at 1 and rises then, of losses without noise.
  @Test(arguments: [RangeTestSettings.Growth.exponential, .linear])
  func suggestionsOfAKnownCurve(growth: RangeTestSettings.Growth) throws {
    var range = Self.range(growth == .linear ? 1e-3 : 1e-5, 10, steps: growth == .linear ? 5000 : 121)
    (range.smoothing, range.growth) = (0, growth)
    let losses = (0..<range.steps).map { step -> Double in
      let place = log10(range.learningRate(atStep: step))
      return 2 / (1 + exp(4 * (place + 2))) + 0.3 + max(place, 0) * max(place, 0) - 0.001 * place
    }
    guard case .suggestions(let rates) = Self.curve(losses, range).verdict else {
      Issue.record("\(Self.reason(Self.curve(losses, range).verdict))")
      return
    }
    #expect(abs(log10(rates.steepest) + 2) < 0.1, "\(rates)")
    #expect(abs(log10(rates.minimum)) < 0.1, "\(rates)")
    #expect(rates.tenthOfMinimum == rates.minimum / 10 && rates.remarks == [])
    // Cut before the minimum, the curve says so.
    guard case .suggestions(let cut) = Self.curve(Array(losses.prefix(range.steps / 2)), range).verdict else { return }
    #expect(cut.remarks.contains { $0.contains("--max-lr") } || growth == .linear)
  }

  @Test func whereThereIsNothingToSuggest() throws {
    let range = Self.range(1e-5, 1, steps: 60)
    #expect(Self.reason(Self.curve([2, 1.9, 1.8], range).verdict).contains("3 points are too few"))
    #expect(Self.reason(Self.curve([Double](repeating: 2, count: 60), range).verdict).contains("never fell"))
    #expect(Self.reason(Self.curve((0..<60).map { 2 + Double($0) / 10 }, range).verdict).contains("never fell"))
    // Noise alone is no fall.
    for seed in UInt64(0)..<200 {
      var random = RandomSource(seed: seed, purpose: .synthetic)
      let noise = (0..<60).map { _ in 2.3 + 0.1 * (Double(random.uniform()) - 0.5) }
      #expect(Self.reason(Self.curve(noise, range).verdict).contains("never fell"), "seed \(seed)")
    }
  }

  /// Rates that are far too high: the loss is not a number after some steps, and from the first with such weights.
  @Test func lossesThatAreNotFinite() throws {
    var settings = try self.settings()
    var range = Self.range(1, 100, steps: 10)
    range.divergeFactor = 0
    settings.optimizer.weightDecay = 10
    settings.optimizer.overrides = [ParameterOverride(["*"], rateFactor: 1000)]
    let curve = try RangeTest(settings, range, entry: TinyModel.plain).run()
    guard case .notFinite(let rate, let what) = curve.ending else {
      Issue.record("\(curve.ending)")
      return
    }
    #expect(rate == range.learningRate(atStep: curve.points.count) && what.hasPrefix("the loss is"))
    #expect(Self.reason(curve.verdict).contains("too few"))

    var arguments = TinyModel.plain.defaultArguments
    arguments.numClasses = 10
    let graph = try TinyModel.plain.build(arguments)
    var state = graph.initialState(seed: 1)
    let count = try #require(state["fc.weight"]).count
    state["fc.weight"] = Tensor([Float](repeating: .nan, count: count), shape: try #require(state["fc.weight"]).shape)
    try Snapshot(net: state).write(to: folder.path("nan.h5"))
    settings = try self.settings()
    settings.weights = folder.path("nan.h5")
    let none = try RangeTest(settings, range, entry: TinyModel.plain).run()
    #expect(none.points.isEmpty && Self.reason(none.verdict).contains("at the first step"))
  }

  @Test func stopsWhereItIsTold() throws {
    let test = try RangeTest(try settings(), Self.range(1e-3, 0.1, steps: 50), entry: TinyModel.plain)
    var steps = 0
    let curve = try test.run(stopWhen: steps == 12) { if case .step = $0 { steps += 1 } }
    #expect(curve.ending == .stopped && curve.points.count == 12)

    var range = Self.range(0.5, 100, steps: 50)
    (range.divergeFactor, range.smoothing) = (1.2, 0)
    let diverged = try RangeTest(try settings(), range, entry: TinyModel.plain).run()
    #expect(diverged.points.count < 50 && diverged.ending != .complete)
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    let problem: String
    let change: @Sendable (inout RangeTestSettings) -> Void
    var testDescription: String { problem }

    init(_ problem: String, _ change: @escaping @Sendable (inout RangeTestSettings) -> Void) {
      (self.problem, self.change) = (problem, change)
    }
  }

  @Test(arguments: [
    Wrong("from 0.0") { $0.minimumRate = 0 }, Wrong("from 20.0") { $0.minimumRate = 20 },
    Wrong("to 1000.0") { $0.maximumRate = 1000 }, Wrong("from nan") { $0.minimumRate = .nan },
    Wrong("9 steps") { $0.steps = 9 }, Wrong("smoothed by 1.0") { $0.smoothing = 1 },
    Wrong("1.0 times") { $0.divergeFactor = 1 },
  ])
  func refuses(wrong: Wrong) throws {
    var range = RangeTestSettings()
    wrong.change(&range)
    let error = try #require(throws: TrainingError.self) {
      try RangeTest(try settings(), range, entry: TinyModel.plain)
    }
    #expect(error.code == .settings && "\(error)".contains(wrong.problem), "\(error)")
  }

  @Test func theChartShowsRatesThatWereTried() throws {
    let range = Self.range(1e-5, 10, steps: 60)
    let losses = (0..<60).map { (step: Int) -> Double in
      if step < 30 { return 2 }
      return step < 45 ? 2 - Double(step - 30) / 10 : 1e9
    }
    let chart = Chart(Self.curve(losses, range))
    #expect(chart.xScale == .logarithmic && chart.series.map(\.name).contains("steepest descent"))
    // The explosion at the end does not take the room.
    let strong = chart.series.filter { !$0.isFaint }.flatMap { $0.points }
    #expect(strong.allSatisfy { $0.y < 4 })
    #expect(Figure(chart).svg.contains("minimum / 10"))
    #expect(!Chart(RangeTestCurve(range)).series.contains { !$0.points.isEmpty })
  }
}
