import Checkpoint
import Training

/// What `lr-find` says.
enum RangeTestText {
  /// What is going to be tested.
  static func lines(_ test: RangeTest) -> [String] {
    let range = test.range
    return PlanText.lines(test.plan).filter { line in
      ["model ", "data ", "compute "].contains { line.hasPrefix($0) }
    } + [
      "range     \(rate(range.minimumRate)) to \(rate(range.maximumRate)), \(range.growth.rawValue), "
        + "\(NumberText.count(range.steps, "step")) of \(PlanText.batch(test.plan.settings)), "
        + PlanText.optimizer(test.plan.settings.optimizer, withRate: false)
    ]
  }

  /// The chart and the suggestions, as far as there are some.
  static func lines(_ curve: RangeTestCurve) -> [String] {
    var lines = curve.points.count > 1 ? ChartText.lines(Chart(curve, showsBatches: false)) + [""] : []
    switch curve.ending {
    case .complete, .stopped: break
    case .diverged:
      if let last = curve.points.last {
        lines.append(
          "ended     at \(rate(last.learningRate)), step \(curve.points.count): the loss is more than "
            + "\(NumberText.rate(curve.settings.divergeFactor)) times its least")
      }
    case .notFinite(let learningRate, let what):
      lines.append("ended     at \(rate(learningRate)), step \(curve.points.count + 1): \(what)")
    }
    switch curve.verdict {
    case .suggestions(let rates):
      lines += [
        "steepest  \(rate(rates.steepest))  the smoothed loss falls fastest against log(lr)",
        "minimum   \(rate(rates.tenthOfMinimum))  a tenth of \(rate(rates.minimum)), where the smoothed loss is least",
      ]
      lines += rates.remarks.map { "note      \($0)" }
    // That is the error that the command ends with.
    case .none: break
    }
    return lines
  }

  /// The same for programs, with every point.
  static func json(_ curve: RangeTestCurve, _ plan: TrainingPlan) -> JSONValue {
    var value: JSONValue = [
      "model": .string(plan.model), "data": .string(plan.data), "steps": .integer(curve.settings.steps),
      "growth": .string(curve.settings.growth.rawValue), "smoothing": .number(curve.settings.smoothing),
      "points": .array(
        curve.points.map {
          ["lr": .number($0.learningRate), "loss": .number($0.loss), "smoothed_loss": .number($0.smoothedLoss)]
        }),
    ]
    switch curve.ending {
    case .complete: value["ending"] = "complete"
    case .diverged: value["ending"] = "diverged"
    case .stopped: value["ending"] = "stopped"
    case .notFinite(let rate, let what):
      value["ending"] = "not finite"
      value["ended_at"] = ["lr": .number(rate), "message": .string(what)]
    }
    switch curve.verdict {
    case .suggestions(let rates):
      value["suggestions"] = [
        "steepest": .number(rates.steepest), "minimum": .number(rates.minimum),
        "tenth_of_minimum": .number(rates.tenthOfMinimum),
      ]
      value["remarks"] = .array(rates.remarks.map(JSONValue.string))
    case .none(let reason):
      value["suggestions"] = .null
      value["reason"] = .string(reason)
    }
    return value
  }

  /// A rate as people say it to `--lr`.
  private static func rate(_ rate: Double) -> String { NumberText.rate(rate) }
}
