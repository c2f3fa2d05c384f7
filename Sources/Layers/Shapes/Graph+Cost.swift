public import Tensors

/// What one node of a graph costs for one image.
public struct NodeCost: Sendable, Hashable {
  /// The shape of the result without the batch axis.
  public let outputShape: Shape
  /// The elements of the node's trainable parameters.
  public let parameterCount: Int
  /// The multiplications, each with its addition, of convolutions, fully connected layers, and attention's two products of
  /// matrices, in which every token of a group meets every other whether masked or not. The small network of a continuous
  /// position bias counts once for an image. Biases and all other operations count 0, as in torchvision's published figures.
  public let multiplyAccumulates: Int
  /// The bytes of the result in float32; 0 for a flattening and a permutation, which are views. The sum over all nodes bounds from above
  /// what an engine that keeps every result for the backward pass needs.
  public let activationByteCount: Int
}

extension Graph {
  /// The costs of each node for one image of a size.
  /// - Parameter input: [C, H, W].
  /// - Throws: ``LayersError`` as ``shapes(input:)`` does, and when a number overflows.
  public func costs(input: Shape) throws(LayersError) -> [NodeCost] {
    // What training adds may need larger images than inference.
    let shapes: [Shape]
    if let all = try? self.shapes(input: input, training: true) {
      shapes = all
    } else {
      shapes = try self.shapes(input: input)
    }
    var costs: [NodeCost] = []
    costs.reserveCapacity(nodes.count)
    for node in nodes {
      let output = shapes[node.output.index]
      guard let work = node.operation.multiplyAccumulates(output: output),
        let bytes = output.byteCount(of: .float32)
      else {
        throw LayersError(.shape, module: node.name, "the work for \(output.asBatchOfOne) overflows")
      }
      costs.append(
        NodeCost(
          outputShape: output,
          parameterCount: node.parameters.reduce(0) { sum, index in
            sum + (parameters[index].role == .trainable ? parameters[index].shape.count : 0)
          },
          multiplyAccumulates: work, activationByteCount: node.operation.isView ? 0 : bytes))
    }
    return costs
  }

  /// The multiply-accumulates of one image in inference: the sum of ``NodeCost/multiplyAccumulates`` over all nodes that the
  /// result depends on.
  /// - Parameter input: [C, H, W].
  /// - Throws: ``LayersError`` as ``costs(input:)`` does.
  public func multiplyAccumulates(input: Shape) throws(LayersError) -> Int {
    var total = 0
    let needed = inferenceNodes
    for (index, cost) in try costs(input: input).enumerated() where needed.contains(index) {
      let (sum, overflow) = total.addingReportingOverflow(cost.multiplyAccumulates)
      guard !overflow else { throw LayersError(.shape, module: "", "the work for \(input) overflows") }
      total = sum
    }
    return total
  }
}

extension Operation {
  /// Whether the result is the input's memory, seen otherwise.
  fileprivate var isView: Bool {
    switch self {
    case .flatten, .permute: true
    default: false
    }
  }

  /// The multiply-accumulates for one image, or `nil` on overflow.
  fileprivate func multiplyAccumulates(output: Shape) -> Int? {
    switch self {
    case .conv2d(let attributes):
      return Shape(checking: [
        output.count, attributes.inChannels / attributes.groups, attributes.kernel.height, attributes.kernel.width,
      ])?.count
    case .linear(let inFeatures, _, _):
      return Shape(checking: [output.count, inFeatures])?.count
    case .attention(let attributes):
      guard let products = Shape(checking: [2, output.count, attributes.groupSize(of: output)])?.count,
        let bias = attributes.biasWork
      else { return nil }
      let (sum, overflow) = products.addingReportingOverflow(bias)
      return overflow ? nil : sum
    case .zeroPad2d, .batchNorm2d, .localResponseNorm, .layerNorm, .activation, .maxPool2d, .avgPool2d,
      .adaptiveAvgPool2d, .dropout, .stochasticDepth, .flatten, .permute, .narrow, .channelShuffle, .padChannels,
      .channelAffine, .layerScale, .classToken, .positionEmbedding, .padTokens, .cropTokens, .mergePatches, .add,
      .multiply, .concat:
      return 0
    }
  }
}
