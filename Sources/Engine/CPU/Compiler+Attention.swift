import CKernels
import COneDNN
import Layers
import Tensors

/// What attention reads beside queries, keys and values.
private struct AttentionTerms {
  var bias: Operand?
  var logitScale: Operand?
  var qkvBias: Operand?

  var operands: [Operand] { [bias, logitScale, qkvBias].compactMap(\.self) }

  /// Where the terms are among the places of an instruction's operands, of which the first is theirs.
  func pick(
    _ places: ArraySlice<UnsafeMutableRawPointer>
  ) -> (bias: UnsafePointer<Float>?, logitScale: UnsafePointer<Float>?, qkvBias: UnsafePointer<Float>?) {
    var rest = places.map { UnsafePointer($0.floats) }[...]
    let bias = self.bias == nil ? nil : rest.popFirst()
    let logitScale = self.logitScale == nil ? nil : rest.popFirst()
    return (bias, logitScale, qkvBias == nil ? nil : rest.popFirst())
  }
}

extension Compiler {
  /// Multi-head attention, in float32 whatever the precision of products with weights.
  func emitAttention(_ group: FusedGraph.Group, _ attributes: AttentionAttributes) throws(EngineError) {
    let name = "zoo:attention"
    let module = group.node.name
    let input = group.inputs[0]
    let kernel = AttentionKernel(attributes, input: shapes[input], batch: batch, threads: backend.threads)
    let source = try reorder(input, to: try plain(input), module: module)
    var terms = AttentionTerms()
    var parameters = group.node.parameters
    var cosine: (scale: Int, bias: Int)?
    if attributes.similarity == .cosine {
      let indices = (scale: parameters[0], bias: parameters[1])
      terms.logitScale = try vector(indices.scale, count: attributes.heads)
      terms.qkvBias = try vector(indices.bias, count: graph.parameters[indices.bias].shape.count)
      parameters.removeFirst(2)
      cosine = indices
    }
    let position = try positionBias(attributes, kernel, parameters, module: module)
    terms.bias = position?.bias

    let result = allocate(try plain(group.output))
    let kept = training ? allocate(try Descriptor([kernel.keptCount], ZDNN_PLAIN)) : nil
    let isKept = kept != nil
    let operands =
      [source, result, try temporary(kernel.scratchByteCount())] + [kept].compactMap(\.self) + terms.operands
    emit(module, "forward", kernel: name, operands) { [terms] places, _ in
      let (bias, logitScale, qkvBias) = terms.pick(places[(isKept ? 4 : 3)...])
      kernel.call(bias: bias, logitScale: logitScale, qkvBias: qkvBias) { attention, terms in
        zk_attention_forward(
          attention, terms, places[0].floats, places[1].floats, isKept ? places[3].floats : nil, places[2])
      }
    }
    define(group.output, result)
    guard let kept else { return }

    record { [terms] () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output) else { return }
      guard self.wantsGradient(input) || group.node.parameters.contains(where: self.learns) else { return }
      let given = try self.reorder(gradient.operand, to: result.descriptor, module: module, pass: "backward data")
      let sourceGradient = self.allocate(source.descriptor)
      let biasGradient =
        position?.parameters.contains(where: self.learns) == true
        ? self.allocate(try Descriptor(kernel.biasExtents, ZDNN_PLAIN)) : nil
      let scaleGradient = cosine == nil ? nil : self.allocate(try Descriptor([attributes.heads], ZDNN_PLAIN))
      let results = [biasGradient, scaleGradient].compactMap(\.self)
      let (hasBias, hasScale) = (biasGradient != nil, scaleGradient != nil)
      let scratch = try self.temporary(kernel.scratchByteCount(backward: true, hasBias: hasBias))
      let operands = [source, kept, given, sourceGradient, scratch] + results
      let first = operands.count
      self.emit(module, "backward", kernel: name, operands + terms.operands) { places, _ in
        let (bias, logitScale, qkvBias) = terms.pick(places[first...])
        kernel.call(bias: bias, logitScale: logitScale, qkvBias: qkvBias) { attention, terms in
          zk_attention_backward(
            attention, terms, places[0].floats, places[1].floats, places[2].floats, places[3].floats,
            hasBias ? places[5].floats : nil, hasScale ? places[hasBias ? 6 : 5].floats : nil, places[4])
        }
      }
      if let cosine, let scaleGradient {
        try self.emitUpdate(cosine.scale, extents: [attributes.heads], scaleGradient)
        try self.emitQueryAndValueBias(cosine.bias, of: sourceGradient, module: module)
      }
      if let position, let biasGradient { try self.emitBackward(position, biasGradient, module: module) }
      try self.contribute(input, sourceGradient, isExclusive: true, module: module)
    }
  }

  /// The gradient of a bias that is added to queries and values, but not to the keys between them.
  private func emitQueryAndValueBias(_ index: Int, of gradient: Operand, module: String) throws(EngineError) {
    guard learns(index) else { return }
    let count = graph.parameters[index].shape.count
    let rows = gradient.descriptor.elementCount / count
    let threads = Int32(backend.threads)
    let sum = allocate(try Descriptor([count], ZDNN_PLAIN))
    emit(module, "backward weights", kernel: "zoo:attention", [gradient, sum]) { places, _ in
      zk_sum_of_rows(places[0].floats, rows, count, places[1].floats, count, threads)
      (places[1].floats + count / 3).update(repeating: 0, count: count / 3)
    }
    try emitUpdate(index, extents: [count], sum)
  }
}
