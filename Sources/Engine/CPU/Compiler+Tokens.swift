import CKernels
import COneDNN
import Layers
import Tensors

extension Compiler {
  /// A learned token before all others.
  func emitClassToken(_ group: FusedGraph.Group, features: Int) throws(EngineError) {
    let module = group.node.name
    let input = group.inputs[0]
    let parameter = group.node.parameters[0]
    let (batch, threads) = (batch, Int32(backend.threads))
    let tokens = shapes[input].count / features
    let source = try reorder(input, to: try plain(input), module: module)
    let token = try vector(parameter, count: features)
    let result = allocate(try plain(group.output))
    emit(module, "forward", kernel: "zoo:tokens", [source, token, result]) { places, _ in
      zk_tokens_prepend(places[0].floats, places[1].floats, places[2].floats, batch, tokens, features, threads)
    }
    define(group.output, result)
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output) else { return }
      let given = try self.reorder(gradient.operand, to: result.descriptor, module: module, pass: "backward data")
      try self.emitRowSum(
        given, stride: (tokens + 1) * features, count: features, of: parameter, module: module)
      guard self.wantsGradient(input) else { return }
      let target = self.allocate(source.descriptor)
      self.emit(module, "backward data", kernel: "zoo:tokens", [given, target]) { places, _ in
        zk_tokens_drop_first(places[0].floats, places[1].floats, batch, tokens, features, threads)
      }
      try self.contribute(input, target, isExclusive: true, module: module)
    }
  }

  /// A learned vector for each token.
  func emitPositionEmbedding(_ group: FusedGraph.Group) throws(EngineError) {
    let module = group.node.name
    let input = group.inputs[0]
    let parameter = group.node.parameters[0]
    let (batch, count, threads) = (batch, shapes[input].count, Int32(backend.threads))
    let source = try reorder(input, to: try plain(input), module: module)
    let positions = try vector(parameter, count: count)
    let result = allocate(source.descriptor)
    emit(module, "forward", kernel: "zoo:tokens", [source, positions, result]) { places, _ in
      zk_add_to_rows(places[0].floats, places[1].floats, places[2].floats, batch, count, threads)
    }
    define(group.output, result)
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output) else { return }
      let given = try self.reorder(gradient.operand, to: result.descriptor, module: module, pass: "backward data")
      let isCopy = !gradient.operand.descriptor.matches(result.descriptor)
      try self.emitRowSum(given, stride: count, count: count, of: parameter, module: module)
      try self.contribute(input, given, isExclusive: isCopy || gradient.isExclusive, module: module)
    }
  }

  /// The gradient of a parameter that each image reads: the sum over the images.
  private func emitRowSum(
    _ gradient: Operand, stride: Int, count: Int, of parameter: Int, module: String
  ) throws(EngineError) {
    guard learns(parameter) else { return }
    let (batch, threads) = (batch, Int32(backend.threads))
    let sum = allocate(try Descriptor([count], ZDNN_PLAIN))
    emit(module, "backward weights", kernel: "zoo:tokens", [gradient, sum]) { places, _ in
      zk_sum_of_rows(places[0].floats, batch, stride, places[1].floats, count, threads)
    }
    try emitUpdate(parameter, extents: [count], sum)
  }

  /// A map of tokens that is cut, or filled with zeros, below and on the right.
  func emitResizedTokens(_ group: FusedGraph.Group) throws(EngineError) {
    let input = group.inputs[0]
    guard shapes[input] != shapes[group.output] else { return emitIdentity(group) }
    let module = group.node.name
    let source = try reorder(input, to: try plain(input), module: module)
    let result = allocate(try plain(group.output))
    emitResize(source, into: result, module: module, pass: "forward")
    define(group.output, result)
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output), self.wantsGradient(input) else { return }
      let given = try self.reorder(gradient.operand, to: result.descriptor, module: module, pass: "backward data")
      let target = self.allocate(source.descriptor)
      self.emitResize(given, into: target, module: module, pass: "backward data")
      try self.contribute(input, target, isExclusive: true, module: module)
    }
  }

  /// Between plain maps of tokens.
  private func emitResize(_ source: Operand, into result: Operand, module: String, pass: String) {
    let (from, to, threads) = (source.descriptor.extents, result.descriptor.extents, Int32(backend.threads))
    emit(module, pass, kernel: "zoo:tokens", [source, result]) { places, _ in
      zk_tokens_resize(
        places[0].floats, places[1].floats, from[0], from[1], from[2], to[1], to[2], from[3], threads)
    }
  }

  /// Four neighbours as one token.
  func emitMergedPatches(_ group: FusedGraph.Group) throws(EngineError) {
    let module = group.node.name
    let input = group.inputs[0]
    let source = try reorder(input, to: try plain(input), module: module)
    let (extents, threads) = (source.descriptor.extents, Int32(backend.threads))
    let result = allocate(try plain(group.output))
    emit(module, "forward", kernel: "zoo:tokens", [source, result]) { places, _ in
      zk_tokens_merge(places[0].floats, places[1].floats, extents[0], extents[1], extents[2], extents[3], threads)
    }
    define(group.output, result)
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output), self.wantsGradient(input) else { return }
      let given = try self.reorder(gradient.operand, to: result.descriptor, module: module, pass: "backward data")
      let target = self.allocate(source.descriptor)
      self.emit(module, "backward data", kernel: "zoo:tokens", [given, target]) { places, _ in
        zk_tokens_merge_backward(
          places[0].floats, places[1].floats, extents[0], extents[1], extents[2], extents[3], threads)
      }
      try self.contribute(input, target, isExclusive: true, module: module)
    }
  }
}
