import Layers
import Tensors

/// The recorded nets as graphs, and the tensors that go in and come out of them.
extension Golden {
  /// The nodes alone: what they give is the tensor `output`. Operations get a `flatten` so that they end in logits.
  func graph() throws -> Graph { Graph(inputChannels: try inputShape[1], GoldenNet(golden: self, withHead: false)) }

  /// The nodes and, where the case has one, the head: what the loss is taken of.
  func lossGraph() throws -> Graph { Graph(inputChannels: try inputShape[1], GoldenNet(golden: self, withHead: true)) }

  /// The same as ``lossGraph()`` behind a convolution whose weight is the recorded input, so that the gradient of the
  /// loss by the input is the gradient of a parameter. Feed it ``injectedImages()`` and ``injectedWeight()``.
  ///
  /// Image n is one pixel with a 1 in channel n. The convolution pads it to [2H−1, 2W−1], so that its output is
  /// its weight for channel n, upside down and mirrored: the n-th recorded image.
  func injectingGraph() throws -> Graph {
    let shape = try inputShape
    return Graph(inputChannels: shape[0], GoldenNet(golden: self, withHead: true, injecting: shape))
  }

  /// The images for ``injectingGraph()``, [N, N, 1, 1].
  func injectedImages() throws -> Tensor {
    let n = try inputShape[0]
    return Tensor((0..<n * n).map { $0 / n == $0 % n ? Float(1) : 0 }, shape: [n, n, 1, 1])
  }

  /// The value of `input.weight` of ``injectingGraph()``, [C, N, H, W].
  func injectedWeight() throws -> Tensor { Self.transposedAndTurned(try tensor("input")) }

  /// The gradient by the input, from the gradient by `input.weight`.
  static func inputGradient(fromWeight gradient: Tensor) -> Tensor { transposedAndTurned(gradient) }

  /// The parameters and running statistics before, for a graph of this case; `input.weight` where it has one.
  func state(of graph: Graph) throws -> StateDict { try state(of: graph, prefix: "") }

  /// The same after the forward pass or after the training, as far as it is recorded.
  func stateAfter(of graph: Graph) throws -> StateDict { try state(of: graph, prefix: "after.") }

  /// The extents of one batch of images, [N, C, H, W].
  var inputShape: Shape {
    get throws { Shape(Array(try tensor("input").shape.dimensions.suffix(4))) }
  }

  private func state(of graph: Graph, prefix: String) throws -> StateDict {
    let recorded = Set(names(startingWith: prefix))
    var state = StateDict()
    for parameter in graph.parameters {
      if parameter.name == "input.weight" && prefix.isEmpty {
        state[parameter.name] = try injectedWeight()
      } else if parameter.dtype == .int64 && recorded.contains(parameter.name) {
        let count = try tensor(prefix + parameter.name).elements(as: Float.self)
        state[parameter.name] = Tensor(count.map { Int64($0) }, shape: parameter.shape)
      } else if recorded.contains(parameter.name) {
        state[parameter.name] = try tensor(prefix + parameter.name)
      }
    }
    return state
  }

  /// [A, B, H, W] → [B, A, H, W], with rows and columns in reverse order: its own inverse.
  private static func transposedAndTurned(_ tensor: Tensor) -> Tensor {
    let (a, b) = (tensor.shape[0], tensor.shape[1])
    let area = tensor.shape[2] * tensor.shape[3]
    let values = tensor.elements(as: Float.self)
    var result: [Float] = []
    for j in 0..<b {
      for i in 0..<a {
        let start = (i * b + j) * area
        result += values[start..<start + area].reversed()
      }
    }
    return Tensor(result, shape: [b, a, tensor.shape[2], tensor.shape[3]])
  }
}

/// Emits the nodes of a case.
private struct GoldenNet: Module {
  let golden: Golden
  let withHead: Bool
  /// The shape of the input that a convolution in front injects.
  var injecting: Shape?

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    var values = [input]
    if let shape = injecting { values = [inject(shape, into: &builder, input: input)] }
    for node in golden.nodes {
      values.append(
        builder.add(
          node.operation, at: modulePath(node.name), inputs: node.inputs.map { values[$0] },
          parameters: node.parameters))
    }
    let output = values[values.count - 1]
    guard golden.head else { return output }
    let isFlat = golden.nodes.contains { $0.operation == .flatten }
    let flat = isFlat ? output : builder.add(.flatten, at: modulePath("head_flatten"), inputs: [output])
    guard withHead, let shape = try? golden.tensor("head.weight").shape else { return flat }
    return builder.add(
      .linear(inFeatures: shape[1], outFeatures: shape[0], bias: false), at: modulePath("head"), inputs: [flat],
      parameters: [Parameter(name: "head.weight", shape: shape, initializer: .constant(0))])
  }

  private func inject(_ shape: Shape, into builder: inout GraphBuilder, input: Graph.Value) -> Graph.Value {
    let kernel = Pair(shape[2], shape[3])
    return builder.add(
      .conv2d(
        Conv2dAttributes(
          inChannels: shape[0], outChannels: shape[1], kernel: kernel, padding: Pair(shape[2] - 1, shape[3] - 1),
          bias: false)),
      at: modulePath("input"), inputs: [input],
      parameters: [
        Parameter(
          name: "input.weight", shape: [shape[1], shape[0], shape[2], shape[3]], initializer: .constant(0))
      ])
  }

  private func modulePath(_ name: String) -> ModulePath { ModulePath().child(name) }
}
