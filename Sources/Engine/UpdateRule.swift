/// How an optimizer changes a parameter, in one pass over gradient, parameter and state. Formulas are PyTorch's where it
/// has the rule, and those of the papers elsewhere.
///
/// λ is the weight decay: λ·p is added to the gradient g, unless the decay is decoupled, when p is multiplied with
/// 1 − lr·λ first.
public enum UpdateRule: Sendable, Hashable {
  /// b = μ·b + (1 − dampening)·g, at first b = g; with nesterov g + μ·b; p −= lr·b. Slot `momentum_buffer` unless μ is 0.
  case sgd(momentum: Double = 0, dampening: Double = 0, nesterov: Bool = false, weightDecay: Double = 0)
  /// Kingma & Ba 2015. Slots `exp_avg` and `exp_avg_sq`. `decoupled` is AdamW (Loshchilov & Hutter 2019); `amsgrad` divides
  /// by the largest `exp_avg_sq` so far (Reddi et al. 2018), slot `max_exp_avg_sq`.
  case adam(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0,
    decoupled: Bool = false, amsgrad: Bool = false
  )
  /// Hinton's lecture; `centered` divides by an estimate of the variance (Graves 2013). Slots `square_avg`, `grad_avg` if
  /// centered, `momentum_buffer` unless μ is 0.
  case rmsprop(
    alpha: Double = 0.99, epsilon: Double = 1e-8, weightDecay: Double = 0, momentum: Double = 0, centered: Bool = false
  )
  /// Duchi et al. 2011, with lr / (1 + (step − 1)·rateDecay). Slot `sum`, which begins as `initialSum`.
  case adagrad(rateDecay: Double = 0, epsilon: Double = 1e-10, weightDecay: Double = 0, initialSum: Double = 0)
  /// Adam with Nesterov's momentum (Dozat 2016), μ_t = beta1·(1 − 0.96^(t·momentumDecay) / 2). Slots `exp_avg` and
  /// `exp_avg_sq`.
  case nadam(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0,
    momentumDecay: Double = 0.004, decoupled: Bool = false
  )
  /// The sign of an interpolated momentum (Chen et al. 2023), decoupled. Slot `exp_avg`.
  case lion(beta1: Double = 0.9, beta2: Double = 0.99, weightDecay: Double = 0)
  /// Adam's direction plus λ·p, as long in each parameter as the parameter itself (You et al. 2020, φ the identity). Slots
  /// `exp_avg` and `exp_avg_sq`. Needs a second pass.
  case lamb(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-6, weightDecay: Double = 0)

  /// The names of the tensors that the rule keeps for each parameter, as PyTorch spells them.
  public var slots: [String] {
    switch self {
    case .sgd(let momentum, _, _, _): momentum == 0 ? [] : ["momentum_buffer"]
    case .adam(_, _, _, _, _, let amsgrad): ["exp_avg", "exp_avg_sq"] + (amsgrad ? ["max_exp_avg_sq"] : [])
    case .rmsprop(_, _, _, let momentum, let centered):
      ["square_avg"] + (centered ? ["grad_avg"] : []) + (momentum == 0 ? [] : ["momentum_buffer"])
    case .adagrad: ["sum"]
    case .nadam, .lamb: ["exp_avg", "exp_avg_sq"]
    case .lion: ["exp_avg"]
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
