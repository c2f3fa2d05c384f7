import CKernels
import COneDNN
import Layers
import Tensors

extension Compiler {
  /// Softmax cross entropy over plain logits, the number of correct rows and the gradient that starts the backward pass.
  func emitLoss(_ logits: Operand) throws(EngineError) {
    let classes = shapes[fused.output].count
    let (rows, threads) = (batch, backend.threads)
    let gradient = allocate(logits.descriptor)
    let losses = Operand(
      try Descriptor([2 * rows], ZDNN_PLAIN), allocate(byteCount: rows * MemoryLayout<Double>.size))
    emit("loss", "forward", kernel: "zoo:cross_entropy", [logits, gradient, losses]) { places, context in
      context.result = context.loss.evaluate(
        places[0].floats, [rows, classes], context.targets, gradient: places[1].floats,
        losses: places[2].assumingMemoryBound(to: Double.self), isFinite: context.isFinite, threads: threads)
    }
    try contribute(fused.output, gradient, isExclusive: true, module: "loss")
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
