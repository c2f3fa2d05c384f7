import CKernels

extension Update {
  /// The constants of this application, as the kernels take them.
  var kernel: zk_rule {
    switch rule {
    case .sgd(let momentum, let dampening, let nesterov, let weightDecay):
      zk_sgd_rule(learningRate, momentum, dampening, weightDecay, nesterov, step == 1)
    case .adam(let beta1, let beta2, let epsilon, let weightDecay, let decoupled, let amsgrad):
      zk_adam_rule(step, learningRate, beta1, beta2, epsilon, weightDecay, decoupled, amsgrad)
    case .rmsprop(let alpha, let epsilon, let weightDecay, let momentum, let centered):
      zk_rmsprop_rule(learningRate, alpha, epsilon, weightDecay, momentum, centered)
    case .adagrad(let rateDecay, let epsilon, let weightDecay, let initialSum):
      zk_adagrad_rule(step, learningRate, rateDecay, epsilon, weightDecay, initialSum)
    case .nadam(let beta1, let beta2, let epsilon, let weightDecay, let momentumDecay, let decoupled):
      zk_nadam_rule(step, learningRate, beta1, beta2, epsilon, weightDecay, momentumDecay, decoupled)
    case .lion(let beta1, let beta2, let weightDecay):
      zk_lion_rule(learningRate, beta1, beta2, weightDecay)
    case .lamb(let beta1, let beta2, let epsilon, let weightDecay):
      zk_lamb_rule(step, learningRate, beta1, beta2, epsilon, weightDecay)
    }
  }

  /// Changes a parameter and its state by a gradient, all in the same layout.
  /// - Parameters:
  ///   - scale: What the gradient is multiplied with first.
  ///   - state: In the order of the rule's slots.
  func apply(
    _ gradient: UnsafePointer<Float>, scaledBy scale: Float = 1, to parameter: UnsafeMutablePointer<Float>,
    state: [UnsafeMutablePointer<Float>], count: Int, threads: Int
  ) {
    precondition(state.count == rule.slots.count, "a rule comes with its state")
    var kernel = kernel
    zk_update(&kernel, count, scale, gradient, parameter, state, Int32(threads))
  }
}

extension UpdateRule {
  /// What PyTorch keeps beside the slots for each parameter, the same for all: a function of the steps made.
  package func scalars(afterStep step: Int) -> [String: Float] {
    guard case .nadam(let beta1, _, _, _, let momentumDecay, _) = self else { return [:] }
    return ["mu_product": zk_nadam_mu_product(step, beta1, momentumDecay)]
  }
}
