import COneDNN
import Layers

extension Compiler {
  /// A convolution with its bias, folded batch normalisation, addend and ReLU.
  func emitConvolution(_ group: FusedGraph.Group, _ attributes: Conv2dAttributes) throws(EngineError) {
    let convolution = try Convolution(self, group, attributes)
    try convolution.emitForward()
    record { () throws(EngineError) in try convolution.emitBackward() }
  }
}

/// One convolution while it is compiled onto oneDNN.
private final class Convolution {
  private let compiler: Compiler
  private let group: FusedGraph.Group
  private let attributes: Conv2dAttributes
  private var window: zdnn_window
  private let weightExtents: [Int]
  // What the primitives are asked for: factors in the numbers of the precision, and results.
  private let source: Descriptor
  private let weights: Descriptor
  private let destinationGradient: Descriptor
  private let bias: Descriptor?
  private let destination: Descriptor
  private let sourceGradient: Descriptor
  private let weightGradient: Descriptor
  private let forward: Primitive
  /// The function that the kernel does not end in.
  private var remaining: Activation?
  private var backwardWeights: Primitive?
  /// What computes the weights' gradient in place of ``backwardWeights``.
  private var depthwise: DepthwiseGradient?

  private var module: String { group.node.name }
  private var input: Int { group.inputs[0] }
  private var hasBias: Bool { attributes.bias || group.foldedNorm != nil }

  init(_ compiler: Compiler, _ group: FusedGraph.Group, _ attributes: Conv2dAttributes) throws(EngineError) {
    self.compiler = compiler
    self.group = group
    self.attributes = attributes
    window = zdnn_window(
      kernel: attributes.kernel, stride: attributes.stride, dilation: attributes.dilation,
      before: attributes.padding, after: attributes.padding)
    let (groups, kernel) = (attributes.groups, attributes.kernel)
    let taps = [kernel.height, kernel.width]
    weightExtents =
      groups == 1
      ? [attributes.outChannels, attributes.inChannels] + taps
      : [groups, attributes.outChannels / groups, attributes.inChannels / groups] + taps

    let input = group.inputs[0]
    // An image of few channels stays as it comes, unless it is converted anyway; everything else may be laid out as the
    // convolution likes.
    let layout = compiler.layout(of: attributes)
    source =
      input == 0 && compiler.options.precision == .float32 && layout == ZDNN_ANY
      ? compiler.operand(0).descriptor : try compiler.factorLayout(compiler.extents(of: input), layout)
    weights = try compiler.factorLayout(weightExtents)
    destinationGradient = try compiler.factorLayout(compiler.extents(of: group.output), layout)
    bias =
      attributes.bias || group.foldedNorm != nil ? try Descriptor([attributes.outChannels], ZDNN_PLAIN) : nil
    destination = try Descriptor(compiler.extents(of: group.output), layout)
    sourceGradient = try Descriptor(compiler.extents(of: input), layout)
    weightGradient = try Descriptor(weightExtents, ZDNN_ANY)
    var chosen: Primitive?
    // Where no kernel ends in the function, it is a pass of its own.
    let functions: [Activation?] = [group.activation, nil]
    for function in functions where chosen == nil {
      let post = zdnn_post(sum: group.addend != nil, function: function?.post ?? ZDNN_IDENTITY)
      for algorithm in Convolution.algorithms(compiler, group, attributes) where chosen == nil {
        chosen = Primitive(
          trying: zdnn_convolution_forward(
            compiler.backend.handle, algorithm, compiler.training, source.handle, weights.handle, bias?.handle,
            destination.handle, &window, post))
      }
      remaining = function == nil ? group.activation : nil
    }
    guard let chosen else { throw EngineError(.backend, module: group.node.name, String(cString: zdnn_last_error())) }
    forward = chosen
    try chosen.checkSpeed(compiler.options.precision, module: group.node.name)
    guard compiler.training else { return }
    if compiler.options.precision == .float32 {
      depthwise = try DepthwiseGradient(
        attributes, source: try chosen.descriptor(Argument.source), output: compiler.extents(of: group.output))
    }
    if depthwise == nil {
      backwardWeights = try make { algorithm, hint in
        zdnn_convolution_backward_weights(
          compiler.backend.handle, algorithm, source.handle, weightGradient.handle, bias?.handle,
          destinationGradient.handle, &window, hint.handle)
      }
    }
  }

  /// The algorithms to ask for, the fastest first. oneDNN's own choice is direct for small batches, so Winograd's is
  /// asked for by name; where it has none it refuses.
  private static func algorithms(
    _ compiler: Compiler, _ group: FusedGraph.Group, _ attributes: Conv2dAttributes
  ) -> [zdnn_algorithm] {
    compiler.allows(.winograd, for: group.node.name) && attributes.kernel == 3 && attributes.stride == 1
      && attributes.dilation == 1
      && attributes.groups == 1
      ? [ZDNN_WINOGRAD, ZDNN_DIRECT] : [ZDNN_DIRECT]
  }

  /// A backward primitive by the fastest algorithm that has one.
  private func make(
    _ create: (zdnn_algorithm, Primitive) -> OpaquePointer?
  ) throws(EngineError) -> Primitive {
    for algorithm in Self.algorithms(compiler, group, attributes) {
      let hint = Primitive(
        trying: zdnn_convolution_forward(
          compiler.backend.handle, algorithm, true, source.handle, weights.handle, bias?.handle, destination.handle,
          &window, zdnn_post(sum: false, function: ZDNN_IDENTITY)))
      if let hint, let primitive = Primitive(trying: create(algorithm, hint)) {
        try primitive.checkSpeed(compiler.options.precision, module: module)
        return primitive
      }
    }
    return try Primitive(nil, module: module)
  }

  func emitForward() throws(EngineError) {
    var arguments: [(Int32, Operand)] = []
    let wanted = try forward.descriptor(Argument.source)
    arguments.append((Argument.source, try compiler.factor(input, as: wanted, module: module)))
    let layout = try forward.descriptor(Argument.weights)
    if let norm = group.foldedNorm {
      let folded = try compiler.foldedParameters(
        group.node, norm,
        weights: compiler.options.precision == .bfloat16 ? try Descriptor(weightExtents, ZDNN_PLAIN) : layout,
        extents: weightExtents, hasBias: attributes.bias)
      arguments.append((Argument.weights, try compiler.weights(folded.weights, as: layout, named: module)))
      arguments.append((Argument.bias, folded.bias))
    } else {
      // The home is the layout of the gradient, so that the update reads both in one pass.
      var home: Descriptor?
      if let backwardWeights { home = try backwardWeights.descriptor(Argument.diffWeights) }
      if let depthwise { home = try Descriptor(weightExtents, depthwise.layout) }
      arguments.append(
        (
          Argument.weights,
          try compiler.weights(group.node.parameters[0], extents: weightExtents, as: layout, preferred: home)
        ))
      if attributes.bias {
        let vector = try compiler.vector(group.node.parameters[1], count: attributes.outChannels)
        arguments.append((Argument.bias, vector))
      }
    }
    arguments.append((Argument.destination, try place(for: try forward.descriptor(Argument.destination))))
    compiler.emit(module, "forward", forward, arguments)
    guard let result = arguments.last?.1 else { return }
    if let remaining { compiler.emit(remaining, result, into: result, module: module) }
    compiler.define(group.output, result)
  }

  /// Where the result goes: onto the addend where that is not read again.
  private func place(for layout: Descriptor) throws(EngineError) -> Operand {
    guard let addend = group.addend else { return compiler.allocate(layout) }
    let operand = compiler.operand(addend)
    if operand.descriptor.matches(layout) {
      // Not onto the image that the convolution is still reading.
      let isRead = compiler.sharesMemory(addend, input)
      if !isRead, compiler.isLastUse(of: addend) { return Operand(layout, operand.location) }
      let copy = compiler.allocate(layout)
      try compiler.emitCopy(operand, to: copy, module: module, pass: "forward")
      return copy
    }
    return try compiler.reorder(operand, to: layout, module: module, pass: "forward")
  }

  func emitBackward() throws(EngineError) {
    guard var gradient = compiler.takeGradient(of: group.output) else { return }
    gradient = try compiler.unfuseReLU(gradient, of: group)
    var factors: [Operand] = []

    if compiler.wantsGradient(input) {
      let primitive = try make { algorithm, hint in
        zdnn_convolution_backward_data(
          compiler.backend.handle, algorithm, sourceGradient.handle, weights.handle, destinationGradient.handle,
          &window,
          hint.handle)
      }
      let layout = try primitive.descriptor(Argument.weights)
      let result = compiler.allocate(try primitive.descriptor(Argument.diffSource))
      compiler.emit(
        module, "backward data", primitive,
        [
          (
            Argument.diffDestination,
            try compiler.factor(
              gradient.operand, as: try primitive.descriptor(Argument.diffDestination), among: &factors, module: module,
              pass: "backward data")
          ),
          (
            Argument.weights,
            try compiler.weights(group.node.parameters[0], extents: weightExtents, as: layout)
          ),
          (Argument.diffSource, result),
        ])
      try compiler.contribute(input, result, isExclusive: true, module: module)
    }

    guard group.node.parameters.contains(where: compiler.learns) else { return }
    if let depthwise { return try emitWeightGradient(gradient.operand, by: depthwise) }
    guard let backwardWeights else { return }
    let weightGradient = compiler.allocate(try backwardWeights.descriptor(Argument.diffWeights))
    var arguments: [(Int32, Operand)] = [
      (
        Argument.source,
        try compiler.factor(
          input, as: try backwardWeights.descriptor(Argument.source), module: module, pass: "backward weights")
      ),
      (
        Argument.diffDestination,
        try compiler.factor(
          gradient.operand, as: try backwardWeights.descriptor(Argument.diffDestination), among: &factors,
          module: module, pass: "backward weights")
      ),
      (Argument.diffWeights, weightGradient),
    ]
    var biasGradient: Operand?
    if attributes.bias {
      let operand = compiler.allocate(try backwardWeights.descriptor(Argument.diffBias))
      arguments.append((Argument.diffBias, operand))
      biasGradient = operand
    }
    compiler.emit(module, "backward weights", backwardWeights, arguments)
    try compiler.emitUpdate(group.node.parameters[0], extents: weightExtents, weightGradient)
    if let biasGradient {
      try compiler.emitUpdate(group.node.parameters[1], extents: [attributes.outChannels], biasGradient)
    }
  }

  /// The gradient of depthwise weights, and of the bias, by our kernel.
  private func emitWeightGradient(_ gradient: Operand, by kernel: DepthwiseGradient) throws(EngineError) {
    let source = try compiler.reorder(
      input, to: try Descriptor(compiler.extents(of: input), kernel.layout), module: module, pass: "backward weights")
    let given = try compiler.reorder(
      gradient, to: try Descriptor(compiler.extents(of: group.output), kernel.layout), module: module,
      pass: "backward weights")
    let weightGradient = compiler.allocate(try Descriptor(weightExtents, kernel.layout))
    // The kernel fills the last block of channels up.
    let bias = try Descriptor([attributes.outChannels], ZDNN_PLAIN)
    let threads = compiler.backend.threads
    let scratch = try compiler.temporary(kernel.scratchByteCount(threads: threads))
    var operands = [source, given, weightGradient, scratch]
    if attributes.bias {
      operands.append(
        Operand(bias, compiler.allocate(byteCount: (attributes.outChannels + 16) * MemoryLayout<Float>.size)))
    }
    compiler.emit(module, "backward weights", kernel: "zoo:depthwise", operands) { places, _ in
      kernel.compute(places, threads: threads)
    }
    try compiler.emitUpdate(group.node.parameters[0], extents: weightExtents, weightGradient)
    if attributes.bias {
      try compiler.emitUpdate(group.node.parameters[1], extents: [attributes.outChannels], operands[4])
    }
  }
}

extension zdnn_window {
  init(kernel: Pair, stride: Pair, dilation: Pair, before: Pair, after: Pair) {
    self.init()
    self.kernel = (Int64(kernel.height), Int64(kernel.width))
    self.stride = (Int64(stride.height), Int64(stride.width))
    self.dilation = (Int64(dilation.height), Int64(dilation.width))
    padding_before = (Int64(before.height), Int64(before.width))
    padding_after = (Int64(after.height), Int64(after.width))
  }
}
