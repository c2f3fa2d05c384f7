import Checkpoint
import Layers
import OrderedCollections
import SwiftProtobuf
import Tensors

/// Translates the nodes of a graph that its result needs, in order.
struct GraphEmitter {
  let graph: Graph
  /// Of every value, for one image.
  let shapes: [Shape]
  let weights: ExportWeights
  let options: ExportOptions
  private(set) var nodes: [ONNXNode] = []
  /// Weights that nodes use; those with names of the state dict come first, in its order.
  private(set) var tensors: OrderedDictionary<String, TensorSource> = [:]
  /// What each value is called.
  private var names: [Graph.Value: String] = [:]
  private var taken: Set<String>

  init(_ graph: Graph, shapes: [Shape], weights: ExportWeights, options: ExportOptions) {
    self.graph = graph
    self.shapes = shapes
    self.weights = weights
    self.options = options
    // A value may not be called as a weight is.
    taken = Set(graph.parameters.map(\.name)).union([options.inputName, options.output])
  }

  /// Translates everything.
  /// - Throws: ``ONNXError`` that names the layer that operators cannot express.
  mutating func run() throws(ONNXError) {
    let needed = graph.inferenceNodes
    let folds = options.foldsBatchNorm ? graph.foldableNorms(needed) : [:]
    let folded = Set(folds.values)
    names[Graph.input] = options.inputName
    for index in graph.nodes.indices where needed.contains(index) {
      let node = graph.nodes[index]
      if folded.contains(index), let input = node.inputs.first {
        names[node.output] = names[input]
      } else {
        names[node.output] = try emit(node, norm: folds[index].map { graph.nodes[$0] })
      }
    }
    finish()
  }

  /// The name of the first input of a node, or of another one.
  func input(_ node: Graph.Node, _ position: Int = 0) -> String { names[node.inputs[position]] ?? "" }

  /// The shape of an image or vector that a node takes, without the batch.
  func inputShape(_ node: Graph.Node) -> Shape { shapes[node.inputs[0].index] }

  /// Adds a node.
  /// - Returns: What its result is called.
  mutating func add(
    _ kind: String, _ inputs: [String], _ attributes: [ONNXAttribute] = [], at path: String
  ) -> String {
    let output = unique(path.isEmpty ? kind : path)
    nodes.append(
      .with {
        $0.opType = kind
        $0.name = "\(output)/\(kind)"
        $0.input = inputs
        $0.output = [output]
        $0.attribute = attributes
      })
    return output
  }

  /// Adds a weight of the state dict, under its name.
  mutating func parameter(_ name: String) -> String {
    tensors[name] = weights[name]
    return name
  }

  /// Adds a weight that takes the place of one of the state dict.
  mutating func replacement(_ name: String, _ source: TensorSource) -> String {
    tensors[name] = source
    return name
  }

  /// Adds a weight that no state dict has, under this name or, where it is taken, a similar one.
  mutating func addition(_ name: String, _ source: TensorSource) -> String {
    let name = unique(name)
    tensors[name] = source
    return name
  }

  /// Adds a constant that no state dict has.
  mutating func constant(_ tensor: Tensor, called name: String) -> String {
    addition(name, TensorSource(tensor))
  }

  private mutating func unique(_ name: String) -> String {
    var (candidate, number) = (name, 1)
    while !taken.insert(candidate).inserted {
      number += 1
      candidate = "\(name)_\(number)"
    }
    return candidate
  }

  /// Gives the result the name that it is to have, and the weights their order.
  private mutating func finish() {
    var result = names[graph.output] ?? options.inputName
    if options.endsInSoftmax { result = add("Softmax", [result], [.int("axis", -1)], at: "softmax") }
    if result == options.inputName { result = add("Identity", [result], at: "output") }
    for index in nodes.indices {
      nodes[index].input = nodes[index].input.map { $0 == result ? options.output : $0 }
      nodes[index].output = nodes[index].output.map { $0 == result ? options.output : $0 }
    }
    let ordered = graph.parameters.map(\.name).filter { tensors[$0] != nil }
    let others = tensors.keys.filter { !Set(ordered).contains($0) }
    tensors = OrderedDictionary(
      uniqueKeysWithValues: (ordered + others).compactMap { name in tensors[name].map { (name, $0) } })
  }
}

extension Graph {
  /// For convolutions whose result only a batch normalisation uses: its node by theirs.
  func foldableNorms(_ needed: Set<Int>) -> [Int: Int] {
    var uses: [Value: Int] = [output: 1]
    for index in needed { for input in nodes[index].inputs { uses[input, default: 0] += 1 } }
    var folds: [Int: Int] = [:]
    for index in needed {
      guard case .batchNorm2d = nodes[index].operation, let input = nodes[index].inputs.first, uses[input] == 1,
        nodes.indices.contains(input.index - 1), case .conv2d = nodes[input.index - 1].operation
      else { continue }
      folds[input.index - 1] = index
    }
    return folds
  }
}
