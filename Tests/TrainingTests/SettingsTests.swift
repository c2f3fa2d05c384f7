import Checkpoint
import Datasets
import Engine
import Foundation
import Testing

@testable import Training

struct SettingsTests {
  @Test func defaultsAreValid() throws {
    try TrainingSettings(model: "alexnet", data: "fashion-mnist").validate()
    for kind in OptimizerSettings.Kind.allCases {
      try TrainingSettings(model: "a", data: "b", optimizer: OptimizerSettings(kind)).validate()
    }
  }

  /// No setting is what it usually is.
  private static var unusual: TrainingSettings {
    var settings = TrainingSettings(
      model: "m", data: "d", validation: "v", validationShare: 0.25, epochs: 3, batchSize: 7,
      optimizer: OptimizerSettings(
        .adamw, learningRate: 0.1 + 0.2, momentum: 0.1, dampening: 0.2, nesterov: true, weightDecay: 1e-7, beta1: 0.8,
        beta2: 0.7, epsilon: 1e-3, amsgrad: true, alpha: 0.6, centered: true, rateDecay: 0.5, initialAccumulator: 0.4,
        momentumDecay: 0.3, decoupledWeightDecay: true, normWeightDecay: 0, biasWeightDecay: 0.01,
        overrides: [ParameterOverride(["a.*"], rateFactor: 0.1, weightDecay: 1)]),
      schedule: ScheduleSettings(.step, unit: .epoch, warmupEpochs: 2, stepEpochs: 4, gamma: 1.0 / 3),
      labelSmoothing: 0.1, classes: 5, inputSize: 64, dropout: 0.3, initWeights: false, augmentation: .crop,
      seed: UInt64(Int.max), workers: 0, threads: 3, device: "cpu", allowsWinograd: false, limitBatches: 9,
      limitValidationBatches: 8, skipsCorruptImages: true, saveMinutes: 0.5, keepsEveryEpoch: true)
    settings.schedule.warmupShape = .constant
    settings.schedule.milestones = [3, 4]
    settings.schedule.length = 2.5
    settings.schedule.restartEpochs = 3
    settings.schedule.restartFactor = 2
    settings.schedule.power = 0.5
    settings.schedule.rise = 0.2
    settings.schedule.divisor = 3
    settings.schedule.finalDivisor = 4
    settings.schedule.annealing = .linear
    settings.schedule.hasThreePhases = true
    settings.schedule.cyclesMomentum = true
    settings.schedule.baseMomentum = 0.8
    settings.schedule.maximumMomentum = 0.9
    settings.schedule.plateau.metric = .top1
    settings.schedule.plateau.thresholdMode = .absolute
    settings.schedule.stages = [ScheduleSettings.Stage(.constant, epochs: 2), ScheduleSettings.Stage(.cosine)]
    settings.checkpoints.bestBy = .loss
    settings.checkpoints.bestCount = 3
    settings.checkpoints.everyEpochs = 4
    settings.checkpoints.everySteps = 5
    settings.variation = AugmentationSettings()
    settings.variation.verticalFlip = 0.1
    settings.variation.rotation = 15
    settings.variation.colorJitter = [0.4, 0.3, 0.2, 0.1]
    settings.variation.grayscale = 0.05
    settings.variation.policy = .rand
    settings.variation.operations = 3
    settings.variation.magnitude = 11
    settings.variation.erasing = 0.25
    settings.variation.paddingMode = .reflect
    settings.variation.interpolation = .bicubic
    settings.variation.normalization = Normalization(mean: [0.1], std: [0.1 + 0.2])
    settings.variation.resize = .exactly(ImageSize(40))
    settings.loss.classWeights = .numbers([1, 0.1 + 0.2, 0, 2, 1e-3])
    settings.loss.ignoredLabel = -100
    settings.mixing = BatchMixing(mixupAlpha: 0.2, cutmixAlpha: 1)
    settings.architecture = "name: own\n"
    settings.startsFromAverage = false
    settings.continued = "before.pth"
    settings.average.decay = 0.99
    settings.average.warmup = true
    settings.average.every = 4
    settings.average.statistics = .copy
    settings.freezing.parameters = ["a.*", "b"]
    settings.freezing.fixesStatistics = true
    settings.weights = "w.pth"
    settings.precision = .emulatedBFloat16
    settings.earlyStopping.patience = 3
    settings.earlyStopping.minimumChange = 0.01
    settings.earlyStopping.metric = .top1
    settings.overfitBatches = 2
    settings.gradients.accumulate = 3
    settings.gradients.clipNorm = 0.3
    settings.gradients.clipValue = 0.7
    settings.loss.reduction = .sum
    settings.reading.classOrder = .natural
    settings.reading.root = "r"
    settings.reading.classNames = ["x", "y"]
    settings.reading.sampler = .balanced
    settings.reading.shuffleBuffer = 7
    settings.reading.turnsByEXIF = true
    settings.reading.reducesJPEG = true
    settings.searchesAlgorithms = true
    settings.algorithms = ["conv1": .direct]
    settings.isDeterministic = true
    settings.schedule.warmupFactor = 0.3
    settings.schedule.minimumRate = 0.001
    settings.schedule.plateau.factor = 0.2
    settings.schedule.plateau.patience = 3
    settings.schedule.plateau.threshold = 0.01
    settings.schedule.plateau.cooldown = 2
    return settings
  }

  /// By the keys that checkpoints and run folders have.
  @Test func everySettingSurvivesTheRoundTrip() throws {
    let settings = Self.unusual
    let usual = TrainingSettings(model: "alexnet", data: "x")
    #expect(Self.equalFields(usual, settings, "settings") == [], "set these to something unusual above")
    let json = try JSONValue(encoding: settings)
    let decoded: TrainingSettings = try json.decoded(of: "settings", in: "x")
    #expect(Self.equalFields(settings, decoded, "settings").count > 80)
    #expect(decoded == settings)
  }

  /// The stored properties that are the same in two values, as paths.
  private static func equalFields(_ first: Any, _ second: Any, _ path: String) -> [String] {
    let (one, other) = (Mirror(reflecting: first), Mirror(reflecting: second))
    guard one.displayStyle == .struct, one.subjectType == other.subjectType else {
      return "\(first)" == "\(second)" ? [path] : []
    }
    return zip(one.children, other.children).flatMap { equalFields($0.value, $1.value, "\(path).\($0.label ?? "")") }
  }

  /// Whatever number a file of somebody's holds in the place of a whole number is refused, or does no harm.
  @Test func hugeNumbersAreRefusedOrHarmless() throws {
    let json = try JSONValue(encoding: Self.unusual)
    func leaves(_ value: JSONValue, _ path: [String]) -> [[String]] {
      if case .integer = value { return [path] }
      return value.keys.flatMap { key in value[key].map { leaves($0, path + [key]) } ?? [] }
    }
    func changed(_ value: JSONValue, _ path: ArraySlice<String>, to number: Int) -> JSONValue {
      guard let key = path.first, let inner = value[key] else { return .integer(number) }
      var value = value
      value[key] = changed(inner, path.dropFirst(), to: number)
      return value
    }
    let paths = leaves(json, []).filter { $0 != ["seed"] }
    #expect(paths.count > 20, "\(paths)")
    for path in paths {
      for number in [Int.max, .min, .max / 2 + 1] {
        let wrong = changed(json, path[...], to: number)
        for kind in ScheduleSettings.Kind.allCases {
          guard var settings: TrainingSettings = try? wrong.decoded(of: "settings", in: "x") else { continue }
          settings.schedule.kind = kind
          // The rest of them is not meant to fit together: what is looked at is that numbers are.
          if settings.schedule.problems(epochs: settings.epochs, learningRate: 0.1).isEmpty {
            _ = Schedule(settings.schedule, learningRate: 0.1, epochs: 3, stepsPerEpoch: 1000).learningRate(
              atStep: 2500)
          }
          try? settings.validate()
        }
      }
    }
  }

  @Test func whatAnotherVersionDidNotKnowKeepsItsDefault() throws {
    let json = Data(#"{"model": "lenet5", "data": "x", "epochs": 4, "futureSetting": 1}"#.utf8)
    let settings = try JSONDecoder().decode(TrainingSettings.self, from: json)
    #expect(settings == TrainingSettings(model: "lenet5", data: "x", epochs: 4))
  }

  /// What a wrong setting is called in the error, and how to make it wrong.
  struct Wrong: Sendable, CustomTestStringConvertible {
    let problem: String
    let change: @Sendable (inout TrainingSettings) -> Void
    var testDescription: String { problem }

    init(_ problem: String, _ change: @escaping @Sendable (inout TrainingSettings) -> Void) {
      self.problem = problem
      self.change = change
    }
  }

  @Test(arguments: [
    Wrong("batch size is 0") { $0.batchSize = 0 },
    Wrong("epochs is 0") { $0.epochs = 0 },
    Wrong("learning rate is 0.0") { $0.optimizer.learningRate = 0 },
    Wrong("learning rate is -0.1") { $0.optimizer.learningRate = -0.1 },
    Wrong("learning rate is nan") { $0.optimizer.learningRate = .nan },
    Wrong("learning rate is inf") { $0.optimizer.learningRate = .infinity },
    Wrong("momentum is 1.0") { $0.optimizer.momentum = 1 },
    Wrong("Nesterov") { $0.optimizer = OptimizerSettings(.sgd, momentum: 0, nesterov: true) },
    Wrong("takes no momentum") { $0.optimizer = OptimizerSettings(.adam, momentum: 0.9) },
    Wrong("adam takes no alpha") { $0.optimizer = OptimizerSettings(.adam, alpha: 0.9) },
    Wrong("lion takes no epsilon") { $0.optimizer = OptimizerSettings(.lion, epsilon: 1e-3) },
    Wrong("rmsprop takes no Nesterov") { $0.optimizer = OptimizerSettings(.rmsprop, nesterov: true) },
    Wrong("takes no dampening") { $0.optimizer = OptimizerSettings(.sgd, dampening: 0.1, nesterov: true) },
    Wrong("dampening is 1.5") { $0.optimizer = OptimizerSettings(.sgd, dampening: 1.5) },
    Wrong("beta2 is 1.0") { $0.optimizer = OptimizerSettings(.lamb, beta2: 1) },
    Wrong("epsilon is 0.0") { $0.optimizer = OptimizerSettings(.adagrad, epsilon: 0) },
    Wrong("initial accumulator is -1.0") { $0.optimizer = OptimizerSettings(.adagrad, initialAccumulator: -1) },
    Wrong("decay of the momentum is nan") { $0.optimizer = OptimizerSettings(.nadam, momentumDecay: .nan) },
    Wrong("decay of biases is -1.0") { $0.optimizer.biasWeightDecay = -1 },
    Wrong("multiplied by 0.0") { $0.optimizer.overrides = [ParameterOverride(["a"], rateFactor: 0)] },
    Wrong("weight decay is -1.0") { $0.optimizer.weightDecay = -1 },
    Wrong("longer than the training") { $0.schedule.warmupEpochs = 11 },
    Wrong("whole number") { $0.schedule = ScheduleSettings(unit: .epoch, warmupEpochs: 0.5) },
    Wrong("fall every 0") { $0.schedule = ScheduleSettings(.step, stepEpochs: 0) },
    Wrong("cosine ends at 1.0") { $0.schedule.minimumRate = 1 },
    Wrong("label smoothing is 1.0") { $0.labelSmoothing = 1 },
    Wrong("each must be in 0...1000000") { $0.loss.classWeights = .numbers([1, -1]) },
    Wrong("each must be in 0...1000000") { $0.loss.classWeights = .numbers([1, .nan]) },
    Wrong("no class weight is above 0") { $0.loss.classWeights = .numbers([0, 0]) },
    Wrong("numbers of 32 bits") { $0.loss.ignoredLabel = 1 << 40 },
    Wrong("0 batches") { $0.gradients.accumulate = 0 },
    Wrong("length of gradients is clipped at 0.0") { $0.gradients.clipNorm = 0 },
    Wrong("magnitude of gradients is clipped at inf") { $0.gradients.clipValue = .infinity },
    Wrong("leave one out") {
      $0.gradients.clipNorm = 1
      $0.gradients.clipValue = 1
    },
    Wrong("mixup with an alpha of -1.0") { $0.mixing.mixupAlpha = -1 },
    Wrong("CutMix with an alpha of inf") { $0.mixing.cutmixAlpha = .infinity },
    Wrong("leave out the ignored label") {
      $0.mixing.mixupAlpha = 1
      $0.loss.ignoredLabel = 0
    },
    Wrong("decay of the average is 1.0") { $0.average.decay = 1 },
    Wrong("updated every 0 steps") {
      $0.average.decay = 0.9
      $0.average.every = 0
    },
    Wrong("no average is kept") { $0.average.warmup = true },
    Wrong("no parameter is frozen") { $0.freezing.fixesStatistics = true },
    Wrong("after 0 epochs without") { $0.earlyStopping.patience = 0 },
    Wrong("change by -1.0") { $0.earlyStopping.minimumChange = -1 },
    Wrong("never ends early") { $0.earlyStopping.metric = .top5 },
    Wrong("leave out the balanced sampler") {
      $0.overfitBatches = 1
      $0.reading.sampler = .balanced
    },
    Wrong("nothing is padded") {
      $0.augmentation = .crop
      $0.variation.paddingMode = .edge
    },
    Wrong("there is no policy to choose them") { $0.variation.operations = 3 },
    Wrong("'trivial' chooses them") {
      $0.variation.policy = .trivial
      $0.variation.magnitude = 3
    },
    Wrong("CutMix with an alpha of 0.0001") { $0.mixing.cutmixAlpha = 1e-4 },
    Wrong("there is no warm-up") { $0.schedule.warmupFactor = 0.5 },
    Wrong("cosine schedule takes no gamma") { $0.schedule.gamma = 0.5 },
    Wrong("step schedule takes no '--min-lr'") { $0.schedule = ScheduleSettings(.step, minimumRate: 0.01) },
    Wrong("cosine schedule takes no '--three-phases'") { $0.schedule.hasThreePhases = true },
    Wrong("fall every 9223372036854775807") { $0.schedule = ScheduleSettings(.step, stepEpochs: .max) },
    Wrong("in 0...100000 in ascending") {
      $0.schedule.kind = .multistep
      $0.schedule.milestones = [.max]
    },
    Wrong("'cosine' in the schedule would begin after 50.0 epochs") {
      $0.schedule.kind = .sequence
      $0.schedule.stages = [ScheduleSettings.Stage(.constant, epochs: 50), ScheduleSettings.Stage(.cosine)]
    },
    Wrong("epochs of their own, such as cosine:20") {
      $0.schedule.kind = .sequence
      $0.schedule.stages = [ScheduleSettings.Stage(.constant, epochs: 2), ScheduleSettings.Stage(.cosine)]
      $0.schedule.length = 3
    },
    Wrong("0 batches are to be learned by heart") { $0.overfitBatches = 0 },
    Wrong("classes is 0") { $0.classes = 0 },
    Wrong("input size is -3") { $0.inputSize = -3 },
    Wrong("the seed is 9223372036854775808") { $0.seed = 1 << 63 },
    Wrong("dropout is 1.0") { $0.dropout = 1 },
    Wrong("workers is -1") { $0.workers = -1 },
    Wrong("threads is 0") { $0.threads = 0 },
    Wrong("limited to 0") { $0.limitBatches = 0 },
    Wrong("limited to -1") { $0.limitValidationBatches = -1 },
    Wrong("the -1 best epochs") { $0.checkpoints.bestCount = -1 },
    Wrong("every 0 epochs") { $0.checkpoints.everyEpochs = 0 },
    Wrong("every 0 steps") { $0.checkpoints.everySteps = 0 },
    Wrong("every -1.0 minutes") { $0.saveMinutes = -1 },
    Wrong("validation is 1.0") { $0.validationShare = 1 },
    Wrong("upside down with a probability of 1.5") { $0.variation.verticalFlip = 1.5 },
    Wrong("gray with a probability of nan") { $0.variation.grayscale = .nan },
    Wrong("erased in part with a probability of -1.0") { $0.variation.erasing = -1 },
    Wrong("up to 181.0 degrees") { $0.variation.rotation = 181 },
    Wrong("hue at most 0.5") { $0.variation.colorJitter = [0, 0, 0, 0.6] },
    Wrong("colour jitter is [-1.0") { $0.variation.colorJitter = [-1, 0, 0, 0] },
    Wrong("15 operations") { $0.variation.operations = 15 },
    Wrong("strength of operations is 31") { $0.variation.magnitude = 31 },
  ])
  func refuses(wrong: Wrong) throws {
    var settings = TrainingSettings(model: "lenet5", data: "x")
    wrong.change(&settings)
    let error = try #require(throws: TrainingError.self) { try settings.validate() }
    #expect(error.code == .settings)
    #expect(error.message.contains(wrong.problem), "\(error.message)")
  }

  @Test func allProblemsAreReportedAtOnce() throws {
    let settings = TrainingSettings(model: "lenet5", data: "x", epochs: 0, batchSize: 0, dropout: 2, threads: 0)
    let error = try #require(throws: TrainingError.self) { try settings.validate() }
    #expect(error.message.hasPrefix("4 settings cannot be used:"))
    for word in ["epochs", "batch size", "dropout", "threads"] { #expect(error.message.contains(word)) }
  }

  @Test func optimizersBecomeTheEnginesRules() {
    #expect(
      OptimizerSettings(.sgd, momentum: 0.5, nesterov: true, weightDecay: 0.1).rule
        == .sgd(momentum: 0.5, dampening: 0, nesterov: true, weightDecay: 0.1))
    #expect(OptimizerSettings(.adam).rule == .adam())
    #expect(OptimizerSettings(.adamw).rule == .adam(weightDecay: 0.01, decoupled: true))
    #expect(OptimizerSettings(.adam, amsgrad: true).rule == .adam(amsgrad: true))
    #expect(
      OptimizerSettings(.rmsprop, momentum: 0.9, epsilon: 1e-3, alpha: 0.9, centered: true).rule
        == .rmsprop(alpha: 0.9, epsilon: 1e-3, momentum: 0.9, centered: true))
    #expect(
      OptimizerSettings(.adagrad, rateDecay: 0.1, initialAccumulator: 0.2).rule
        == .adagrad(rateDecay: 0.1, initialSum: 0.2))
    #expect(
      OptimizerSettings(.nadam, momentumDecay: 0.1, decoupledWeightDecay: true).rule
        == .nadam(momentumDecay: 0.1, decoupled: true))
    #expect(OptimizerSettings(.lion).rule == .lion())
    #expect(OptimizerSettings(.lamb).rule == .lamb(weightDecay: 0.01))
  }
}
