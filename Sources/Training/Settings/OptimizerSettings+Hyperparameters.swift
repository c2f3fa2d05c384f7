import Checkpoint

extension OptimizerSettings {
  /// The numbers and truth values of settings, by which they are named in errors and in checkpoints.
  public enum Hyperparameter: String, Sendable, Hashable, CaseIterable {
    case learningRate = "lr"
    case momentum, dampening, nesterov, beta1, beta2
    case epsilon = "eps"
    case amsgrad, alpha, centered
    case rateDecay = "lr_decay"
    case initialAccumulator = "initial_accumulator_value"
    case momentumDecay = "momentum_decay"
    case decoupledWeightDecay = "decoupled_weight_decay"
    case weightDecay = "weight_decay"
  }

  /// The hyper-parameters of this kind under PyTorch's names, as checkpoints keep them; 1 and 0 for truth values.
  public var hyperparameters: [String: Double] {
    Dictionary(uniqueKeysWithValues: kind.hyperparameters.map { ($0.rawValue, self[$0]) })
  }

  /// The value of a hyper-parameter; 1 and 0 for truth values.
  subscript(_ name: Hyperparameter) -> Double {
    switch name {
    case .learningRate: learningRate
    case .momentum: momentum
    case .dampening: dampening
    case .nesterov: nesterov ? 1 : 0
    case .beta1: beta1
    case .beta2: beta2
    case .epsilon: epsilon
    case .amsgrad: amsgrad ? 1 : 0
    case .alpha: alpha
    case .centered: centered ? 1 : 0
    case .rateDecay: rateDecay
    case .initialAccumulator: initialAccumulator
    case .momentumDecay: momentumDecay
    case .decoupledWeightDecay: decoupledWeightDecay ? 1 : 0
    case .weightDecay: weightDecay
    }
  }
}

extension OptimizerSettings {
  /// What a momentum that cycles is for this kind: beta1 where there is one, as in PyTorch's `OneCycleLR`.
  var cycledMomentum: Double {
    get { kind.hyperparameters.contains(.beta1) ? beta1 : momentum }
    set { if kind.hyperparameters.contains(.beta1) { beta1 = newValue } else { momentum = newValue } }
  }

  /// Why its momentum cannot cycle; `nil` where it can.
  var problemOfCycling: String? {
    switch kind {
    case .adam, .adamw, .lion, .lamb: nil
    case .sgd, .rmsprop:
      momentum > 0 ? nil : "the momentum is 0 and cannot cycle; give '--momentum' or leave out '--cycle-momentum'"
    case .nadam: "nadam changes its momentum by itself; leave out '--cycle-momentum'"
    case .adagrad: "adagrad has no momentum that could cycle; leave out '--cycle-momentum'"
    }
  }
}

extension OptimizerSettings.Kind {
  /// What this kind has a use for.
  public var hyperparameters: [OptimizerSettings.Hyperparameter] {
    let own: [OptimizerSettings.Hyperparameter] =
      switch self {
      case .sgd: [.momentum, .dampening, .nesterov]
      case .adam, .adamw: [.beta1, .beta2, .epsilon, .amsgrad]
      case .rmsprop: [.momentum, .alpha, .epsilon, .centered]
      case .adagrad: [.rateDecay, .epsilon, .initialAccumulator]
      case .nadam: [.beta1, .beta2, .epsilon, .momentumDecay, .decoupledWeightDecay]
      case .lion: [.beta1, .beta2]
      case .lamb: [.beta1, .beta2, .epsilon]
      }
    return [.learningRate] + own + [.weightDecay]
  }
}

extension OptimizerSettings {
  /// What is wrong with these settings, one sentence each; empty when they can be trained with.
  var problems: [String] {
    var problems: [String] = []
    let known = Set(kind.hyperparameters)
    func require(_ name: Hyperparameter, _ holds: (Double) -> Bool, _ rule: String) {
      guard known.contains(name), !(self[name].isFinite && holds(self[name])) else { return }
      problems.append("the \(name.title) is \(self[name]); it must be \(rule)")
    }
    require(.learningRate, { $0 > 0 && $0 <= 100 }, "above 0 and at most 100")
    require(.weightDecay, { $0 >= 0 && $0 <= 10 }, "in 0...10")
    for name in [Hyperparameter.momentum, .beta1, .beta2, .alpha] {
      require(name, { $0 >= 0 && $0 < 1 }, "at least 0 and below 1")
    }
    require(.dampening, { $0 >= 0 && $0 <= 1 }, "in 0...1")
    require(.epsilon, { $0 > 0 }, "above 0")
    for name in [Hyperparameter.rateDecay, .initialAccumulator, .momentumDecay] {
      require(name, { $0 >= 0 }, "at least 0")
    }
    if kind == .sgd, nesterov {
      if momentum == 0 { problems.append("Nesterov's method needs a momentum above 0") }
      if dampening != 0 {
        problems.append("Nesterov's method takes no dampening, but \(dampening) was given; leave it out")
      }
    }
    for (name, decay) in [("normalisations", normWeightDecay), ("biases", biasWeightDecay)] {
      if let decay, !(decay >= 0 && decay <= 10) {
        problems.append("the weight decay of \(name) is \(decay); it must be in 0...10")
      }
    }
    for override in overrides {
      let names = override.parameters.prefix(3).map { "'\($0.terminalEscaped)'" }.joined(separator: ", ")
      if let factor = override.rateFactor, !(factor > 0 && factor <= 1000) {
        problems.append("the learning rate of \(names) is multiplied by \(factor); it must be above 0 and at most 1000")
      }
      if let decay = override.weightDecay, !(decay >= 0 && decay <= 10) {
        problems.append("the weight decay of \(names) is \(decay); it must be in 0...10")
      }
    }
    let defaults = OptimizerSettings(kind)
    for name in Hyperparameter.allCases where !known.contains(name) && self[name] != defaults[name] {
      problems.append("\(kind.rawValue) takes no \(name.title); leave it out")
    }
    return problems
  }
}

extension OptimizerSettings.Hyperparameter {
  /// What it is called in a sentence.
  var title: String {
    switch self {
    case .learningRate: "learning rate"
    case .epsilon: "epsilon"
    case .nesterov: "Nesterov momentum"
    case .rateDecay: "decay of the learning rate"
    case .initialAccumulator: "initial accumulator"
    case .momentumDecay: "decay of the momentum"
    case .decoupledWeightDecay: "decoupled weight decay"
    case .weightDecay: "weight decay"
    case .momentum, .dampening, .beta1, .beta2, .amsgrad, .alpha, .centered: rawValue
    }
  }
}
