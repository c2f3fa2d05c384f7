import CKernels
import COneDNN
import Layers
import Tensors

/// What attention adds for relative positions: a number for each head and pair of tokens, renewed when parameters change.
struct PositionBias {
  /// [heads, tokens, tokens and padding], kept.
  let bias: Operand
  /// A row for each relative position, [rows, heads]: a parameter, or what the network gives.
  let table: Operand
  /// The rows of pairs of tokens: a buffer of the state dict.
  let index: Int
  let tokens: Int
  let network: Network?
  /// What is learned.
  let parameters: [Int]

  /// A network of one hidden layer.
  struct Network {
    let coordinates, firstWeight, firstBias, secondWeight: Operand
    /// [rows, hidden], kept.
    let hidden: Operand
  }
}

extension Compiler {
  /// The position bias of an attention, from its parameters.
  func positionBias(
    _ attributes: AttentionAttributes, _ kernel: AttentionKernel, _ parameters: [Int], module: String
  ) throws(EngineError) -> PositionBias? {
    func home(_ index: Int) throws(EngineError) -> Operand {
      try self.store.home(index, extents: self.graph.parameters[index].shape.dimensions)
    }
    let bias: PositionBias
    switch attributes.positionBias {
    case .none: return nil
    case .table:
      bias = PositionBias(
        bias: try keep(try Descriptor(kernel.biasExtents, ZDNN_PLAIN)), table: try home(parameters[0]),
        index: parameters[1], tokens: kernel.tokens, network: nil, parameters: [parameters[0]])
    case .network(let hidden):
      let rows = graph.parameters[parameters[0]].shape.count / 2
      bias = PositionBias(
        bias: try keep(try Descriptor(kernel.biasExtents, ZDNN_PLAIN)),
        table: try keep(try Descriptor([rows, attributes.heads], ZDNN_PLAIN)), index: parameters[1],
        tokens: kernel.tokens,
        network: PositionBias.Network(
          coordinates: try home(parameters[0]), firstWeight: try home(parameters[2]),
          firstBias: try home(parameters[3]),
          secondWeight: try home(parameters[4]), hidden: try keep(try Descriptor([rows, hidden], ZDNN_PLAIN))),
        parameters: Array(parameters[2...]))
    }
    if let network = bias.network {
      let extents = bias.networkExtents
      try addPrologue(
        Instruction(
          module: module, pass: "weights", implementation: "zoo:position_bias",
          work: .kernel(network.operands + [network.hidden, bias.table]) { places, _ in
            var network = extents.network(places)
            zk_position_network_forward(&network, places[4].floats, places[5].floats)
          }))
    }
    let (rows, heads) = (bias.table.descriptor.extents[0], attributes.heads)
    let (store, index, tokens) = (store, bias.index, bias.tokens)
    let name = graph.parameters[index].name
    try addPrologue(
      Instruction(
        module: module, pass: "weights", implementation: "zoo:position_bias",
        work: .kernel([bias.table, bias.bias]) { places, _ throws(EngineError) in
          let isInside = try store.withIntegers(index) { integers in
            zk_attention_bias_gather(places[0].floats, rows, integers, heads, tokens, places[1].floats)
          }
          guard isInside else {
            throw EngineError(
              .state, module: module,
              "'\(name)' names rows that the \(rows) relative positions do not have; load weights of this model")
          }
        }))
    return bias
  }

  /// The gradients of a position bias's parameters.
  func emitBackward(_ position: PositionBias, _ gradient: Operand, module: String) throws(EngineError) {
    let extents = position.table.descriptor.extents
    let (rows, heads, tokens, index, store) = (extents[0], extents[1], position.tokens, position.index, store)
    let tableGradient = allocate(position.table.descriptor)
    emit(module, "backward weights", kernel: "zoo:position_bias", [gradient, tableGradient]) {
      places, _ throws(EngineError) in
      try store.withIntegers(index) { integers in
        zk_attention_bias_scatter(places[0].floats, integers, heads, tokens, places[1].floats, rows)
      }
    }
    guard let network = position.network else {
      return try emitUpdate(position.parameters[0], extents: extents, tableGradient)
    }
    let weights = [network.firstWeight, network.firstBias, network.secondWeight].map(\.descriptor)
    let gradients = weights.map { allocate($0) }
    let networkExtents = position.networkExtents
    emit(
      module, "backward weights", kernel: "zoo:position_bias",
      network.operands + [network.hidden, position.table, tableGradient] + gradients
    ) { places, _ in
      var network = networkExtents.network(places)
      zk_position_network_backward(
        &network, places[4].floats, places[5].floats, places[6].floats, places[7].floats, places[8].floats,
        places[9].floats)
    }
    for (parameter, gradient) in zip(position.parameters, gradients) {
      try emitUpdate(parameter, extents: gradient.descriptor.extents, gradient)
    }
  }
}

extension PositionBias {
  /// The extents of a network, to be completed by the places of its operands.
  struct NetworkExtents {
    let rows, hidden, heads: Int

    func network(_ places: [UnsafeMutableRawPointer]) -> zk_position_network {
      zk_position_network(
        rows: rows, hidden: hidden, heads: heads, coordinates: places[0].floats, w1: places[1].floats,
        b1: places[2].floats, w2: places[3].floats)
    }
  }

  var networkExtents: NetworkExtents {
    let extents = table.descriptor.extents
    return NetworkExtents(rows: extents[0], hidden: network?.hidden.descriptor.extents[1] ?? 0, heads: extents[1])
  }
}

extension PositionBias.Network {
  var operands: [Operand] { [coordinates, firstWeight, firstBias, secondWeight] }
}

extension ParameterStore {
  /// Reads a buffer of integers.
  func withIntegers<R>(_ index: Int, _ body: (UnsafePointer<Int64>) -> R) throws(EngineError) -> R {
    let tensor = try plainValue(index)
    precondition(tensor.dtype == .int64 && tensor.shape.count > 0, "a buffer of integers")
    return tensor.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { preconditionFailure("a tensor with elements has memory") }
      return body(start.assumingMemoryBound(to: Int64.self))
    }
  }
}
