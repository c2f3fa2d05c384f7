import CKernels
import COneDNN
import Layers
import Tensors

extension Compiler {
  /// A function of single elements that no other kernel took.
  func emitActivation(_ group: FusedGraph.Group, _ function: Activation) throws(EngineError) {
    let module = group.node.name
    let input = group.inputs[0]
    // Places of a block that no channel has must stay 0, where weights' gradients are summed over whole blocks.
    let keepsLayout = function.keepsZero || shapes[input].rank != 3
    let source = keepsLayout ? operand(input) : try blocked(input, filled: true, module: module).operand
    // Only the backward pass needs the input again; a copy of it may have other readers.
    let isOwn = source.descriptor.matches(operand(input).descriptor)
    let overwrites = !training && isOwn && isLastUse(of: input)
    let result = overwrites ? source : allocate(source.descriptor)
    emit(function, source, into: result, module: module)
    define(group.output, result)
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output), self.wantsGradient(input) else { return }
      let given = try self.reorder(gradient.operand, to: source.descriptor, module: module, pass: "backward data")
      let isCopy = !gradient.operand.descriptor.matches(source.descriptor)
      let target = gradient.isExclusive || isCopy ? given : self.allocate(source.descriptor)
      let (count, threads) = (source.descriptor.elementCount, Int32(self.backend.threads))
      self.emit(module, "backward data", kernel: "zoo:\(function.rawValue)", [source, given, target]) { places, _ in
        zk_activation_backward(
          function.kernel, places[0].floats, places[1].floats, places[2].floats, count, threads)
      }
      try self.contribute(input, target, isExclusive: true, module: module)
    }
  }

  /// result = function(source), both of one layout.
  func emit(_ function: Activation, _ source: Operand, into result: Operand, module: String) {
    let (count, threads) = (source.descriptor.elementCount, Int32(backend.threads))
    emit(module, "forward", kernel: "zoo:\(function.rawValue)", [source, result]) { places, _ in
      zk_activation(function.kernel, places[0].floats, places[1].floats, count, threads)
    }
  }
}

extension Activation {
  /// Whether the function of 0 is 0.
  fileprivate var keepsZero: Bool { self != .sigmoid && self != .hardSigmoid }

  /// The function as oneDNN's primitives take it after their own work.
  var post: zdnn_function {
    switch self {
    case .relu: ZDNN_RELU
    case .relu6: ZDNN_RELU6
    case .sigmoid: ZDNN_SIGMOID
    case .silu: ZDNN_SILU
    case .hardSigmoid: ZDNN_HARD_SIGMOID
    case .hardSwish: ZDNN_HARD_SWISH
    case .gelu: ZDNN_GELU
    case .tanh: ZDNN_TANH
    }
  }

  /// The function as our kernels take it.
  var kernel: zk_function {
    switch self {
    case .relu: ZK_RELU
    case .relu6: ZK_RELU6
    case .sigmoid: ZK_SIGMOID
    case .silu: ZK_SILU
    case .hardSigmoid: ZK_HARD_SIGMOID
    case .hardSwish: ZK_HARD_SWISH
    case .gelu: ZK_GELU
    case .tanh: ZK_TANH
    }
  }
}
