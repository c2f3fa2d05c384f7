import CKernels
import COneDNN
import Layers

extension Compiler {
  /// A linear layer by kernels of ours, which take every tensor as it is: plain.
  func emitOwnLinear(
    _ group: FusedGraph.Group, inFeatures: Int, outFeatures: Int, bias hasBias: Bool
  ) throws(EngineError) {
    let name = "zoo:linear"
    let module = group.node.name
    let input = group.inputs[0]
    let relu = group.relu
    let rows = rows(of: input)
    let layer = LinearKernel(batch: rows, inputs: inFeatures, outputs: outFeatures, threads: backend.threads)
    let weightExtents = [outFeatures, inFeatures]
    let plain = try Descriptor(weightExtents, ZDNN_PLAIN)
    let source = try reorder(input, to: try Descriptor(extents(of: input), ZDNN_PLAIN), module: module)
    let weights = try self.weights(group.node.parameters[0], extents: weightExtents, as: plain)
    let bias = hasBias ? try vector(group.node.parameters[1], count: outFeatures) : nil
    let result = allocate(try Descriptor(extents(of: group.output), ZDNN_PLAIN))
    let operands = [source, weights, result, try temporary(layer.scratchByteCount)] + [bias].compactMap(\.self)
    emit(module, "forward", kernel: name, operands) { places, _ in
      layer.withLayer {
        zk_linear_forward(
          $0, places[0].floats, places[1].floats, hasBias ? places[4].floats : nil, relu, places[2].floats, places[3])
      }
    }
    if let function = group.activation, function != .relu { emit(function, result, into: result, module: module) }
    define(group.output, result)

    record { () throws(EngineError) in
      guard var gradient = self.takeGradient(of: group.output) else { return }
      gradient = try self.unfuseReLU(gradient, of: group)
      let given = try self.reorder(gradient.operand, to: result.descriptor, module: module, pass: "backward data")
      if self.wantsGradient(input) {
        let sourceGradient = self.allocate(source.descriptor)
        let scratch = try self.temporary(layer.scratchByteCount)
        self.emit(module, "backward data", kernel: name, [given, weights, sourceGradient, scratch]) { places, _ in
          layer.withLayer {
            zk_linear_backward_data($0, places[0].floats, places[1].floats, places[2].floats, places[3])
          }
        }
        try self.contribute(input, sourceGradient, isExclusive: true, module: module)
      }
      try self.emitWeightGradient(
        group.node, layer, source: source, gradient: given, weights: weights, hasBias: hasBias)
    }
  }
}

extension Compiler {
  /// The gradient of the weights. Where they are at home in the plain layout, the optimizer takes each part of it from
  /// the registers, and it never goes to memory.
  private func emitWeightGradient(
    _ node: Graph.Node, _ layer: LinearKernel, source: Operand, gradient: Operand, weights: Operand, hasBias: Bool
  ) throws(EngineError) {
    guard node.parameters.contains(where: learns) else { return }
    let index = node.parameters[0]
    let extents = weights.descriptor.extents
    let home = try store.home(index, extents: extents)
    let isHome = learns(index) && home.descriptor.matches(weights.descriptor)
    let weightGradient = allocate(weights.descriptor)
    let biasGradient = hasBias ? allocate(try Descriptor([extents[0]], ZDNN_PLAIN)) : nil
    let operands =
      [source, gradient, weights, weightGradient, try temporary(layer.scratchByteCount)]
      + [biasGradient].compactMap(\.self)
    let (store, threads, count, outputs) = (store, backend.threads, weights.descriptor.elementCount, extents[0])
    emit(node.name, isHome ? "backward weights, update" : "backward weights", kernel: "zoo:linear", operands) {
      places, context throws(EngineError) in
      let bias = hasBias ? places[5].floats : nil
      if isHome, context.collect == nil, let update = context.updates?[index] {
        var rule = update.kernel
        if zk_rule_is_elementwise(&rule) {
          let state = try store.state(of: index, for: update.rule)
          layer.withLayer {
            zk_linear_backward_update(
              $0, places[0].floats, places[1].floats, &rule, places[2].floats, state, bias, places[4])
          }
          return
        }
      }
      if isHome, context.keeps {
        // Straight into the sum; the bias's own sum is made afterwards.
        let adds = store.keptBatches > 0
        bias?.update(repeating: 0, count: outputs)
        let sum = try store.gradientSum(of: index).floats
        layer.withLayer {
          zk_linear_backward_weights($0, places[0].floats, places[1].floats, adds, sum, bias, places[4])
        }
        return
      }
      layer.withLayer {
        zk_linear_backward_weights(
          $0, places[0].floats, places[1].floats, false, places[3].floats, bias, places[4])
      }
      guard isHome else { return }
      try context.consume(
        places[3].floats, of: index, at: places[2].floats, count: count, store: store, threads: threads)
    }
    if !isHome { try emitUpdate(index, extents: extents, weightGradient) }
    if let biasGradient { try emitUpdate(node.parameters[1], extents: [extents[0]], biasGradient) }
  }
}

/// The extents of a linear layer as the kernels take them.
private struct LinearKernel {
  private let layer: zk_linear

  init(batch: Int, inputs: Int, outputs: Int, threads: Int) {
    layer = zk_linear(batch: batch, inputs: inputs, outputs: outputs, threads: Int32(threads))
  }

  var scratchByteCount: Int { withLayer { zk_linear_scratch_bytes($0) } }

  func withLayer<R>(_ body: (UnsafePointer<zk_linear>) -> R) -> R { withUnsafePointer(to: layer, body) }
}
