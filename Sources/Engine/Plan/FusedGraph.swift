import Layers

/// A graph whose neighbouring operations are joined where one kernel computes them.
struct FusedGraph {
  /// What runs as one.
  struct Group {
    /// The node that gives the group its name and its operation.
    let node: Graph.Node
    /// Values that the group reads; for a convolution with an addend, the image alone.
    var inputs: [Int]
    /// The value that the group gives.
    var output: Int
    /// A batch normalisation whose running statistics are folded into the weights (inference only).
    var foldedNorm: Graph.Node?
    /// A value that is added to the result, before the activation (inference only).
    var addend: Int?
    /// A function of each element that ends the group; in training a ReLU alone.
    var activation: Activation?

    /// Whether the result is max(·, 0).
    var relu: Bool { activation == .relu }
  }

  /// In the order in which they run.
  private(set) var groups: [Group] = []
  /// Values that are other values: the results of operations that do nothing.
  private var aliases: [Int: Int] = [:]
  /// The value that the graph returns.
  let output: Int

  /// - Parameters:
  ///   - training: Whether what only training does is done.
  ///   - kept: Values that are wanted for themselves: no kernel hides them in its own result.
  ///   - isRandom: Whether training leaves something out at random.
  init(_ graph: Graph, training: Bool, keeping kept: [Int] = [], isRandom: Bool = true) {
    var consumers: [Int: Int] = [graph.output.index: 1]
    for value in kept { consumers[value, default: 0] += 1 }
    let needed = graph.nodes(for: [graph.output] + kept.map { Graph.Value(index: $0) })
    let keepsAll = training && isRandom
    let nodes = graph.nodes.enumerated().filter { keepsAll || needed.contains($0.offset) }.map(\.element)
    if keepsAll { for auxiliary in graph.auxiliaries { consumers[auxiliary.value.index, default: 0] += 1 } }
    for node in nodes { for input in node.inputs { consumers[input.index, default: 0] += 1 } }

    var aliases: [Int: Int] = [:]
    func resolve(_ value: Int) -> Int { aliases[value] ?? value }
    var groups: [Group] = []
    var producers: [Int: Int] = [:]

    /// The group that gives a value which nothing else reads.
    func soleProducer(of value: Int) -> Int? {
      guard consumers[value] == 1 else { return nil }
      return producers[value]
    }

    for node in nodes {
      let inputs = node.inputs.map { resolve($0.index) }
      let output = node.output.index
      switch node.operation {
      case .dropout where !keepsAll, .stochasticDepth where !keepsAll:
        aliases[output] = inputs[0]
        // The alias takes over its source's consumers: one of them was this node.
        consumers[inputs[0], default: 1] += consumers[output, default: 0] - 1
        continue
      case .batchNorm2d where !training:
        if let index = soleProducer(of: inputs[0]), case .conv2d = groups[index].node.operation,
          groups[index].foldedNorm == nil, groups[index].addend == nil, groups[index].activation == nil
        {
          groups[index].foldedNorm = node
          Self.extend(&groups, index, to: output, &producers)
          continue
        }
      case .activation(let function):
        if let index = soleProducer(of: inputs[0]), groups[index].activation == nil,
          groups[index].canEnd(in: function, training: training)
        {
          groups[index].activation = function
          Self.extend(&groups, index, to: output, &producers)
          continue
        }
      case .add where !training:
        // The convolution that runs last adds into what the other branch left.
        let candidates = [(inputs[0], inputs[1]), (inputs[1], inputs[0])].filter { own, other in
          guard let index = soleProducer(of: own), own != other else { return false }
          guard case .conv2d = groups[index].node.operation, groups[index].addend == nil,
            groups[index].activation == nil
          else { return false }
          return other == 0 ? false : (producers[other] ?? .max) < index
        }
        if let (own, other) = candidates.last, let index = producers[own] {
          groups[index].addend = other
          Self.extend(&groups, index, to: output, &producers)
          continue
        }
      default: break
      }
      producers[output] = groups.count
      groups.append(Group(node: node, inputs: inputs, output: output))
    }
    self.groups = groups
    self.aliases = aliases
    self.output = resolve(graph.output.index)
  }

  /// The value that holds the elements of another.
  func resolved(_ value: Int) -> Int { aliases[value] ?? value }

  /// Lets a group give a later value.
  private static func extend(_ groups: inout [Group], _ index: Int, to output: Int, _ producers: inout [Int: Int]) {
    producers[groups[index].output] = nil
    groups[index].output = output
    producers[output] = index
  }
}

extension FusedGraph.Group {
  /// Whether the kernel of the group's operation can end in a function. In training others than ReLU have to keep what they
  /// are taken of.
  func canEnd(in function: Activation, training: Bool) -> Bool {
    switch node.operation {
    case .conv2d, .linear: function == .relu || !training
    case .batchNorm2d, .add: function == .relu
    default: false
    }
  }

  /// Whether the gradient of the fused ReLU is a pass of its own: batch normalisation's kernel takes it along.
  var unfusesReLU: Bool {
    if case .batchNorm2d = node.operation { false } else { true }
  }
}
