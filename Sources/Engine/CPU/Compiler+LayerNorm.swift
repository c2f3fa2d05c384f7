import CKernels
import COneDNN
import Layers
import Tensors

extension Compiler {
  /// Layer normalisation along the last axis.
  func emitLayerNorm(_ group: FusedGraph.Group, features: Int, epsilon: Double) throws(EngineError) {
    let name = "zoo:layer_norm"
    let module = group.node.name
    let input = group.inputs[0]
    let indices = group.node.parameters
    let rows = batch * shapes[input].count / features
    let threads = Int32(backend.threads)
    let plain = try Descriptor(extents(of: input), ZDNN_PLAIN)
    let source = try reorder(input, to: plain, module: module)
    let (weight, bias) = (try vector(indices[0], count: features), try vector(indices[1], count: features))
    let result = allocate(plain)
    let statistics = allocate(try Descriptor([rows, 2], ZDNN_PLAIN))
    emit(module, "forward", kernel: name, [source, weight, bias, result, statistics]) { places, _ in
      zk_layer_norm(
        places[0].floats, places[1].floats, places[2].floats, places[3].floats, places[4].floats, rows, features,
        Float(epsilon), threads)
    }
    define(group.output, result)

    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output) else { return }
      let wantsSource = self.wantsGradient(input)
      guard wantsSource || indices.contains(where: self.learns) else { return }
      let given = try self.reorder(gradient.operand, to: plain, module: module, pass: "backward data")
      let isCopy = !gradient.operand.descriptor.matches(plain)
      let target = gradient.isExclusive || isCopy ? given : self.allocate(plain)
      let vector = try Descriptor([features], ZDNN_PLAIN)
      let (weightGradient, biasGradient) = (self.allocate(vector), self.allocate(vector))
      let scratch = try self.temporary(
        zk_layer_norm_scratch(features, threads) * MemoryLayout<Float>.size)
      self.emit(
        module, "backward", kernel: name,
        [source, weight, statistics, given, target, weightGradient, biasGradient, scratch]
      ) { places, _ in
        zk_layer_norm_backward(
          places[0].floats, places[1].floats, places[2].floats, places[3].floats,
          wantsSource ? places[4].floats : nil, places[5].floats, places[6].floats, places[7].floats, rows, features,
          threads)
      }
      if wantsSource { try self.contribute(input, target, isExclusive: true, module: module) }
      try self.emitUpdate(indices[0], extents: [features], weightGradient)
      try self.emitUpdate(indices[1], extents: [features], biasGradient)
    }
  }
}
