import Checkpoint
import Layers
import Tensors

extension GraphEmitter {
  /// Translates a node.
  /// - Parameter norm: The batch normalisation that it does too.
  /// - Returns: What its result is called.
  mutating func emit(_ node: Graph.Node, norm: Graph.Node?) throws(ONNXError) -> String {
    switch node.operation {
    case .conv2d(let attributes): return convolution(node, attributes, norm: norm)
    case .zeroPad2d(let sides):
      // The beginnings of all axes, then their ends.
      let pads = [0, 0, sides.top, sides.left, 0, 0, sides.bottom, sides.right]
      return add("Pad", [input(node), integers(pads, "\(node.name).pads")], at: node.name)
    case .linear: return linear(node)
    case .batchNorm2d(_, let epsilon, _):
      let names = parameters(node).prefix(4).map { parameter($0) }
      return add("BatchNormalization", [input(node)] + names, [.float("epsilon", epsilon)], at: node.name)
    case .localResponseNorm(let size, let alpha, let beta, let k):
      guard !size.isMultiple(of: 2) else {
        throw ONNXError(
          .unsupported, at: node.name,
          "normalises over \(size) channels; of an even number ONNX's LRN takes others than PyTorch's layer")
      }
      return add(
        "LRN", [input(node)],
        [.int("size", size), .float("alpha", alpha), .float("beta", beta), .float("bias", k)], at: node.name)
    case .layerNorm(_, let epsilon): return layerNorm(node, epsilon)
    case .activation(let function): return activation(node, function)
    case .maxPool2d(let attributes): return maxPool(node, attributes)
    case .avgPool2d(let attributes, let countIncludePad):
      return averagePool(node, attributes, countIncludePad: countIncludePad)
    case .adaptiveAvgPool2d(let output): return adaptivePool(node, output)
    case .dropout, .stochasticDepth: return input(node)
    case .flatten: return add("Flatten", [input(node)], [.int("axis", 1)], at: node.name)
    case .permute(let order):
      return add("Transpose", [input(node)], [.ints("perm", [0] + order.map { $0 + 1 })], at: node.name)
    case .narrow(let axis, let start, let count): return narrow(node, axis: axis, start: start, count: count)
    case .channelShuffle(let groups): return channelShuffle(node, groups)
    case .padChannels(let before, let after):
      let pads = [0, before, 0, 0, 0, after, 0, 0]
      return add("Pad", [input(node), integers(pads, "\(node.name).pads")], at: node.name)
    case .channelAffine(let scale, let shift):
      let scaled = add("Mul", [input(node), perChannel(scale, "\(node.name).scale")], at: node.name)
      return add("Add", [scaled, perChannel(shift, "\(node.name).shift")], at: node.name)
    case .layerScale: return add("Mul", [input(node)] + parameters(node).map { parameter($0) }, at: node.name)
    case .add: return add("Add", [input(node), input(node, 1)], at: node.name)
    case .classToken(let features): return classToken(node, features)
    case .positionEmbedding: return add("Add", [input(node)] + parameters(node).map { parameter($0) }, at: node.name)
    case .padTokens: return padTokens(node, to: shapes[node.output.index])
    case .cropTokens: return cropTokens(node)
    case .mergePatches: return mergePatches(node)
    case .attention(let attributes): return attention(node, attributes)
    case .multiply: return add("Mul", [input(node), input(node, 1)], at: node.name)
    case .concat: return add("Concat", node.inputs.indices.map { input(node, $0) }, [.int("axis", 1)], at: node.name)
    }
  }

  /// The state-dict names of a node's parameters.
  func parameters(_ node: Graph.Node) -> [String] { node.parameters.map { graph.parameters[$0].name } }

  /// A constant vector of whole numbers.
  mutating func integers(_ numbers: [Int], _ name: String) -> String {
    constant(Tensor(numbers.map(Int64.init), shape: [numbers.count]), called: name)
  }

  private mutating func convolution(
    _ node: Graph.Node, _ attributes: Conv2dAttributes, norm: Graph.Node?
  ) -> String {
    let own = parameters(node)
    var inputs = [input(node)]
    if let norm, case .batchNorm2d(_, let epsilon, _) = norm.operation {
      let folded = weights.folded(
        weight: own[0], bias: own.dropFirst().first, norm: parameters(norm), epsilon: epsilon)
      inputs.append(replacement(own[0], folded.weight))
      if let bias = own.dropFirst().first {
        inputs.append(replacement(bias, folded.bias))
      } else {
        inputs.append(addition(node.name.isEmpty ? "bias" : "\(node.name).bias", folded.bias))
      }
    } else {
      inputs += own.map { parameter($0) }
    }
    let padding = attributes.padding
    return add(
      "Conv", inputs,
      [
        .ints("kernel_shape", attributes.kernel), .ints("strides", attributes.stride),
        .ints("pads", [padding.height, padding.width, padding.height, padding.width]),
        .ints("dilations", attributes.dilation), .int("group", attributes.groups),
      ], at: node.name)
  }

  /// A product with a matrix that keeps the order of PyTorch, [O, I].
  private mutating func linear(_ node: Graph.Node) -> String {
    let inputs = parameters(node).map { parameter($0) }
    guard inputShape(node).rank > 1 else {
      return add("Gemm", [input(node)] + inputs, [.int("transB", 1)], at: node.name)
    }
    let turned = add("Transpose", [inputs[0]], [.ints("perm", [1, 0])], at: "\(node.name).weight_transposed")
    let product = add("MatMul", [input(node), turned], at: node.name)
    return inputs.count > 1 ? add("Add", [product, inputs[1]], at: node.name) : product
  }
}

extension ONNXAttribute {
  /// A pair, height first.
  static func ints(_ name: String, _ pair: Pair) -> ONNXAttribute { ints(name, [pair.height, pair.width]) }
}
