public import Checkpoint
import Foundation
public import Layers
import Tensors
import Zoo

extension KerasHints {
  /// What an architecture tells of its tensors for images of a size.
  public init(_ graph: Graph, inputSize: Int) {
    self.init(order: graph.parameters.map(\.name))
    let input = Shape([graph.inputChannels, inputSize, inputSize])
    let shapes = (try? graph.shapes(input: input)) ?? []
    let makers = Dictionary(graph.nodes.map { ($0.output, $0) }) { first, _ in first }
    for node in graph.nodes {
      guard let weight = node.parameters.first.map({ graph.parameters[$0] }) else { continue }
      switch node.operation {
      case .linear:
        // What lies between a Flatten and a linear layer, such as a dropout, leaves the order of elements alone.
        var maker = node.inputs.first.flatMap { makers[$0] }
        while let passed = maker, passed.operation.keepsOrder { maker = passed.inputs.first.flatMap { makers[$0] } }
        guard let flatten = maker, flatten.operation == .flatten, let value = flatten.inputs.first,
          shapes.indices.contains(value.index), shapes[value.index].rank == 3
        else { continue }
        let image = shapes[value.index]
        flattened[weight.name] = Image(channels: image[0], height: image[1], width: image[2])
      case .conv2d(let attributes) where attributes.groups > 1 && weight.shape[1] == 1:
        depthwise[weight.name] = weight.shape[0] / attributes.groups
      default: continue
      }
    }
  }
}

extension Layers.Operation {
  /// Whether each element of the result is made of the same element of the only input.
  fileprivate var keepsOrder: Bool {
    switch self {
    case .activation, .dropout, .stochasticDepth: true
    default: false
    }
  }
}

extension LazySnapshot {
  /// What the architecture that the file says, or that its tensors are of, tells of them; nothing when none is known.
  public var kerasHints: KerasHints {
    guard let (entry, arguments) = namedModel else {
      return fit.map { KerasHints($0.graph, inputSize: $0.entry.inputSize) } ?? KerasHints()
    }
    guard let arguments, let graph = try? entry.build(arguments) else { return KerasHints() }
    return KerasHints(graph, inputSize: entry.inputSize)
  }
}

extension Snapshot {
  /// The same net in the words of an architecture, when it comes from Keras; otherwise as it is.
  func turned(for graph: Graph, inputSize: Int) throws -> Snapshot {
    let lazy = LazySnapshot(self)
    return KerasLayouts.isKeras(lazy) ? try lazy.turned(for: graph, inputSize: inputSize).loaded() : self
  }
}

extension LazySnapshot {
  /// The same net in the words of an architecture, when it comes from Keras; otherwise as it is.
  func turned(for graph: Graph, inputSize: Int) -> LazySnapshot {
    guard KerasLayouts.isKeras(self) else { return self }
    return KerasLayouts.torch(
      self, expected: graph.parameters.map { ($0.name, $0.shape) }, hints: KerasHints(graph, inputSize: inputSize))
  }
}
