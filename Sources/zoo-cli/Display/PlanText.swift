import Checkpoint
import Engine
import Training

/// What `train` and `resume` say before the first step.
enum PlanText {
  static func lines(_ plan: TrainingPlan) -> [String] {
    let settings = plan.settings
    let input = "\(plan.inputChannels)x\(plan.inputSize)x\(plan.inputSize)"
    var validation = "no validation"
    if plan.validationImages > 0 {
      validation = "\(NumberText.grouped(plan.validationImages)) for validation"
    }
    var lines = [
      "model     \(plan.model), \(NumberText.grouped(plan.parameterCount)) parameters, input \(input), "
        + (plan.classCount == 1 ? "1 class" : "\(NumberText.grouped(plan.classCount)) classes"),
      "data      \(plan.data.terminalEscaped), \(NumberText.grouped(plan.trainingImages)) images to train on, "
        + validation,
      "training  \(optimizer(settings.optimizer)), \(schedule(settings.schedule)), \(batch(settings)), "
        + NumberText.count(settings.epochs, "epoch"),
      "compute   \(NumberText.count(settings.threads, "thread")), \(NumberText.count(settings.workers, "worker")), "
        + "seed \(settings.seed)" + (settings.precision == .float32 ? "" : ", \(settings.precision.rawValue)"),
      "run       \(plan.folder.terminalEscaped)",
    ]
    if plan.epoch > 1 || plan.stepsDone > 0 {
      lines.append("goes on   at epoch \(plan.epoch), step \(plan.stepsDone + 1) of \(plan.stepsPerEpoch)")
    }
    return lines
  }

  /// What a trial of one step found.
  static func lines(_ trial: TrialStep) -> [String] {
    let memory = trial.memory
    let plan = trial.plan
    return lines(plan).filter { !$0.hasPrefix("run ") } + [
      "memory    \(NumberText.bytes(memory.total)): activations \(NumberText.bytes(memory.activations)), parameters "
        + "\(NumberText.bytes(memory.parameters)), optimizer \(NumberText.bytes(memory.optimizer))"
        + (memory.gradientsAndAverage > 0
          ? ", gradients and average \(NumberText.bytes(memory.gradientsAndAverage))" : "")
        + ", images \(NumberText.bytes(memory.images))",
      "step      \(NumberText.fixed(trial.secondsPerStep * 1000, 0)) ms without reading images, loss "
        + NumberText.fixed(trial.loss, 4)
        + (trial.gradientNorm.map { ", gradient \(NumberText.rate($0)) long" } ?? "")
        + "; an epoch takes about \(NumberText.duration(trial.secondsPerStep * Double(plan.stepsPerEpoch)))",
      trial.validationLoss.map {
        "validate  the first batch's loss is \(NumberText.fixed($0, 4))"
          + (plan.settings.average.decay == nil ? "" : " by the average of weights")
      } ?? "validate  there are no images for it",
    ] + (trial.saving.map(saving) ?? []) + [
      "dry run   everything works, and nothing was written"
    ]
  }

  private static func saving(_ saving: SavingCheck) -> [String] {
    let free = saving.freeByteCount.map { ", \(NumberText.bytes($0)) are free" } ?? ""
    return [
      "save      \(saving.folder.terminalEscaped) can be written to; a checkpoint takes "
        + "\(NumberText.bytes(saving.checkpointByteCount))\(free)"
    ]
      + (saving.hasRoomForAll
        ? [] : ["note      not all \(saving.checkpointCount) checkpoints that would be kept have room there"])
  }

  /// The update rule.
  static func optimizer(_ optimizer: OptimizerSettings, withRate: Bool = true) -> String {
    var text = optimizer.kind.rawValue
    if optimizer.amsgrad { text += " amsgrad" }
    if optimizer.centered { text += " centered" }
    if withRate { text += " lr \(NumberText.rate(optimizer.learningRate))" }
    if optimizer.momentum > 0 {
      text += " \(optimizer.nesterov ? "nesterov " : "")momentum \(NumberText.rate(optimizer.momentum))"
    }
    return text
  }

  /// The images of a step.
  static func batch(_ settings: TrainingSettings) -> String {
    let count = settings.gradients.accumulate
    return count == 1 ? "batch \(settings.batchSize)" : "batch \(count) x \(settings.batchSize)"
  }

  private static func schedule(_ schedule: ScheduleSettings) -> String {
    let warmup = schedule.warmupEpochs > 0 ? " after \(NumberText.rate(schedule.warmupEpochs)) epochs of warm-up" : ""
    return schedule.shape.text + warmup
  }
}
