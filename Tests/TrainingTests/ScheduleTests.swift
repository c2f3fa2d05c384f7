import Checkpoint
import Foundation
import OrderedCollections
import Testing

@testable import Training

/// Against real PyTorch schedulers (`Goldens/schedules.py`).
struct ScheduleTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let kind: String
    let lr: Double
    let text, metric, annealing, optimizer: String?
    let warmupShape: Schedule.Warmup?
    let warmup, unit, epochs, size, restart, restartFactor: Int?
    let milestones: [Int]?
    let factor, gamma, minimum, power, rise, divisor, finalDivisor: Double?
    let threePhases: Bool?
    let plateau: [Number]?
    let values, momenta, momentums: [Double]?
    let rates: [Double]

    var testDescription: String { "\(text ?? kind), warm-up \(warmup ?? 0), lr \(lr)" }

    /// One epoch of these tests is as many positions.
    var stepsPerEpoch: Int { unit ?? 1 }

    var settings: ScheduleSettings {
      get throws {
        var settings = ScheduleSettings()
        settings.shape = try #require(ScheduleSettings.Shape(text ?? kind))
        settings.warmupEpochs = Double(warmup ?? 0) / Double(stepsPerEpoch)
        settings.warmupFactor = factor ?? 0.01
        settings.warmupShape = warmupShape ?? .linear
        settings.stepEpochs = size ?? settings.stepEpochs
        settings.milestones = milestones ?? []
        settings.gamma = gamma ?? settings.gamma
        settings.minimumRate = minimum ?? 0
        settings.restartEpochs = restart ?? settings.restartEpochs
        settings.restartFactor = restartFactor ?? settings.restartFactor
        settings.power = power ?? 1
        settings.rise = rise ?? settings.rise
        settings.divisor = divisor ?? settings.divisor
        settings.finalDivisor = finalDivisor ?? settings.finalDivisor
        settings.annealing = annealing == "linear" ? .linear : .cosine
        settings.hasThreePhases = threePhases ?? false
        if let momenta, momenta.count == 2 {
          (settings.cyclesMomentum, settings.baseMomentum, settings.maximumMomentum) = (true, momenta[0], momenta[1])
        }
        if let plateau, plateau.count == 5 {
          settings.plateau.metric = metric == "top1" ? .top1 : .loss
          settings.plateau.factor = plateau[0].value
          settings.plateau.patience = Int(plateau[1].value)
          settings.plateau.threshold = plateau[2].value
          settings.plateau.thresholdMode = plateau[3].text == "absolute" ? .absolute : .relative
          settings.plateau.cooldown = Int(plateau[4].value)
        }
        return settings
      }
    }

    var schedule: Schedule {
      get throws {
        Schedule(try settings, learningRate: lr, epochs: epochs ?? 50, stepsPerEpoch: stepsPerEpoch)
      }
    }

    /// PyTorch's cosine rises again after its end; ours stays.
    var end: Int { kind == "cosine" ? (epochs ?? 50) * stepsPerEpoch : rates.count }
  }

  /// A number, or a word among numbers.
  struct Number: Decodable, Sendable {
    let value: Double
    let text: String?

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      text = try? container.decode(String.self)
      value = text == nil ? try container.decode(Double.self) : 0
    }
  }

  static func cases() throws -> [Case] {
    let json = try String(contentsOf: Golden.file("schedules.json"), encoding: .utf8)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode([Case].self, from: Data(json.utf8))
  }

  /// PyTorch multiplies the last rate step by step; its rounding errors stay below 1e-12 of the rate here.
  @Test func equalsPyTorch() throws {
    let cases = try Self.cases()
    #expect(cases.count == 34)
    for item in cases where item.kind != "plateau" {
      let schedule = try item.schedule
      #expect(
        try item.settings.problems(epochs: item.epochs ?? 50, learningRate: item.lr) == [], "\(item.testDescription)")
      for (position, rate) in item.rates.prefix(item.end + 1).enumerated() {
        let own = schedule.learningRate(at: position)
        #expect(abs(own - rate) <= 1e-12 * item.lr, "\(item.testDescription), position \(position)")
      }
      #expect((item.momentums == nil) == (schedule.momentum(atStep: 0) == nil))
      for (position, momentum) in (item.momentums ?? []).enumerated() {
        let own = try #require(schedule.momentum(atStep: position))
        #expect(abs(own - momentum) <= 1e-12, "\(item.testDescription), momentum at \(position)")
      }
    }
  }

  /// The state goes through JSON after every epoch, as it does through checkpoints.
  @Test func plateausEqualPyTorch() throws {
    let cases = try Self.cases().filter { $0.kind == "plateau" }
    #expect(cases.count == 2)
    for item in cases {
      let (schedule, settings) = (try item.schedule, try item.settings)
      var state = PlateauState(rate: item.lr)
      for (epoch, value) in (item.values ?? []).enumerated() {
        #expect(abs(schedule.learningRate(at: epoch, plateau: state) - item.rates[epoch]) <= 1e-12 * item.lr)
        state.add(value, settings.plateau, minimum: settings.minimumRate)
        state = try JSONDecoder().decode(PlateauState.self, from: JSONEncoder().encode(state))
      }
      // It did fall, and more than once.
      #expect(Set(item.rates).count > 2)
    }
  }

  /// What a checkpoint for PyTorch holds is what PyTorch's own scheduler holds there, and is understood again.
  @Test func statesEqualPyTorch() throws {
    let golden = try JSONValue(parsing: String(contentsOf: Golden.file("schedules.json"), encoding: .utf8)).array ?? []
    for (item, json) in zip(try Self.cases(), golden) {
      let (schedule, settings) = (try item.schedule, try item.settings)
      for (key, expected) in json["states"]?.object ?? [:] {
        let position = try #require(Int(key))
        guard position < item.end else { continue }
        var plateau = PlateauState(rate: item.lr)
        for value in (item.values ?? []).prefix(position) {
          plateau.add(value, settings.plateau, minimum: settings.minimumRate)
        }
        let state = try #require(
          schedule.torchState(
            step: position, epochsDone: position, rateFactors: [1],
            plateau: item.kind == "plateau" ? (plateau, settings.plateau) : nil, minimum: settings.minimumRate,
            usesBeta1: item.optimizer == "adamw"))
        #expect(Self.differences(expected, state) == [], "\(item.testDescription) at \(position)")

        guard item.kind != "constant", position > 0, position % item.stepsPerEpoch == 0
        else { continue }
        var group: JSONValue = ["lr": .number(schedule.learningRate(at: position, plateau: plateau))]
        for member in schedule.torchGroupMembers(rateFactor: 1) { group[member.name] = .number(member.value) }
        let epochs = position / item.stepsPerEpoch
        let again = try ForeignSchedule(state, epochsDone: epochs, steps: position, group: group)
        let same = Schedule(
          again.settings, learningRate: again.learningRate ?? item.lr, epochs: 1000, stepsPerEpoch: item.stepsPerEpoch)
        for next in position..<(item.end) {
          let (own, expected) = (same.learningRate(at: next), schedule.learningRate(at: next))
          #expect(abs(own - expected) <= 1e-12 * item.lr, "\(item.testDescription) read again, at \(next)")
          #expect(same.momentum(atStep: next) == schedule.momentum(atStep: next))
        }
        if item.kind == "plateau" { #expect(again.plateau == plateau && again.settings.plateau == settings.plateau) }
      }
    }
  }

  /// Members that differ from PyTorch's. Those of schedulers that are over or to come do not matter, nor do counts that
  /// PyTorch itself does not keep in step.
  private static func differences(_ expected: JSONValue, _ own: JSONValue, in path: String = "") -> [String] {
    switch expected {
    case .object(let members):
      return members.flatMap { key, value -> [String] in
        if key == "_step_count" || (path.contains("_schedulers") && (key == "_last_lr" || key == "T_cur")) { return [] }
        guard let mine = own[key] else { return ["\(path)/\(key) is missing"] }
        return differences(value, mine, in: "\(path)/\(key)")
      }
    case .array(let elements):
      guard let mine = own.array, mine.count == elements.count else { return ["\(path) is \(own.text())"] }
      return zip(elements, mine).flatMap { differences($0, $1, in: path) }
    case .integer, .number:
      guard let first = expected.double, let second = own.double else { return ["\(path) is \(own.text())"] }
      return abs(first - second) <= 1e-12 * max(abs(first), 1e-3) ? [] : ["\(path) is \(second), not \(first)"]
    default:
      // JSON has no infinity.
      return expected == own || expected.double == own.double && own.double != nil ? [] : ["\(path) is \(own.text())"]
    }
  }

  @Test func curvesStayAtTheirEnd() {
    let cosine = Schedule(learningRate: 1, curve: .cosine(length: 10, minimum: 0.25))
    #expect(cosine.learningRate(at: 10) == 0.25 && cosine.learningRate(at: 15) == 0.25)
    let cycle = Schedule(learningRate: 1, curve: .oneCycle(Schedule.OneCycle(length: 10, divisor: 2, finalDivisor: 4)))
    #expect(abs(cycle.learningRate(at: 9) - 0.125) < 1e-15 && cycle.learningRate(at: 30) == cycle.learningRate(at: 9))
    let polynomial = Schedule(learningRate: 1, curve: .polynomial(length: 4, power: 2))
    #expect(polynomial.learningRate(at: 2) == 0.25 && polynomial.learningRate(at: 9) == 0)
    // Lengths that overflow are no trap.
    let restarts = Schedule(learningRate: 1, curve: .restarts(length: 100, factor: 1000, minimum: 0))
    #expect(restarts.learningRate(at: .max / 2) > 0)
  }

  @Test func epochsBecomeSteps() {
    var settings = ScheduleSettings(.cosine, warmupEpochs: 0.5)
    let byStep = Schedule(settings, learningRate: 1, epochs: 3, stepsPerEpoch: 10)
    #expect(byStep.warmup == 5)
    #expect(byStep.curve == .cosine(length: 25, minimum: 0))
    #expect(byStep.learningRate(atStep: 5) == 1)
    #expect(byStep.learningRate(atStep: 30) == 0)

    settings = ScheduleSettings(.step, unit: .epoch, stepEpochs: 2, gamma: 0.5)
    let byEpoch = Schedule(settings, learningRate: 1, epochs: 3, stepsPerEpoch: 10)
    #expect(byEpoch.learningRate(atStep: 19) == 1)
    #expect(byEpoch.learningRate(atStep: 20) == 0.5)

    settings = ScheduleSettings(.exponential, gamma: 0.25)
    let smooth = Schedule(settings, learningRate: 1, epochs: 3, stepsPerEpoch: 10)
    #expect(abs(smooth.learningRate(atStep: 5) - 0.5) < 1e-12 && abs(smooth.learningRate(atStep: 10) - 0.25) < 1e-12)

    settings = ScheduleSettings()
    settings.shape = ScheduleSettings.Shape("constant:1,cosine") ?? ScheduleSettings.Shape(.constant)
    let parts = Schedule(settings, learningRate: 1, epochs: 3, stepsPerEpoch: 10)
    #expect(parts.learningRate(atStep: 10) == 1 && parts.learningRate(atStep: 20) == 0.5)
    #expect(parts.learningRate(atStep: 30) == 0)
  }

  @Test(arguments: [
    "cosine", "one-cycle", "constant:2.5,cosine", "constant:5.0,step:1.0", "step*exponential", "linear",
    "linear(from=0.1,to=1.0):5.0,multistep(gamma=0.5,milestones=3.0;5.5),cosine-restarts(restart-epochs=2.0)",
    "constant(factor=0.1,epochs=20.0)*exponential(gamma=0.9)", "cosine(min-lr=0.001,epochs=4.0)",
  ])
  func shapesAreWrittenAsTheyAreRead(text: String) throws {
    #expect(try #require(ScheduleSettings.Shape(text)).text == text)
  }

  @Test(arguments: [
    "", "cosin", "cosine:", "constant:5,,cosine", "step*", "sequence", "product", "a*b", "step:1:2",
    "step(gamma=0.5", "step(gamma)", "step(gamma=x)", "step(power=2)", "step(gamma=1,gamma=1)", "step()",
    "one-cycle(gamma=1)",
    "step:3*cosine", "multistep(milestones=1;)", "cosine)min-lr=1(", "step(gamma=0.5)x", "((", "))",
    "cosine(min-lr=0.1))",
  ])
  func shapesThatMakeNoSense(text: String) { #expect(ScheduleSettings.Shape(text) == nil) }

  /// Schedulers that cannot be gone on with say why.
  @Test(arguments: [
    (#"{"kind": "LambdaLR", "lr_lambdas": [], "last_epoch": 3}"#, "rates come from code"),
    (#"{"kind": "CyclicLR", "last_epoch": 3}"#, "zoo has no CyclicLR"),
    (
      #"""
      {"kind": "SequentialLR", "last_epoch": 3, "_milestones": [2], "_schedulers": [
        {"kind": "ConstantLR", "factor": 1, "total_iters": 0, "last_epoch": 1},
        {"kind": "ReduceLROnPlateau", "last_epoch": 1}]}
      """#, "its SequentialLR has a ReduceLROnPlateau in it"
    ),
    (
      #"""
      {"kind": "SequentialLR", "last_epoch": 3, "_milestones": [], "_schedulers": [
        {"kind": "ConstantLR", "factor": 1, "total_iters": 0, "last_epoch": 1}]}
      """#, "does not say its parts"
    ),
    (
      #"""
      {"kind": "ChainedScheduler", "_schedulers": [{"kind": "LambdaLR", "last_epoch": 3}]}
      """#, "rates come from code"
    ),
    (
      #"""
      {"kind": "ChainedScheduler", "_schedulers": [
        {"kind": "CosineAnnealingLR", "T_max": 9, "eta_min": 0.01, "last_epoch": 3}]}
      """#, "ends at a rate of its own"
    ),
    (
      #"""
      {"kind": "ChainedScheduler", "_schedulers": [
        {"kind": "ExponentialLR", "gamma": 0.9, "last_epoch": 3}, {"kind": "ExponentialLR", "gamma": 0.9, "last_epoch": 2}]}
      """#, "different numbers of steps"
    ),
    (
      #"""
      {"kind": "OneCycleLR", "last_epoch": 3, "total_steps": 9, "cycle_momentum": true, "_schedule_phases": []}
      """#, "does not say from where to where"
    ),
  ])
  func saysWhatItCannotGoOnWith(state: String, reason: String) throws {
    let error = try #require(throws: ForeignSchedule.Unknown.self) {
      try ForeignSchedule(JSONValue(parsing: state), epochsDone: 3, steps: 3, group: ["lr": 0.1])
    }
    #expect(error.reason.contains(reason), "\(error.reason)")
  }

  /// A warm-up before a product is a schedule of zoo's own: PyTorch's SequentialLR cannot hold a ChainedScheduler.
  @Test func whatPyTorchHasNot() {
    let product = Schedule.Curve.product([.step(size: 2, gamma: 0.5), .exponential(gamma: 0.9)])
    func state(_ schedule: Schedule) -> JSONValue? {
      schedule.torchState(step: 3, epochsDone: 3, rateFactors: [1], plateau: nil, minimum: 0)
    }
    #expect(state(Schedule(learningRate: 1, curve: product)) != nil)
    #expect(state(Schedule(learningRate: 1, warmup: 2, curve: product)) == nil)
    let restarts = Schedule.Curve.restarts(length: 3, factor: 1, minimum: 0)
    #expect(state(Schedule(learningRate: 1, curve: .product([restarts, .constant]))) == nil)
  }

  @Test func whatAnotherNumberOfEpochsChanges() throws {
    for (text, depends) in [
      ("constant", false), ("step", false), ("multistep", false), ("exponential", false), ("cosine", true),
      ("cosine-restarts", false), ("one-cycle", true), ("polynomial", true), ("plateau", false),
      ("cosine:5,constant", false), ("constant:5,cosine", true), ("constant:5,cosine:5", false),
      ("step*cosine", true), ("step*exponential", false), ("linear", true), ("linear(epochs=3)", false),
      ("constant:5,linear(epochs=3)", false), ("step*cosine(epochs=3)", false),
    ] {
      var settings = ScheduleSettings()
      settings.shape = try #require(ScheduleSettings.Shape(text))
      #expect(settings.dependsOnEpochs == depends, "\(text)")
      settings.length = 3
      // The parts of a sequence have lengths of their own.
      #expect(settings.dependsOnEpochs == (depends && settings.kind == .sequence), "\(text)")
    }
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    let text, problem: String
    let change: @Sendable (inout ScheduleSettings) -> Void
    var testDescription: String { problem }

    init(_ text: String, _ problem: String, _ change: @escaping @Sendable (inout ScheduleSettings) -> Void = { _ in }) {
      (self.text, self.problem, self.change) = (text, problem, change)
    }
  }

  @Test(arguments: [
    Wrong("multistep", "needs '--milestones'"), Wrong("multistep", "ascending order") { $0.milestones = [5, 3] },
    Wrong("cosine", "takes no milestones") { $0.milestones = [5] },
    Wrong("exponential", "multiplies by 1.5") { $0.gamma = 1.5 },
    Wrong("cosine-restarts", "takes 0 epochs") { $0.restartEpochs = 0 },
    Wrong("cosine-restarts", "0 times as long") { $0.restartFactor = 0 },
    Wrong("polynomial", "is 0.0; it must be above 0") { $0.power = 0 },
    Wrong("one-cycle", "takes no warm-up") { $0.warmupEpochs = 1 }, Wrong("one-cycle", "rises in 2.0") { $0.rise = 2 },
    Wrong("one-cycle", "at most 0.5") { ($0.hasThreePhases, $0.rise) = (true, 0.6) },
    Wrong("one-cycle", "divides by 0.5") { $0.divisor = 0.5 },
    Wrong("plateau", "multiplies the learning rate by 1.0") { $0.plateau.factor = 1 },
    Wrong("plateau", "patience is -1") { $0.plateau.patience = -1 },
    Wrong("cosine", "options of a plateau") { $0.plateau.patience = 1 },
    Wrong("step", "'--schedule-epochs'") { $0.length = 3 }, Wrong("cosine", "takes -1.0 epochs") { $0.length = -1 },
    Wrong("constant,cosine", "needs its epochs"), Wrong("constant:-1,cosine", "takes -1.0 epochs"),
    Wrong("constant:0.5,cosine", "a whole number") { $0.unit = .epoch },
    Wrong("constant:1,plateau", "cannot be a part"), Wrong("step*one-cycle", "cannot be multiplied"),
    Wrong("step*cosine", "leave '--min-lr' out") { $0.minimumRate = 0.01 },
    Wrong("step*cosine(min-lr=0.01)", "leave '--min-lr' out"), Wrong("linear(from=0)", "'from' of 'linear'"),
    Wrong("linear(to=2)", "'to' of 'linear'"), Wrong("constant(factor=0,epochs=2)", "'factor' of 'constant'"),
    Wrong("cosine(min-lr=5)", "at most the learning rate"), Wrong("step(gamma=nan)", "'gamma' of 'step'"),
    Wrong("multistep(milestones=5;3)", "ascending order"), Wrong("multistep*step", "needs '--milestones'"),
    Wrong("cosine-restarts(restart-factor=1.5)", "a whole number"), Wrong("cosine(epochs=0)", "above 0"),
    Wrong("one-cycle", "the momentum cycles between 0.5 and 0.85") {
      ($0.cyclesMomentum, $0.maximumMomentum) = (true, 0.5)
    },
    Wrong("one-cycle", "the momentum cycles between 1.0") { ($0.cyclesMomentum, $0.maximumMomentum) = (true, 1) },
    Wrong("cosine", "does not cycle the momentum") { $0.cyclesMomentum = true },
    Wrong("one-cycle", "give '--cycle-momentum'") { $0.baseMomentum = 0.5 },
  ])
  func refuses(wrong: Wrong) throws {
    var settings = ScheduleSettings()
    settings.shape = try #require(ScheduleSettings.Shape(wrong.text))
    wrong.change(&settings)
    let problems = settings.problems(epochs: 10, learningRate: 0.1)
    #expect(problems.contains { $0.contains(wrong.problem) }, "\(problems)")
  }
}
