import COneDNN
import Layers
import Tensors

extension Compiler {
  /// A linear layer with its bias and ReLU.
  func emitLinear(_ group: FusedGraph.Group, inFeatures: Int, outFeatures: Int, bias hasBias: Bool) throws(EngineError)
  {
    let module = group.node.name
    let input = group.inputs[0]
    let weightExtents = [outFeatures, inFeatures]
    // The layer takes the last axis of whatever comes: a matrix with a row for everything else.
    let rows = rows(of: input)
    let (inputExtents, outputExtents) = ([rows, inFeatures], [rows, outFeatures])
    let isMatrix = shapes[input].rank == 1
    let source = try factorLayout(inputExtents)
    let weights = try factorLayout(weightExtents)
    let bias = hasBias ? try Descriptor([outFeatures], ZDNN_PLAIN) : nil
    // What is seen under other extents must lie in rows.
    let destination = try Descriptor(outputExtents, isMatrix ? ZDNN_ANY : ZDNN_PLAIN)
    var function = group.activation
    func primitive() -> Primitive? {
      Primitive(
        trying: zdnn_linear_forward(
          backend.handle, training, source.handle, weights.handle, bias?.handle, destination.handle,
          zdnn_post(sum: false, function: function?.post ?? ZDNN_IDENTITY)))
    }
    var found = primitive()
    if found == nil, function != nil {
      function = nil
      found = primitive()
    }
    guard let forward = found else { throw EngineError(.backend, module: module, String(cString: zdnn_last_error())) }
    try forward.checkSpeed(options.precision, module: module)
    let destinationGradient = try factorLayout(outputExtents)
    let choice = GemmChoice(self, rows: rows, inFeatures: inFeatures, outFeatures: outFeatures, isMatrix: isMatrix)
    var backwardWeights: Primitive?
    if training {
      let weightGradient = try Descriptor(weightExtents, ZDNN_ANY)
      let primitive = try Primitive(
        zdnn_linear_backward_weights(
          backend.handle, choice.forWeights, source.handle, weightGradient.handle, bias?.handle,
          destinationGradient.handle,
          forward.handle), module: module)
      try primitive.checkSpeed(options.precision, module: module)
      backwardWeights = primitive
    }

    let home = try backwardWeights?.descriptor(Argument.diffWeights)
    let result = allocate(try forward.descriptor(Argument.destination))
    var arguments: [(Int32, Operand)] = [
      (Argument.source, try matrix(input, inputExtents, as: try forward.descriptor(Argument.source), module: module)),
      (
        Argument.weights,
        try self.weights(
          group.node.parameters[0], extents: weightExtents, as: try forward.descriptor(Argument.weights),
          preferred: home)
      ),
    ]
    if hasBias { arguments.append((Argument.bias, try vector(group.node.parameters[1], count: outFeatures))) }
    arguments.append((Argument.destination, result))
    emit(module, "forward", forward, arguments)
    if function == nil, let own = group.activation { emit(own, result, into: result, module: module) }
    define(group.output, isMatrix ? result : Operand(try plain(group.output), result.location))
    guard let backwardWeights else { return }

    record { () throws(EngineError) in
      guard var gradient = self.takeGradient(of: group.output) else { return }
      gradient = try self.unfuseReLU(gradient, of: group)
      if !isMatrix {
        let rows = try self.reorder(
          gradient.operand, to: try self.plain(group.output), module: module, pass: "backward data")
        gradient.operand = Operand(try Descriptor(outputExtents, ZDNN_PLAIN), rows.location)
      }
      var factors: [Operand] = []
      if self.wantsGradient(input) {
        let sourceGradient = try Descriptor(inputExtents, isMatrix ? ZDNN_ANY : ZDNN_PLAIN)
        let primitive = try Primitive(
          zdnn_linear_backward_data(
            self.backend.handle, choice.forData, sourceGradient.handle, weights.handle, destinationGradient.handle,
            forward.handle),
          module: module)
        try primitive.checkSpeed(self.options.precision, module: module)
        let result = self.allocate(try primitive.descriptor(Argument.diffSource))
        let layout = try primitive.descriptor(Argument.diffDestination)
        self.emit(
          module, "backward data", primitive,
          [
            (
              Argument.diffDestination,
              try self.factor(
                gradient.operand, as: layout, among: &factors, module: module, pass: "backward data")
            ),
            (
              Argument.weights,
              try self.weights(
                group.node.parameters[0], extents: weightExtents, as: try primitive.descriptor(Argument.weights))
            ),
            (Argument.diffSource, result),
          ])
        try self.contribute(
          input, isMatrix ? result : Operand(try self.plain(input), result.location), isExclusive: true, module: module)
      }
      guard group.node.parameters.contains(where: self.learns) else { return }
      let weightGradient = self.allocate(try backwardWeights.descriptor(Argument.diffWeights))
      let layout = try backwardWeights.descriptor(Argument.diffDestination)
      var arguments: [(Int32, Operand)] = [
        (
          Argument.source,
          try self.matrix(
            input, inputExtents, as: try backwardWeights.descriptor(Argument.source), module: module,
            pass: "backward weights")
        ),
        (
          Argument.diffDestination,
          try self.factor(
            gradient.operand, as: layout, among: &factors, module: module, pass: "backward weights")
        ),
        (Argument.diffWeights, weightGradient),
      ]
      var biasGradient: Operand?
      if hasBias {
        let operand = self.allocate(try backwardWeights.descriptor(Argument.diffBias))
        arguments.append((Argument.diffBias, operand))
        biasGradient = operand
      }
      self.emit(module, "backward weights", backwardWeights, arguments)
      try self.emitUpdate(group.node.parameters[0], extents: weightExtents, weightGradient)
      if let biasGradient { try self.emitUpdate(group.node.parameters[1], extents: [outFeatures], biasGradient) }
    }
  }

  /// How many vectors along the last axis a batch of a value is.
  func rows(of value: Int) -> Int { batch * shapes[value].dimensions.dropLast().reduce(1, *) }

  /// The plain layout of a value.
  func plain(_ value: Int) throws(EngineError) -> Descriptor { try Descriptor(extents(of: value), ZDNN_PLAIN) }

  /// A value as a factor in a layout of a matrix whose columns are its last axis.
  private func matrix(
    _ value: Int, _ extents: [Int], as wanted: Descriptor, module: String, pass: String = "forward"
  ) throws(EngineError) -> Operand {
    if shapes[value].rank == 1 { return try factor(value, as: wanted, module: module, pass: pass) }
    let rows = try reorder(value, to: try plain(value), module: module, pass: pass)
    return try factor(
      Operand(try Descriptor(extents, ZDNN_PLAIN), rows.location), as: wanted,
      among: &roundedValues[value, default: []], module: module, pass: pass)
  }
}

/// Which gradients of a linear layer oneDNN's plain matrix product computes faster than its first choice, blocks of small
/// products with their own layouts.
private struct GemmChoice {
  let forData, forWeights: Bool

  /// Measured with AVX-512 on the layers of transformers and ConvNeXt, where the rows are tokens: the gradient of the input takes
  /// 0.8 of the time, that of the weights down to 0.4 for few rows and large weights. Many rows and more outputs than
  /// inputs are the first choice's.
  init(_ compiler: Compiler, rows: Int, inFeatures: Int, outFeatures: Int, isMatrix: Bool) {
    forData = !isMatrix && compiler.options.precision == .float32 && zdnn_has_avx512()
    forWeights = forData && (rows <= 8192 || outFeatures < inFeatures)
  }
}
