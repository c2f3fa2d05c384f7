import CKernels
import COneDNN
import Layers
import Tensors

extension Compiler {
  /// Softmax cross entropy over plain logits, the number of correct rows and the gradient that starts the backward pass.
  func emitLoss(_ logits: Operand) throws(EngineError) {
    try emitLoss(logits, of: fused.output, module: "loss") { result, context in context.result = result }
  }

  /// The loss of logits that only training looks at, times its weight and added to that of the result.
  func emitAuxiliaryLoss(_ auxiliary: Graph.Auxiliary) throws(EngineError) {
    let value = auxiliary.value.index
    let module = graph.nodes[value - 1].name
    guard shapes[value] == shapes[fused.output] else {
      throw EngineError(
        .shape, module: module,
        "an auxiliary result must be logits as the network's own, \(shapes[fused.output]), and is \(shapes[value])")
    }
    let weight = auxiliary.lossWeight
    let logits = try reorder(value, to: try Descriptor(extents(of: value), ZDNN_PLAIN), module: module)
    try emitLoss(logits, of: value, weight: weight, module: module) { result, context in
      context.result = context.result.adding(result, times: weight)
    }
  }

  private func emitLoss(
    _ logits: Operand, of value: Int, weight: Double = 1, module: String,
    take: @escaping (StepResult, inout StepContext) -> Void
  ) throws(EngineError) {
    let classes = shapes[value].count
    let (rows, threads) = (batch, backend.threads)
    let gradient = allocate(logits.descriptor)
    let losses = Operand(
      try Descriptor([2 * rows], ZDNN_PLAIN), allocate(byteCount: rows * MemoryLayout<Double>.size))
    emit(module, "forward", kernel: "zoo:cross_entropy", [logits, gradient, losses]) { places, context in
      let result = context.loss.evaluate(
        places[0].floats, [rows, classes], context.targets, gradient: places[1].floats,
        losses: places[2].assumingMemoryBound(to: Double.self), isFinite: context.isFinite, threads: threads)
      take(result, &context)
      guard weight != 1 else { return }
      for index in 0..<rows * classes { places[1].floats[index] *= Float(weight) }
    }
    try contribute(value, gradient, isExclusive: true, module: module)
  }
}

extension StepResult {
  /// The loss with that of an auxiliary result; what is right is told by the network's own result.
  fileprivate func adding(_ other: StepResult, times factor: Double) -> StepResult {
    StepResult(
      loss: loss + factor * other.loss, lossSum: lossSum + factor * other.lossSum, weight: weight, counted: counted,
      correct: correct)
  }
}

extension CrossEntropy {
  /// The loss of a batch and its derivative.
  /// - Parameters:
  ///   - shape: Of logits and gradient, [rows, classes].
  ///   - isFinite: Whether what came before was; otherwise there is no loss.
  fileprivate func evaluate(
    _ logits: UnsafePointer<Float>, _ shape: [Int], _ targets: Targets, gradient: UnsafeMutablePointer<Float>,
    losses: UnsafeMutablePointer<Double>, isFinite: Bool, threads: Int
  ) -> StepResult {
    let loss = classWeights.withUnsafeBufferPointer { weights in
      targets.withPointers { labels, probabilities in
        var kernel = zk_targets(
          rows: shape[0], classes: shape[1], labels: labels, probabilities: probabilities,
          weights: weights.isEmpty ? nil : weights.baseAddress, smoothing: labelSmoothing, ignores: ignoredLabel != nil,
          ignored: ignoredLabel ?? 0)
        return zk_cross_entropy(&kernel, logits, reduction == .mean, gradient, losses, Int32(threads))
      }
    }
    let reduced = reduction == .mean ? loss.sum / loss.weight : loss.sum
    return StepResult(
      loss: isFinite ? reduced : .nan, lossSum: loss.sum, weight: loss.weight, counted: loss.counted,
      correct: loss.correct)
  }
}

extension Targets {
  /// The numbers as the kernel takes them: one of the two.
  fileprivate func withPointers<R>(
    _ body: (_ labels: UnsafePointer<Int32>?, _ probabilities: UnsafePointer<Float>?) -> R
  ) -> R {
    switch self {
    case .classes(let labels): labels.withUnsafeBufferPointer { body($0.baseAddress, nil) }
    case .probabilities(let tensor):
      tensor.withUnsafeBytes { body(nil, $0.bindMemory(to: Float.self).baseAddress) }
    }
  }
}
