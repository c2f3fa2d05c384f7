/// How an optimizer changes a parameter, in one pass over gradient, parameter and state. Formulas are PyTorch's.
public enum UpdateRule: Sendable, Hashable {
  /// g += λ·p; b = μ·b + (1 − dampening)·g; with nesterov g + μ·b; p −= lr·b. Slot `momentum_buffer` unless μ is 0.
  case sgd(momentum: Double = 0, dampening: Double = 0, nesterov: Bool = false, weightDecay: Double = 0)
  /// Kingma & Ba 2015. Slots `exp_avg` and `exp_avg_sq`. `decoupled` is AdamW (Loshchilov & Hutter 2019).
  case adam(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0, decoupled: Bool = false
  )

  /// The names of the tensors that the rule keeps for each parameter, as PyTorch spells them.
  public var slots: [String] {
    switch self {
    case .sgd(let momentum, _, _, _): momentum == 0 ? [] : ["momentum_buffer"]
    case .adam: ["exp_avg", "exp_avg_sq"]
    }
  }
}

/// One application of a rule.
public struct Update: Sendable, Hashable {
  /// What to do.
  public var rule: UpdateRule
  /// The learning rate of this step.
  public var learningRate: Double
  /// How many updates there have been with this one, from 1: Adam's bias correction, and SGD's first buffer.
  public var step: Int

  /// The update number `step`.
  public init(rule: UpdateRule, learningRate: Double, step: Int) {
    self.rule = rule
    self.learningRate = learningRate
    self.step = step
  }
}
