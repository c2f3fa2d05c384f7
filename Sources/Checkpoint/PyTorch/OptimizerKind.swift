/// PyTorch's optimizers, as far as their state dicts tell them apart.
enum OptimizerKind: String, CaseIterable, Sendable {
  case sgd, adam, adamw, radam, nadam, adamax, rmsprop, adagrad, adadelta, asgd, rprop, adafactor, lbfgs

  /// A hyper-parameter that PyTorch must find in a parameter group, and what it is when nobody says.
  enum Default: Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case numbers([Double])

    /// The value.
    var value: Value {
      switch self {
      case .null: .null
      case .bool(let value): .bool(value)
      case .number(let value): .number(value)
      case .numbers(let values): .tuple(values.map { .number($0) })
      }
    }
  }

  /// Recognises the rule.
  /// - Parameters:
  ///   - keys: The hyper-parameters of a parameter group.
  ///   - slots: The slots of the state of all parameters.
  ///   - isDecoupled: `decoupled_weight_decay`, by which newer versions of PyTorch tell AdamW from Adam.
  ///   - hasWeightDecay: Whether a weight decay is above 0.
  /// - Returns: The kind, and whether it might as well be AdamW for all that the file says; `nil` for a rule that PyTorch
  ///   does not have.
  static func of(
    keys: Set<String>, slots: Set<String>, isDecoupled: Bool?, hasWeightDecay: Bool
  ) -> (kind: OptimizerKind, isGuess: Bool)? {
    if keys.contains("momentum_decay") { return (.nadam, false) }
    if keys.contains("rho") { return (.adadelta, false) }
    if keys.isSuperset(of: ["lambd", "t0"]) { return (.asgd, false) }
    if keys.isSuperset(of: ["etas", "step_sizes"]) { return (.rprop, false) }
    if keys.isSuperset(of: ["beta2_decay", "d"]) { return (.adafactor, false) }
    if keys.isSuperset(of: ["max_iter", "history_size"]) { return (.lbfgs, false) }
    if keys.contains("lr_decay") { return (.adagrad, false) }
    if keys.isSuperset(of: ["alpha", "centered"]) { return (.rmsprop, false) }
    if keys.isSuperset(of: ["momentum", "dampening"]) { return (.sgd, false) }
    guard keys.isSuperset(of: ["betas", "eps"]) else { return nil }
    if slots.contains("exp_inf") { return (.adamax, false) }
    guard keys.contains("amsgrad") else {
      // Adamax and RAdam have the same hyper-parameters in old versions; the state tells them apart.
      if slots.isEmpty && isDecoupled == nil { return nil }
      return (.radam, false)
    }
    if let isDecoupled { return (isDecoupled ? .adamw : .adam, false) }
    return (.adam, hasWeightDecay)
  }

  /// The hyper-parameters that PyTorch must find, with their defaults (torch 2.15).
  var defaults: [(key: String, value: Default)] {
    let common: [(String, Default)] = [
      ("maximize", .bool(false)), ("foreach", .null), ("capturable", .bool(false)), ("differentiable", .bool(false)),
    ]
    switch self {
    case .sgd:
      return [
        ("momentum", .number(0)), ("dampening", .number(0)), ("weight_decay", .number(0)), ("nesterov", .bool(false)),
        ("maximize", .bool(false)), ("foreach", .null), ("differentiable", .bool(false)), ("fused", .null),
      ]
    case .adam, .adamw:
      return [
        ("betas", .numbers([0.9, 0.999])), ("eps", .number(1e-8)),
        ("weight_decay", .number(self == .adamw ? 0.01 : 0)), ("amsgrad", .bool(false)),
      ] + common + [("fused", .null), ("decoupled_weight_decay", .bool(self == .adamw))]
    case .radam:
      return [("betas", .numbers([0.9, 0.999])), ("eps", .number(1e-8)), ("weight_decay", .number(0))] + common + [
        ("decoupled_weight_decay", .bool(false))
      ]
    case .nadam:
      return [
        ("betas", .numbers([0.9, 0.999])), ("eps", .number(1e-8)), ("weight_decay", .number(0)),
        ("momentum_decay", .number(0.004)), ("decoupled_weight_decay", .bool(false)),
      ] + common
    case .adamax:
      return [("betas", .numbers([0.9, 0.999])), ("eps", .number(1e-8)), ("weight_decay", .number(0))] + common
    case .rmsprop:
      return [
        ("momentum", .number(0)), ("alpha", .number(0.99)), ("eps", .number(1e-8)), ("centered", .bool(false)),
        ("weight_decay", .number(0)),
      ] + common
    case .adagrad:
      return [
        ("lr_decay", .number(0)), ("eps", .number(1e-10)), ("weight_decay", .number(0)),
        ("initial_accumulator_value", .number(0)), ("foreach", .null), ("maximize", .bool(false)),
        ("differentiable", .bool(false)), ("fused", .null),
      ]
    case .adadelta: return [("rho", .number(0.9)), ("eps", .number(1e-6)), ("weight_decay", .number(0))] + common
    case .asgd:
      return [
        ("lambd", .number(1e-4)), ("alpha", .number(0.75)), ("t0", .number(1e6)), ("weight_decay", .number(0)),
      ] + common
    case .rprop: return [("etas", .numbers([0.5, 1.2])), ("step_sizes", .numbers([1e-6, 50]))] + common
    case .adafactor, .lbfgs: return []
    }
  }

  /// Whether each parameter's state counts its steps.
  var hasSteps: Bool { self != .sgd && self != .lbfgs }

  /// Slots that have the shape of their parameter. All others are numbers, or have a shape of their own.
  static let slotsLikeParameter: Set<String> = [
    "momentum_buffer", "exp_avg", "exp_avg_sq", "max_exp_avg_sq", "exp_inf", "square_avg", "grad_avg", "sum",
    "acc_delta",
    "ax", "prev", "step_size",
  ]
}
