import CKernels
import COneDNN
import Layers
import Tensors

extension Compiler {
  /// Softmax cross entropy over plain logits, the number of correct rows and the gradient that starts the backward pass.
  func emitLoss(_ logits: Operand) throws(EngineError) {
    let classes = shapes[fused.output].count
    let (rows, threads) = (batch, Int32(backend.threads))
    let gradient = allocate(logits.descriptor)
    let losses = Operand(
      try Descriptor([2 * rows], ZDNN_PLAIN), allocate(byteCount: rows * MemoryLayout<Double>.size))
    emit("loss", "forward", kernel: "zoo:cross_entropy", [logits, gradient, losses]) { places, context in
      var correct = 0
      let loss = zk_cross_entropy(
        places[0].floats, context.labels, rows, classes, context.labelSmoothing, places[1].floats,
        places[2].assumingMemoryBound(to: Double.self), &correct, threads)
      context.result = StepResult(loss: context.isFinite ? loss : .nan, correct: correct)
    }
    try contribute(fused.output, gradient, isExclusive: true, module: "loss")
  }
}
