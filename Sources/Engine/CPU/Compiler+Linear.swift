import COneDNN
import Layers

extension Compiler {
  /// A linear layer with its bias and ReLU.
  func emitLinear(_ group: FusedGraph.Group, inFeatures: Int, outFeatures: Int, bias hasBias: Bool) throws(EngineError)
  {
    let module = group.node.name
    let input = group.inputs[0]
    let weightExtents = [outFeatures, inFeatures]
    let (inputExtents, outputExtents) = (extents(of: input), extents(of: group.output))
    let source = try factorLayout(inputExtents)
    let weights = try factorLayout(weightExtents)
    let bias = hasBias ? try Descriptor([outFeatures], ZDNN_PLAIN) : nil
    let destination = try Descriptor(outputExtents, ZDNN_ANY)
    let post = group.relu ? ZDNN_POST_RELU.rawValue : 0
    let forward = try Primitive(
      zdnn_linear_forward(
        backend.handle, training, source.handle, weights.handle, bias?.handle, destination.handle, Int32(post)),
      module: module)
    try forward.checkSpeed(options.precision, module: module)
    let destinationGradient = try factorLayout(outputExtents)
    var backwardWeights: Primitive?
    if training {
      let weightGradient = try Descriptor(weightExtents, ZDNN_ANY)
      let primitive = try Primitive(
        zdnn_linear_backward_weights(
          backend.handle, source.handle, weightGradient.handle, bias?.handle, destinationGradient.handle,
          forward.handle), module: module)
      try primitive.checkSpeed(options.precision, module: module)
      backwardWeights = primitive
    }

    let home = try backwardWeights?.descriptor(Argument.diffWeights)
    let result = allocate(try forward.descriptor(Argument.destination))
    var arguments: [(Int32, Operand)] = [
      (Argument.source, try factor(input, as: try forward.descriptor(Argument.source), module: module)),
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
    define(group.output, result)
    guard let backwardWeights else { return }

    record { () throws(EngineError) in
      guard var gradient = self.takeGradient(of: group.output) else { return }
      gradient = try self.unfuseReLU(gradient, of: group)
      var factors: [Operand] = []
      if self.wantsGradient(input) {
        let sourceGradient = try Descriptor(inputExtents, ZDNN_ANY)
        let primitive = try Primitive(
          zdnn_linear_backward_data(
            self.backend.handle, sourceGradient.handle, weights.handle, destinationGradient.handle, forward.handle),
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
        try self.contribute(input, result, isExclusive: true, module: module)
      }
      guard group.node.parameters.contains(where: self.learns) else { return }
      let weightGradient = self.allocate(try backwardWeights.descriptor(Argument.diffWeights))
      let layout = try backwardWeights.descriptor(Argument.diffDestination)
      var arguments: [(Int32, Operand)] = [
        (
          Argument.source,
          try self.factor(
            input, as: try backwardWeights.descriptor(Argument.source), module: module, pass: "backward weights")
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
}
