import CKernels
import COneDNN
import Layers
import Tensors

extension Compiler {
  /// A value that is its input.
  func emitIdentity(_ group: FusedGraph.Group) {
    define(group.output, operand(group.inputs[0]))
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output) else { return }
      try self.contribute(
        group.inputs[0], gradient.operand, isExclusive: gradient.isExclusive, module: group.node.name)
    }
  }

  /// A ReLU that no other kernel took.
  func emitReLU(_ group: FusedGraph.Group) throws(EngineError) {
    let source = operand(group.inputs[0])
    let result = allocate(source.descriptor)
    let (count, threads) = (source.descriptor.elementCount, Int32(backend.threads))
    emit(group.node.name, "forward", kernel: "zoo:relu", [source, result]) { places, _ in
      zk_relu(places[0].floats, places[1].floats, count, threads)
    }
    define(group.output, result)
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output), self.wantsGradient(group.inputs[0]) else { return }
      let masked = try self.unfuseReLU(gradient, output: group.output, module: group.node.name)
      try self.contribute(group.inputs[0], masked.operand, isExclusive: true, module: group.node.name)
    }
  }

  /// The sum of two values with its ReLU.
  func emitAdd(_ group: FusedGraph.Group) throws(EngineError) {
    let module = group.node.name
    let left = operand(group.inputs[0])
    let right = try reorder(group.inputs[1], to: left.descriptor, module: module)
    let result = allocate(left.descriptor)
    emitSum(left, right, into: result, relu: group.relu, module: module, pass: "forward")
    define(group.output, result)
    record { () throws(EngineError) in
      guard var gradient = self.takeGradient(of: group.output) else { return }
      gradient = try self.unfuseReLU(gradient, of: group)
      // Both inputs read the same memory, so neither may overwrite it.
      for input in group.inputs {
        try self.contribute(input, gradient.operand, isExclusive: false, module: module)
      }
    }
  }

  /// result = left + right, all of one layout.
  func emitSum(_ left: Operand, _ right: Operand, into result: Operand, relu: Bool, module: String, pass: String) {
    let (count, threads) = (result.descriptor.elementCount, Int32(backend.threads))
    emit(module, pass, kernel: "zoo:add", [left, right, result]) { places, _ in
      zk_add(places[0].floats, places[1].floats, places[2].floats, count, relu ? 1 : 0, threads)
    }
  }

  /// Dropout. The mask is drawn again in the backward pass, not kept.
  func emitDropout(_ group: FusedGraph.Group, _ probability: Double) throws(EngineError) {
    guard probability > 0 else { return emitIdentity(group) }
    let module = group.node.name
    let source = operand(group.inputs[0])
    let result = allocate(source.descriptor)
    let layer = UInt64(group.node.output.index)
    emitDropout(source, into: result, probability, layer: layer, module: module, pass: "forward")
    define(group.output, result)
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output), self.wantsGradient(group.inputs[0]) else { return }
      let given = try self.reorder(gradient.operand, to: result.descriptor, module: module, pass: "backward data")
      let target = gradient.isExclusive ? given : self.allocate(result.descriptor)
      self.emitDropout(given, into: target, probability, layer: layer, module: module, pass: "backward data")
      try self.contribute(group.inputs[0], target, isExclusive: true, module: module)
    }
  }

  private func emitDropout(
    _ source: Operand, into result: Operand, _ probability: Double, layer: UInt64, module: String, pass: String
  ) {
    let (count, threads, seed) = (source.descriptor.elementCount, Int32(backend.threads), options.seed)
    emit(module, pass, kernel: "zoo:dropout", [source, result]) { places, context in
      let stream = RandomSource(seed: seed, purpose: .dropout, first: UInt64(context.step), second: layer).stream
      let counter = (0..<4).map { stream.counter[$0] }
      let key = [stream.key[0], stream.key[1]]
      zk_dropout(places[0].floats, places[1].floats, count, probability, counter, key, threads)
    }
  }
}
