import Engine

/// The optimizer of a recorded training, in PyTorch's words.
struct GoldenOptimizer: Sendable {
  enum Kind: String, Sendable, Decodable {
    case sgd, adam, adamw
  }

  struct Settings: Sendable, Decodable {
    let momentum, dampening, weight_decay, eps: Double?
    let nesterov: Bool?
    let betas: [Double]?
  }

  let kind: Kind
  let settings: Settings

  /// The same rule for the engine, with PyTorch's defaults where nothing is recorded.
  var rule: UpdateRule {
    switch kind {
    case .sgd:
      return .sgd(
        momentum: settings.momentum ?? 0, dampening: settings.dampening ?? 0, nesterov: settings.nesterov ?? false,
        weightDecay: settings.weight_decay ?? 0)
    case .adam, .adamw:
      let betas = settings.betas ?? [0.9, 0.999]
      return .adam(
        beta1: betas[0], beta2: betas[1], epsilon: settings.eps ?? 1e-8, weightDecay: settings.weight_decay ?? 0,
        decoupled: kind == .adamw)
    }
  }
}
