import Foundation
import Layers
import Tensors
import Testing

/// What real torchvision, or the same layers in real torch, says about a model; written by `Facts/write_facts.py`.
struct ModelFacts: Decodable {
  struct Published: Decodable {
    let tag: String
    let file: String
    let top1: Double?
    let top5: Double?
    let resize: Int
    let crop: Int
    let mean: [Double]
    let std: [Double]
    let interpolation: String
    let minimumInputSize: Int
    /// `true` or left out.
    let transformInput: Bool?
  }

  let inputChannels: Int
  let inputSize: Int
  let parameters: Int
  let bufferElements: Int
  let multiplyAccumulates: Int
  let state: [String]
  let calls: [String]
  /// The calls that only training makes.
  let auxiliaryCalls: [String]?
  let publishedWeights: [Published]?
  /// The least square that torch's forward pass takes, where it is not what is published with weights.
  let smallestInput: Int?
  /// Whether outputs of calls are numbers of elements.
  let countsElements: Bool?
  /// The values of some buffers.
  let buffers: [String: [Double]]?

  /// The facts of a model.
  static func of(_ name: String) throws -> ModelFacts { try #require(all.get()[name]) }

  /// The names of the models that have facts.
  static func names() throws -> [String] { try Array(all.get().keys) }

  private static let all = Result {
    let folder = Bundle.module.bundleURL.appending(path: "Facts").path
    var all: [String: ModelFacts] = [:]
    for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasSuffix(".json.gz") {
      try all.merge(gzippedJSON([String: ModelFacts].self, "Facts/\(file)")) { $1 }
    }
    return all
  }
}

extension Graph {
  /// The state dict as the facts write it: `conv1.weight 64x3x7x7 float32 trainable`.
  var stateLines: [String] {
    parameters.map { "\($0.name) \($0.shape.compactDescription) \($0.dtype.rawValue) \($0.role.rawValue)" }
  }

  /// The leaf modules in order of execution as the facts write them, without what torchvision computes outside modules: sums,
  /// flattenings, and ReLUs, poolings, dropouts and linear layers of names that it does not have.
  /// - Parameter auxiliary: Whether the modules that only training calls are meant, or those of inference.
  func callLines(input: Shape, like facts: ModelFacts, auxiliary: Bool = false) throws -> [String] {
    let calls = auxiliary ? facts.auxiliaryCalls ?? [] : facts.calls
    let names = Set(calls.map { $0.prefix { $0 != " " } })
    // The facts of transformers leave them out.
    let listsPermutations = calls.contains { $0.contains(" Permute ") }
    let shapes = try shapes(input: input, training: auxiliary)
    let inference = inferenceNodes
    return nodes.indices.compactMap { index in
      guard inference.contains(index) != auxiliary else { return nil }
      let node = nodes[index]
      if isInLayerNorm2d(index) { return nil }
      if isInLayerNorm2d(index - 1), case .layerNorm(let features, let epsilon) = nodes[index - 1].operation {
        let shape = shapes[node.output.index].compactDescription
        return "\(node.name) LayerNorm2d \(features) eps=\(epsilon) -> \(shape)"
      }
      guard let signature = node.operation.torchSignature else { return nil }
      switch node.operation {
      case .activation, .maxPool2d, .avgPool2d, .adaptiveAvgPool2d, .dropout, .linear:
        if !names.contains(node.name[...]) { return nil }
      case .permute: if !listsPermutations { return nil }
      default: break
      }
      let shape = shapes[node.output.index]
      return
        "\(node.name) \(signature) -> \(facts.countsElements == true ? "\(shape.count)" : shape.compactDescription)"
    }
  }

  /// Whether a node is the first or the second of a `LayerNorm2d`: a normalisation between two permutations.
  private func isInLayerNorm2d(_ index: Int) -> Bool {
    [index - 1, index].contains { first in
      guard first >= 0, first + 2 < nodes.count, Set(nodes[first...first + 2].map(\.name)).count == 1,
        case .layerNorm = nodes[first + 1].operation
      else { return false }
      return nodes[first].operation == .permute(order: [1, 2, 0])
        && nodes[first + 2].operation == .permute(order: [2, 0, 1])
    }
  }
}

extension Layers.Operation {
  fileprivate var torchSignature: String? {
    switch self {
    case .conv2d(let a):
      "Conv2d \(a.inChannels) \(a.outChannels) k\(a.kernel.both) s\(a.stride.both) p\(a.padding.both) "
        + "d\(a.dilation.both) g\(a.groups) bias=\(a.bias ? 1 : 0)"
    case .linear(let inFeatures, let outFeatures, let bias):
      "Linear \(inFeatures) \(outFeatures) bias=\(bias ? 1 : 0)"
    case .batchNorm2d(let features, let epsilon, let momentum):
      "BatchNorm2d \(features) eps=\(epsilon) momentum=\(momentum)"
    case .maxPool2d(let a):
      "MaxPool2d k\(a.kernel.both) s\(a.stride.both) p\(a.padding.both) d\(a.dilation.both) ceil=\(a.ceilMode ? 1 : 0)"
    case .avgPool2d(let a, let countIncludePad):
      "AvgPool2d k\(a.kernel.both) s\(a.stride.both) p\(a.padding.both) ceil=\(a.ceilMode ? 1 : 0) "
        + "pad=\(countIncludePad ? 1 : 0)"
    case .adaptiveAvgPool2d(let output): "AdaptiveAvgPool2d \(output.both)"
    case .dropout(let probability): "Dropout \(probability)"
    case .layerNorm(let features, let epsilon): "LayerNorm \(features) eps=\(epsilon)"
    case .activation(let function): function.className
    case .stochasticDepth(let probability): "StochasticDepth \(probability)"
    case .permute(let order): "Permute \(order.map(String.init).joined(separator: " "))"
    case .flatten, .narrow, .channelShuffle, .padChannels, .channelAffine, .layerScale, .classToken,
      .positionEmbedding, .padTokens, .cropTokens, .mergePatches, .attention, .add, .multiply, .concat:
      nil
    case .localResponseNorm(let size, let alpha, let beta, let k):
      "LocalResponseNorm \(size) alpha=\(alpha) beta=\(beta) k=\(k)"
    case .zeroPad2d: "\(self)"
    }
  }
}

extension Pair {
  fileprivate var both: String { "\(height)x\(width)" }
}
