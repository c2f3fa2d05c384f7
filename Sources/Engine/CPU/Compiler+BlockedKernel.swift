import COneDNN
import Layers

extension Compiler {
  /// The kernel of ours that computes a convolution faster than oneDNN does on this processor, if there is one.
  ///
  /// With AVX-512 oneDNN has Winograd's algorithm and better products itself.
  func blockedKernel(for group: FusedGraph.Group, _ attributes: Conv2dAttributes) -> (any BlockedKernel)? {
    guard prefersOwnKernels else { return nil }
    let input = shapes[group.inputs[0]]
    if group.inputs[0] == 0, allows(.fewChannels, for: group.node.name) {
      return FirstConvolutionKernel(
        attributes, batch: batch, input: input, output: shapes[group.node.output.index], threads: backend.threads)
    }
    guard allows(.winograd, for: group.node.name) else { return nil }
    return WinogradKernel(attributes, batch: batch, input: input, threads: backend.threads)
  }

  /// A convolution by a kernel of ours.
  func emitConvolution(
    _ group: FusedGraph.Group, _ attributes: Conv2dAttributes, by kernel: any BlockedKernel
  ) throws(EngineError) {
    let module = group.node.name
    let input = group.inputs[0]
    let weightExtents = [
      attributes.outChannels, attributes.inChannels, attributes.kernel.height, attributes.kernel.width,
    ]
    let plain = try Descriptor(weightExtents, ZDNN_PLAIN)
    let source = try reorder(input, to: try Descriptor(extents(of: input), kernel.sourceLayout), module: module)
    let layout = try Descriptor(extents(of: group.output), ZDNN_BLOCKED8)
    let result = allocate(layout)

    var weights: Operand
    var bias: Operand?
    if let norm = group.foldedNorm {
      let folded = try foldedParameters(
        group.node, norm, weights: plain, extents: weightExtents, hasBias: attributes.bias)
      (weights, bias) = (folded.weights, folded.bias)
    } else {
      weights = try self.weights(group.node.parameters[0], extents: weightExtents, as: plain)
      bias = attributes.bias ? try vector(group.node.parameters[1], count: attributes.outChannels) : nil
    }
    let prepared = try prepare(weights, for: .forward, by: kernel, module: module)
    let scratch = try temporary(kernel.scratchByteCount(.forward))
    let hasBias = bias != nil
    let fusesReLU = group.relu && group.addend == nil
    emit(module, "forward", kernel: kernel.name, [source, prepared, result, scratch] + [bias].compactMap(\.self)) {
      places, _ in
      kernel.forward(
        places[0].floats, places[1].floats, hasBias ? places[4].floats : nil, places[2].floats, relu: fusesReLU,
        places[3])
    }
    if let addend = group.addend {
      let other = try reorder(addend, to: layout, module: module)
      emitSum(result, other, into: result, relu: group.relu, module: module, pass: "forward")
    }
    if let function = group.activation, function != .relu { emit(function, result, into: result, module: module) }
    define(group.output, result)
    record { () throws(EngineError) in
      try self.emitBackward(group, attributes, by: kernel, source: source, plainWeights: weights, layout: layout)
    }
  }

  private func emitBackward(
    _ group: FusedGraph.Group, _ attributes: Conv2dAttributes, by kernel: any BlockedKernel, source: Operand,
    plainWeights: Operand, layout: Descriptor
  ) throws(EngineError) {
    let module = group.node.name
    let input = group.inputs[0]
    guard var gradient = takeGradient(of: group.output) else { return }
    gradient = try unfuseReLU(gradient, of: group)
    let given = try reorder(gradient.operand, to: layout, module: module, pass: "backward data")

    if wantsGradient(input) {
      let prepared = try prepare(plainWeights, for: .backwardData, by: kernel, module: module)
      let scratch = try temporary(kernel.scratchByteCount(.backwardData))
      let result = allocate(source.descriptor)
      emit(module, "backward data", kernel: kernel.name, [given, prepared, result, scratch]) { places, _ in
        kernel.backwardData(places[0].floats, places[1].floats, places[2].floats, places[3])
      }
      try contribute(input, result, isExclusive: true, module: module)
    }

    guard group.node.parameters.contains(where: learns) else { return }
    let weightGradient = allocate(plainWeights.descriptor)
    let biasGradient = attributes.bias ? allocate(try Descriptor([attributes.outChannels], ZDNN_PLAIN)) : nil
    let scratch = try temporary(kernel.scratchByteCount(.backwardWeights))
    let operands = [source, given, weightGradient, scratch] + [biasGradient].compactMap(\.self)
    emit(module, "backward weights", kernel: kernel.name, operands) { places, _ in
      kernel.backwardWeights(
        places[0].floats, places[1].floats, places[2].floats, places.count > 4 ? places[4].floats : nil, places[3])
    }
    try emitUpdate(group.node.parameters[0], extents: plainWeights.descriptor.extents, weightGradient)
    if let biasGradient {
      try emitUpdate(group.node.parameters[1], extents: [attributes.outChannels], biasGradient)
    }
  }

  /// Weights in the form that a pass takes, renewed whenever parameters change.
  private func prepare(
    _ weights: Operand, for pass: ConvolutionPass, by kernel: any BlockedKernel, module: String
  ) throws(EngineError) -> Operand {
    let byteCount = kernel.preparedByteCount(pass)
    guard byteCount > 0 else { return weights }
    let prepared = try keep(try Descriptor([byteCount / MemoryLayout<Float>.size], ZDNN_PLAIN))
    try addPrologue(
      Instruction(
        module: module, pass: "weights", implementation: kernel.name,
        work: .kernel([weights, prepared]) { places, _ in
          kernel.prepare(pass, places[0].floats, into: places[1].floats)
        }))
    return prepared
  }

  /// Memory for one instruction.
  func temporary(_ byteCount: Int) throws(EngineError) -> Operand {
    Operand(try Descriptor([max(1, byteCount / MemoryLayout<Float>.size)], ZDNN_PLAIN), allocate(byteCount: byteCount))
  }
}
