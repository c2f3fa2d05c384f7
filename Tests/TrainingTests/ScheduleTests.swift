import Testing

@testable import Training

/// Against real PyTorch schedulers (`Goldens/schedules.py`).
struct ScheduleTests {
  struct Case: Decodable, CustomTestStringConvertible {
    let kind: String
    let lr, factor: Double
    let warmup: Int
    let size, length: Int?
    let gamma, minimum: Double?
    let rates: [Double]

    var testDescription: String { "\(kind), warm-up \(warmup), \(rates.count) positions" }

    var schedule: Schedule {
      let curve: Schedule.Curve =
        switch kind {
        case "step": .step(size: size ?? 0, gamma: gamma ?? 0)
        case "cosine": .cosine(length: length ?? 0, minimum: minimum ?? 0)
        default: .constant
        }
      return Schedule(learningRate: lr, warmup: warmup, warmupFactor: factor, curve: curve)
    }
  }

  /// PyTorch multiplies the last rate step by step; its rounding errors stay below 1e-12 of the rate here.
  @Test func equalsPyTorch() throws {
    let cases: [Case] = try Golden.load("schedules")
    #expect(cases.count == 7)
    for item in cases {
      for (position, rate) in item.rates.enumerated() {
        let own = item.schedule.learningRate(at: position)
        #expect(abs(own - rate) <= 1e-12 * item.lr, "\(item.testDescription), position \(position)")
      }
    }
  }

  @Test func cosineStaysAtItsMinimumAfterTheEnd() {
    let schedule = Schedule(learningRate: 1, curve: .cosine(length: 10, minimum: 0.25))
    #expect(schedule.learningRate(at: 10) == 0.25)
    #expect(schedule.learningRate(at: 15) == 0.25)
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
  }
}
