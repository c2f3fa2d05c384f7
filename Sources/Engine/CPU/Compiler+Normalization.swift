import CKernels
import COneDNN
import Layers
import Tensors

extension Compiler {
  /// Batch normalisation with its ReLU: by the batch's statistics in training, by the running ones in inference.
  func emitBatchNorm(
    _ group: FusedGraph.Group, features: Int, epsilon: Double, momentum: Double
  ) throws(EngineError) {
    let module = group.node.name
    let input = group.inputs[0]
    let shape = shapes[input]
    let samples = batch * shape.count / features
    let indices = group.node.parameters
    let takesStatistics = !training || frozen.fixesStatistics(of: group.node, in: graph)
    if !takesStatistics, samples < 2 {
      throw EngineError(
        .shape, module: module,
        "batch normalisation needs more than one value per channel to train, and a batch of \(batch) of \(shape) has "
          + "one; use a larger batch or input")
    }
    let source = operand(input)
    let forward = try Primitive(
      zdnn_batch_norm_forward(
        backend.handle, training, takesStatistics, source.descriptor.handle, Float(epsilon), group.relu), module: module
    )
    let scale = try vector(indices[0], count: features)
    let shift = try vector(indices[1], count: features)
    let runningMean = try vector(indices[2], count: features)
    let runningVariance = try vector(indices[3], count: features)
    let result = allocate(try forward.descriptor(Argument.destination))
    define(group.output, result)
    var arguments: [(Int32, Operand)] = [
      (Argument.source, source), (Argument.scale, scale), (Argument.shift, shift), (Argument.destination, result),
    ]
    guard training else {
      arguments += [(Argument.mean, runningMean), (Argument.variance, runningVariance)]
      emit(module, "forward", forward, arguments)
      return
    }

    let plain = try Descriptor([features], ZDNN_PLAIN)
    let mean = takesStatistics ? runningMean : allocate(plain)
    let variance = takesStatistics ? runningVariance : allocate(plain)
    let workspace = Descriptor(of: forward, Argument.workspace).map { allocate($0) }
    arguments += [(Argument.mean, mean), (Argument.variance, variance)]
    if let workspace { arguments.append((Argument.workspace, workspace)) }
    emit(module, "forward", forward, arguments)
    if !takesStatistics { batchCounters.append(indices[4]) }
    // The fused ReLU turns NaN into zero, and the loss would never show that the network has diverged.
    emit(module, "forward", kernel: "zoo:all_finite", [mean, variance]) { places, context in
      if zk_all_finite(places[0].floats, features) == 0 || zk_all_finite(places[1].floats, features) == 0 {
        context.isFinite = false
      }
    }

    record { () throws(EngineError) in
      if !takesStatistics {
        // Only now, since a loss that is not finite must leave everything as it was.
        self.emit(
          module, Instruction.runningStatistics, kernel: "zoo:running_statistics",
          [runningMean, runningVariance, mean, variance]
        ) { places, _ in
          zk_running_statistics(
            places[0].floats, places[1].floats, places[2].floats, places[3].floats, features, momentum,
            Double(samples))
        }
      }
      guard let gradient = self.takeGradient(of: group.output) else { return }
      let given = try self.reorder(gradient.operand, to: result.descriptor, module: module, pass: "backward data")
      let primitive = try Primitive(
        zdnn_batch_norm_backward(
          self.backend.handle, takesStatistics, source.descriptor.handle, given.descriptor.handle, Float(epsilon),
          group.relu, forward.handle), module: module)
      let sourceGradient = self.allocate(try primitive.descriptor(Argument.diffSource))
      let (scaleGradient, shiftGradient) = (self.allocate(plain), self.allocate(plain))
      var arguments: [(Int32, Operand)] = [
        (Argument.source, source), (Argument.mean, mean), (Argument.variance, variance), (Argument.scale, scale),
        (Argument.diffDestination, given), (Argument.diffSource, sourceGradient),
        (Argument.diffScale, scaleGradient), (Argument.diffShift, shiftGradient),
      ]
      if zdnn_batch_norm_backward_takes_shift() { arguments.append((Argument.shift, shift)) }
      if let workspace { arguments.append((Argument.workspace, workspace)) }
      self.emit(module, "backward", primitive, arguments)
      try self.contribute(input, sourceGradient, isExclusive: true, module: module)
      try self.emitUpdate(indices[0], extents: [features], scaleGradient)
      try self.emitUpdate(indices[1], extents: [features], shiftGradient)
    }
  }

  /// Weights and bias of a convolution with the batch normalisation after it: w·s and (b − mean)·s + shift, where
  /// s = scale / √(variance + ε). Renewed whenever parameters change.
  func foldedParameters(
    _ convolution: Graph.Node, _ norm: Graph.Node, weights layout: Descriptor, extents: [Int], hasBias: Bool
  ) throws(EngineError) -> (weights: Operand, bias: Operand) {
    guard case .batchNorm2d(let features, let epsilon, _) = norm.operation else {
      preconditionFailure("only batch normalisation is folded")
    }
    let weightIndex = convolution.parameters[0]
    let plain = try Descriptor(extents, ZDNN_PLAIN)
    _ = try store.home(weightIndex, extents: extents)
    let weights = try keep(layout)
    let bias = try keep(try Descriptor([features], ZDNN_PLAIN))
    let vectors = norm.parameters[0..<4]
    let places = try (vectors + (hasBias ? [convolution.parameters[1]] : [])).map { index throws(EngineError) in
      try vector(index, count: features)
    }
    let (store, backend) = (store, backend)
    try addPrologue(
      Instruction(
        module: norm.name, pass: "weights", implementation: "zoo:fold_batch_norm",
        work: .kernel([weights, bias] + places) { places, _ throws(EngineError) in
          let vectors = places[2...].map(\.floats)
          var folded = try store.plainValue(weightIndex)
          let taps = folded.count / features
          try folded.withUnsafeMutableBytes { bytes throws(EngineError) in
            guard let start = bytes.baseAddress else { return }
            for channel in 0..<features {
              let scale = Double(vectors[0][channel]) / (Double(vectors[3][channel]) + epsilon).squareRoot()
              let own = hasBias ? Double(vectors[4][channel]) : 0
              places[1].floats[channel] = Float(
                (own - Double(vectors[2][channel])) * scale + Double(vectors[1][channel]))
              for tap in channel * taps..<(channel + 1) * taps {
                start.floats[tap] = Float(Double(start.floats[tap]) * scale)
              }
            }
            try backend.copy(start, plain, to: places[0], layout)
          }
        }))
    return (weights, bias)
  }

  /// Local response normalisation across channels.
  func emitResponseNorm(
    _ group: FusedGraph.Group, size: Int, alpha: Double, beta: Double, k: Double
  ) throws(EngineError) {
    guard size % 2 == 1 else { return try emitEvenResponseNorm(group, size: size, alpha: alpha, beta: beta, k: k) }
    let module = group.node.name
    let input = group.inputs[0]
    let source = operand(input)
    let (alpha, beta, k, size) = (Float(alpha), Float(beta), Float(k), Int64(size))
    let forward = try Primitive(
      zdnn_lrn_forward(backend.handle, training, source.descriptor.handle, size, alpha, beta, k), module: module)
    let result = allocate(try forward.descriptor(Argument.destination))
    let workspace = Descriptor(of: forward, Argument.workspace).map { allocate($0) }
    let kept = workspace.map { [(Argument.workspace, $0)] } ?? []
    emit(module, "forward", forward, [(Argument.source, source), (Argument.destination, result)] + kept)
    define(group.output, result)
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output), self.wantsGradient(input) else { return }
      let given = try self.reorder(gradient.operand, to: source.descriptor, module: module, pass: "backward data")
      let primitive = try Primitive(
        zdnn_lrn_backward(
          self.backend.handle, source.descriptor.handle, given.descriptor.handle, size, alpha, beta, k, forward.handle),
        module: module)
      let sourceGradient = self.allocate(try primitive.descriptor(Argument.diffSource))
      self.emit(
        module, "backward data", primitive,
        [(Argument.source, source), (Argument.diffDestination, given), (Argument.diffSource, sourceGradient)] + kept)
      try self.contribute(input, sourceGradient, isExclusive: true, module: module)
    }
  }

  /// oneDNN centres its windows; an even one of PyTorch's reaches one channel further down.
  private func emitEvenResponseNorm(
    _ group: FusedGraph.Group, size: Int, alpha: Double, beta: Double, k: Double
  ) throws(EngineError) {
    let module = group.node.name
    let input = group.inputs[0]
    let shape = shapes[input]
    let (batch, channels, area, threads) = (batch, shape[0], shape[1] * shape[2], Int32(backend.threads))
    let plain = try Descriptor(extents(of: input), ZDNN_PLAIN)
    let source = try reorder(input, to: plain, module: module)
    let (result, scale) = (allocate(plain), allocate(plain))
    emit(module, "forward", kernel: "zoo:lrn", [source, result, scale]) { places, _ in
      zk_lrn(
        places[0].floats, places[1].floats, places[2].floats, batch, channels, area, size, alpha, beta, k, threads)
    }
    define(group.output, result)
    record { () throws(EngineError) in
      guard let gradient = self.takeGradient(of: group.output), self.wantsGradient(input) else { return }
      let given = try self.reorder(gradient.operand, to: plain, module: module, pass: "backward data")
      let sourceGradient = self.allocate(plain)
      self.emit(module, "backward data", kernel: "zoo:lrn", [source, scale, given, sourceGradient]) { places, _ in
        zk_lrn_backward(
          places[0].floats, places[1].floats, places[2].floats, places[3].floats, batch, channels, area, size, alpha,
          beta, threads)
      }
      try self.contribute(input, sourceGradient, isExclusive: true, module: module)
    }
  }
}
