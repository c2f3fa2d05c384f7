public import Engine

/// How parameters are updated: one of PyTorch's optimizers with its hyper-parameters, or Lion or LAMB.
///
/// Hyper-parameters that a kind has no use for stay at their defaults; ``Kind/hyperparameters`` lists those it has.
public struct OptimizerSettings: Sendable, Hashable, Codable {
  /// The rules that there are. Raw values are what `--optimizer` takes.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Stochastic gradient descent with momentum.
    case sgd
    /// Kingma & Ba 2015; weight decay is added to the gradient.
    case adam
    /// Loshchilov & Hutter 2019; weight decay is apart from the gradient.
    case adamw
    /// Hinton's lecture of 2012.
    case rmsprop
    /// Duchi, Hazan & Singer 2011.
    case adagrad
    /// Dozat 2016.
    case nadam
    /// Chen et al. 2023; weight decay is apart from the gradient.
    case lion
    /// You et al. 2020; weight decay is part of the direction that is scaled to the parameter's length.
    case lamb
  }

  /// The rule.
  public var kind: Kind
  /// The rate that the schedule scales; above 0.
  public var learningRate: Double
  /// SGD and RMSprop, in 0..<1.
  public var momentum: Double
  /// SGD only: the share of a gradient that is kept out of the momentum, in 0...1; not with Nesterov's.
  public var dampening: Double
  /// SGD only; needs momentum.
  public var nesterov: Bool
  /// λ of L2 regularisation, at least 0.
  public var weightDecay: Double
  /// Adam and its kin: the decay of the running mean of gradients, in 0..<1.
  public var beta1: Double
  /// Adam and its kin: the decay of the running mean of squared gradients, or of Lion's momentum, in 0..<1.
  public var beta2: Double
  /// All but SGD and Lion: added to the denominator, above 0.
  public var epsilon: Double
  /// Adam and AdamW: divide by the largest mean of squares so far (Reddi et al. 2018).
  public var amsgrad: Bool
  /// RMSprop only: the decay of the running mean of squared gradients, in 0..<1.
  public var alpha: Double
  /// RMSprop only: divide by the deviation instead of the root mean square.
  public var centered: Bool
  /// Adagrad only: the rate is divided by 1 + (step − 1)·this; at least 0.
  public var rateDecay: Double
  /// Adagrad only: what the sums of squares begin with, at least 0.
  public var initialAccumulator: Double
  /// NAdam only: how fast its momentum grows to beta1, at least 0.
  public var momentumDecay: Double
  /// NAdam only: weight decay is apart from the gradient, as in AdamW.
  public var decoupledWeightDecay: Bool
  /// The weight decay of scales and shifts of normalisations; ``weightDecay`` when `nil`.
  public var normWeightDecay: Double?
  /// The weight decay of the biases of all other layers; ``weightDecay`` when `nil`.
  public var biasWeightDecay: Double?
  /// What is different for parameters by their names; of those that fit, the first that says something decides.
  public var overrides: [ParameterOverride]

  /// What is not given is the kind's default: PyTorch's, but for SGD (0.01 with momentum 0.9 and weight decay 1e-4) and the
  /// rate of Adam (2e-4); the papers' for Lion and LAMB.
  public init(
    _ kind: Kind = .sgd, learningRate: Double? = nil, momentum: Double? = nil, dampening: Double? = nil,
    nesterov: Bool = false, weightDecay: Double? = nil, beta1: Double? = nil, beta2: Double? = nil,
    epsilon: Double? = nil, amsgrad: Bool = false, alpha: Double? = nil, centered: Bool = false,
    rateDecay: Double? = nil, initialAccumulator: Double? = nil, momentumDecay: Double? = nil,
    decoupledWeightDecay: Bool = false, normWeightDecay: Double? = nil, biasWeightDecay: Double? = nil,
    overrides: [ParameterOverride] = []
  ) {
    self.kind = kind
    self.learningRate = learningRate ?? kind.learningRate
    self.momentum = momentum ?? (kind == .sgd ? 0.9 : 0)
    self.dampening = dampening ?? 0
    self.nesterov = nesterov
    self.weightDecay = weightDecay ?? kind.weightDecay
    self.beta1 = beta1 ?? 0.9
    self.beta2 = beta2 ?? (kind == .lion ? 0.99 : 0.999)
    self.epsilon = epsilon ?? kind.epsilon
    self.amsgrad = amsgrad
    self.alpha = alpha ?? 0.99
    self.centered = centered
    self.rateDecay = rateDecay ?? 0
    self.initialAccumulator = initialAccumulator ?? 0
    self.momentumDecay = momentumDecay ?? 0.004
    self.decoupledWeightDecay = decoupledWeightDecay
    self.normWeightDecay = normWeightDecay
    self.biasWeightDecay = biasWeightDecay
    self.overrides = overrides
  }

  /// What the engine applies at each step to parameters that nothing is different for.
  public var rule: UpdateRule {
    switch kind {
    case .sgd: .sgd(momentum: momentum, dampening: dampening, nesterov: nesterov, weightDecay: weightDecay)
    case .adam, .adamw:
      .adam(
        beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay, decoupled: kind == .adamw,
        amsgrad: amsgrad)
    case .rmsprop:
      .rmsprop(alpha: alpha, epsilon: epsilon, weightDecay: weightDecay, momentum: momentum, centered: centered)
    case .adagrad:
      .adagrad(rateDecay: rateDecay, epsilon: epsilon, weightDecay: weightDecay, initialSum: initialAccumulator)
    case .nadam:
      .nadam(
        beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay, momentumDecay: momentumDecay,
        decoupled: decoupledWeightDecay)
    case .lion: .lion(beta1: beta1, beta2: beta2, weightDecay: weightDecay)
    case .lamb: .lamb(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
    }
  }
}

extension OptimizerSettings.Kind {
  /// The learning rate when none is given.
  var learningRate: Double {
    switch self {
    case .sgd, .rmsprop, .adagrad: 0.01
    case .adam, .adamw: 2e-4
    case .nadam: 2e-3
    case .lion: 1e-4
    case .lamb: 1e-3
    }
  }

  /// The weight decay when none is given.
  var weightDecay: Double {
    switch self {
    case .sgd: 1e-4
    case .adamw, .lamb: 0.01
    case .adam, .rmsprop, .adagrad, .nadam, .lion: 0
    }
  }

  /// What is added to the denominator when nothing is given.
  var epsilon: Double {
    switch self {
    case .adagrad: 1e-10
    case .lamb: 1e-6
    case .sgd, .adam, .adamw, .rmsprop, .nadam, .lion: 1e-8
    }
  }
}

extension OptimizerSettings {
  /// Settings that another version of this program has written: what it did not know keeps its default.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ key: CodingKeys) throws -> Value? {
      try values.decodeIfPresent(Value.self, forKey: key)
    }
    self.init(
      try values.decode(Kind.self, forKey: .kind), learningRate: try read(.learningRate), momentum: try read(.momentum),
      dampening: try read(.dampening), nesterov: try read(.nesterov) ?? false, weightDecay: try read(.weightDecay),
      beta1: try read(.beta1), beta2: try read(.beta2), epsilon: try read(.epsilon),
      amsgrad: try read(.amsgrad) ?? false, alpha: try read(.alpha), centered: try read(.centered) ?? false,
      rateDecay: try read(.rateDecay), initialAccumulator: try read(.initialAccumulator),
      momentumDecay: try read(.momentumDecay), decoupledWeightDecay: try read(.decoupledWeightDecay) ?? false,
      normWeightDecay: try read(.normWeightDecay), biasWeightDecay: try read(.biasWeightDecay),
      overrides: try read(.overrides) ?? [])
  }
}
