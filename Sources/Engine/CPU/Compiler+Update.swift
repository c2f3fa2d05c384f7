import CKernels
import Layers
import Tensors

extension Compiler {
  /// What happens to a complete gradient: the optimizer's one pass, or the collector's copy.
  func emitUpdate(_ index: Int, extents: [Int], _ gradient: Operand) throws(EngineError) {
    let home = try store.home(index, extents: extents)
    let parameter = graph.parameters[index]
    // A gradient in another layout than the parameter is brought into it first.
    let gradient = try reorder(gradient, to: home.descriptor, module: parameter.name, pass: "backward weights")
    let count = home.descriptor.elementCount
    let (store, threads) = (store, backend.threads)
    emit(parameter.name, "update", kernel: "zoo:update", [home, gradient]) { places, context throws(EngineError) in
      if let collect = context.collect { try collect(index, places[1].floats) }
      guard let update = context.update else { return }
      try update.apply(
        to: places[0].floats, gradient: places[1].floats, count: count, parameter: index, store: store, threads: threads
      )
    }
  }
}

extension Update {
  /// One pass over a parameter, its gradient and its state, in whatever layout they share.
  func apply(
    to parameter: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, count: Int, parameter index: Int,
    store: ParameterStore, threads: Int
  ) throws(EngineError) {
    switch rule {
    case .sgd(let momentum, let dampening, let nesterov, let weightDecay):
      var sgd = zk_sgd(
        learning_rate: Float(learningRate), momentum: Float(momentum), dampening: Float(dampening),
        weight_decay: Float(weightDecay), nesterov: nesterov, first: step == 1)
      let buffer = momentum == 0 ? nil : try store.slot("momentum_buffer", of: index).floats
      zk_update_sgd(&sgd, count, 1, gradient, parameter, buffer, Int32(threads))
    case .adam(let beta1, let beta2, let epsilon, let weightDecay, let decoupled):
      var adam = zk_adam_at(step, learningRate, beta1, beta2, epsilon, weightDecay, decoupled)
      zk_update_adam(
        &adam, count, 1, gradient, parameter, try store.slot("exp_avg", of: index).floats,
        try store.slot("exp_avg_sq", of: index).floats, Int32(threads))
    }
  }
}
