import Foundation
import Layers
import Tensors

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
  }

  let inputChannels: Int
  let inputSize: Int
  let parameters: Int
  let bufferElements: Int
  let multiplyAccumulates: Int
  let state: [String]
  let calls: [String]
  let publishedWeights: [Published]?

  /// The facts of a model.
  static func of(_ name: String) throws -> ModelFacts {
    let file = Bundle.module.bundleURL.appending(path: "Facts/\(name).json")
    return try JSONDecoder().decode(ModelFacts.self, from: Data(contentsOf: file))
  }

  /// The names of the models that have facts.
  static func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: Bundle.module.bundleURL.appending(path: "Facts").path)
      .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
  }
}

extension Graph {
  /// The state dict as the facts write it: `conv1.weight 64x3x7x7 float32 trainable`.
  var stateLines: [String] {
    parameters.map { "\($0.name) \($0.shape.compactDescription) \($0.dtype.rawValue) \($0.role.rawValue)" }
  }

  /// The leaf modules in order of execution as the facts write them, without sums and flattenings, which torchvision
  /// computes outside modules.
  func callLines(input: Shape) throws -> [String] {
    let shapes = try shapes(input: input)
    return nodes.compactMap { node in
      guard let signature = node.operation.torchSignature else { return nil }
      return "\(node.name) \(signature) -> \(shapes[node.output.index].compactDescription)"
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
    case .adaptiveAvgPool2d(let output): "AdaptiveAvgPool2d \(output.both)"
    case .dropout(let probability): "Dropout \(probability)"
    case .relu: "ReLU"
    case .flatten, .add: nil
    case .zeroPad2d, .localResponseNorm, .avgPool2d, .concat: "\(self)"
    }
  }
}

extension Pair {
  fileprivate var both: String { "\(height)x\(width)" }
}
