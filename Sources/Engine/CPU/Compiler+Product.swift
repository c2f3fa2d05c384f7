import CKernels
import COneDNN
import Layers

extension Compiler {
  /// The product of two values: element by element, or of an image with one number for each channel.
  func emitMultiply(_ group: FusedGraph.Group) throws(EngineError) {
    guard shapes[group.inputs[0]] == shapes[group.inputs[1]] else { return try emitChannelProduct(group) }
    let module = group.node.name
    let left = operand(group.inputs[0])
    let right = try reorder(group.inputs[1], to: left.descriptor, module: module)
    let result = allocate(left.descriptor)
    emitProduct(left, right, into: result, module: module, pass: "forward")
    define(group.output, result)
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output) else { return }
      let given = try self.reorder(gradient.operand, to: left.descriptor, module: module, pass: "backward data")
      for (input, other) in [(group.inputs[0], right), (group.inputs[1], left)] where self.wantsGradient(input) {
        let target = self.allocate(left.descriptor)
        self.emitProduct(given, other, into: target, module: module, pass: "backward data")
        try self.contribute(input, target, isExclusive: true, module: module)
      }
    }
  }

  private func emitProduct(_ left: Operand, _ right: Operand, into result: Operand, module: String, pass: String) {
    let (count, threads) = (result.descriptor.elementCount, Int32(backend.threads))
    emit(module, pass, kernel: "zoo:multiply", [left, right, result]) { places, _ in
      zk_product(places[0].floats, places[1].floats, places[2].floats, count, threads)
    }
  }

  /// [N, C, H, W] times [N, C, 1, 1].
  private func emitChannelProduct(_ group: FusedGraph.Group) throws(EngineError) {
    let module = group.node.name
    let (input, scale) = (group.inputs[0], group.inputs[1])
    let (source, blocks) = try blocked(input, module: module)
    // One number for each channel, in blocks as the channels are.
    let layout = blocks.layout == ZDNN_CHANNELS_LAST ? ZDNN_PLAIN : blocks.layout
    let factor = try reorder(scale, to: try Descriptor(extents(of: scale), layout), module: module)
    let result = !training && isLastUse(of: input) ? source : allocate(source.descriptor)
    emitChannelScale(source, factor, into: result, blocks, shared: false, module: module, pass: "forward")
    define(group.output, result)
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output) else { return }
      try self.emitChannelScaleBackward(
        gradient, source: source, factor: factor, blocks, shared: false, module: module, input: input,
        wantsFactor: self.wantsGradient(scale)
      ) { gradient throws(EngineError) in
        try self.contribute(scale, gradient, isExclusive: true, module: module)
      }
    }
  }

  /// [N, C, H, W] times a parameter of [C, 1, 1].
  func emitLayerScale(_ group: FusedGraph.Group, features: Int) throws(EngineError) {
    let module = group.node.name
    let (input, index) = (group.inputs[0], group.node.parameters[0])
    let (source, blocks) = try blocked(input, filled: true, module: module)
    let factor = try vector(index, count: features)
    let result = !training && isLastUse(of: input) ? source : allocate(source.descriptor)
    emitChannelScale(source, factor, into: result, blocks, shared: true, module: module, pass: "forward")
    define(group.output, result)
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output) else { return }
      try self.emitChannelScaleBackward(
        gradient, source: source, factor: factor, blocks, shared: true, module: module, input: input,
        wantsFactor: self.learns(index)
      ) { gradient throws(EngineError) in
        try self.emitUpdate(index, extents: [features], gradient)
      }
    }
  }

  private func emitChannelScale(
    _ source: Operand, _ factor: Operand, into result: Operand, _ blocks: ChannelBlocks, shared: Bool, module: String,
    pass: String
  ) {
    let (extents, threads) = (blocks.kernel, Int32(backend.threads))
    emit(module, pass, kernel: "zoo:channel_scale", [source, factor, result]) { places, _ in
      zk_channel_scale(places[0].floats, places[1].floats, places[2].floats, extents, shared ? 1 : 0, threads)
    }
  }

  /// The gradients of source and factor; what takes the factor's is given it before the source's is added, so that an update
  /// comes after all that reads the parameter.
  private func emitChannelScaleBackward(
    _ gradient: Gradient, source: Operand, factor: Operand, _ blocks: ChannelBlocks, shared: Bool, module: String,
    input: Int, wantsFactor: Bool, take: (Operand) throws(EngineError) -> Void
  ) throws(EngineError) {
    let wantsSource = wantsGradient(input)
    guard wantsSource || wantsFactor else { return }
    let given = try reorder(gradient.operand, to: source.descriptor, module: module, pass: "backward data")
    let isCopy = !gradient.operand.descriptor.matches(source.descriptor)
    let target = gradient.isExclusive || isCopy ? given : allocate(source.descriptor)
    let sums = allocate(factor.descriptor)
    let (extents, threads) = (blocks.kernel, Int32(backend.threads))
    emit(module, "backward", kernel: "zoo:channel_scale", [source, factor, given, target, sums]) { places, _ in
      zk_channel_scale_backward(
        places[0].floats, places[1].floats, places[2].floats, wantsSource ? places[3].floats : nil,
        wantsFactor ? places[4].floats : nil, extents, shared ? 1 : 0, threads)
    }
    if wantsFactor { try take(sums) }
    if wantsSource { try contribute(input, target, isExclusive: true, module: module) }
  }
}
