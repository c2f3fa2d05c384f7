public import Engine

/// How parameters are updated: PyTorch's `torch.optim.SGD`, `Adam` and `AdamW`.
public struct OptimizerSettings: Sendable, Hashable, Codable {
  /// The rules that there are. Raw values are what `--optimizer` takes.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Stochastic gradient descent with momentum.
    case sgd
    /// Kingma & Ba 2015; weight decay is added to the gradient.
    case adam
    /// Loshchilov & Hutter 2019; weight decay is apart from the gradient.
    case adamw
  }

  /// The rule.
  public var kind: Kind
  /// The rate that the schedule scales; above 0.
  public var learningRate: Double
  /// SGD only, in 0..<1.
  public var momentum: Double
  /// SGD only; needs momentum.
  public var nesterov: Bool
  /// λ of L2 regularisation, at least 0.
  public var weightDecay: Double
  /// Adam only: the decay of the running mean of gradients, in 0..<1.
  public var beta1: Double
  /// Adam only: the decay of the running mean of squared gradients, in 0..<1.
  public var beta2: Double
  /// Adam only: added to the denominator, above 0.
  public var epsilon: Double

  /// What is not given is a default: SGD at 0.01 with momentum 0.9 and weight decay
  /// 1e-4, or Adam at 2e-4.
  public init(
    _ kind: Kind = .sgd, learningRate: Double? = nil, momentum: Double? = nil, nesterov: Bool = false,
    weightDecay: Double? = nil, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8
  ) {
    self.kind = kind
    self.learningRate = learningRate ?? (kind == .sgd ? 0.01 : 2e-4)
    self.momentum = momentum ?? (kind == .sgd ? 0.9 : 0)
    self.nesterov = nesterov
    self.weightDecay =
      weightDecay
      ?? {
        switch kind {
        case .sgd: 1e-4
        case .adam: 0
        case .adamw: 0.01
        }
      }()
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }

  /// What the engine applies at each step.
  public var rule: UpdateRule {
    switch kind {
    case .sgd: .sgd(momentum: momentum, nesterov: nesterov, weightDecay: weightDecay)
    case .adam: .adam(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
    case .adamw: .adam(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay, decoupled: true)
    }
  }

  /// The hyper-parameters of this kind under PyTorch's names, as checkpoints keep them.
  public var hyperparameters: [String: Double] {
    switch kind {
    case .sgd:
      ["lr": learningRate, "momentum": momentum, "nesterov": nesterov ? 1 : 0, "weight_decay": weightDecay]
    case .adam, .adamw:
      ["lr": learningRate, "beta1": beta1, "beta2": beta2, "eps": epsilon, "weight_decay": weightDecay]
    }
  }

  /// What is wrong with these settings, one sentence each; empty when they can be trained with.
  var problems: [String] {
    var problems: [String] = []
    if !(learningRate.isFinite && learningRate > 0 && learningRate <= 100) {
      problems.append("the learning rate is \(learningRate); it must be above 0 and at most 100")
    }
    if !(weightDecay.isFinite && weightDecay >= 0 && weightDecay <= 10) {
      problems.append("the weight decay is \(weightDecay); it must be in 0...10")
    }
    switch kind {
    case .sgd:
      if !(momentum >= 0 && momentum < 1) {
        problems.append("the momentum is \(momentum); it must be at least 0 and below 1")
      } else if nesterov && momentum == 0 {
        problems.append("Nesterov's method needs a momentum above 0")
      }
    case .adam, .adamw:
      for (name, beta) in [("beta1", beta1), ("beta2", beta2)] where !(beta >= 0 && beta < 1) {
        problems.append("Adam's \(name) is \(beta); it must be at least 0 and below 1")
      }
      if !(epsilon.isFinite && epsilon > 0) {
        problems.append("Adam's epsilon is \(epsilon); it must be above 0")
      }
      if momentum != 0 { problems.append("Adam takes no momentum, but \(momentum) was given; leave it out") }
      if nesterov { problems.append("Adam takes no Nesterov momentum; leave it out") }
    }
    return problems
  }
}
