import Checkpoint
import Layers
import Tensors

/// The weights of a graph that is exported, as float32.
struct ExportWeights {
  private let sources: [String: TensorSource]

  /// Checks that every parameter of a graph is there, but for counts of batches.
  /// - Throws: ``ONNXError`` with all that are missing, of another shape, or of another kind of numbers.
  init(_ graph: Graph, _ weights: [String: TensorSource]) throws(ONNXError) {
    var (sources, problems): ([String: TensorSource], [String]) = ([:], [])
    // Counts of batches are not used in inference; indices of positions are.
    var counts: Set<Int> = []
    for node in graph.nodes {
      if case .batchNorm2d = node.operation { counts.formUnion(node.parameters.dropFirst(4)) }
    }
    for (index, parameter) in graph.parameters.enumerated() where !counts.contains(index) {
      guard let source = weights[parameter.name] else {
        problems.append("'\(parameter.name)' is missing")
        continue
      }
      guard source.shape == parameter.shape else {
        problems.append("'\(parameter.name)' is \(source.shape), expected \(parameter.shape)")
        continue
      }
      guard parameter.dtype.isFloatingPoint else {
        guard source.dtype == parameter.dtype else {
          problems.append(
            "'\(parameter.name)' holds \(source.dtype.rawValue), expected \(parameter.dtype.rawValue)")
          continue
        }
        sources[parameter.name] = source
        continue
      }
      guard source.dtype.isFloatingPoint else {
        problems.append("'\(parameter.name)' holds \(source.dtype.rawValue), expected floating-point numbers")
        continue
      }
      sources[parameter.name] = source.asFloat32
    }
    guard problems.isEmpty else {
      throw ONNXError(.mismatch, "the weights are not those of the graph: " + problems.joined(separator: ", "))
    }
    self.sources = sources
  }

  /// The weight of a name that the graph has.
  subscript(name: String) -> TensorSource {
    guard let source = sources[name] else { preconditionFailure("'\(name)' is no weight of the graph") }
    return source
  }

  /// The weight and bias of a convolution that also does the batch normalisation after it:
  /// w·γ/√(σ² + ε) and (b − μ)·γ/√(σ² + ε) + β, computed in float64.
  /// - Parameters:
  ///   - weight: Of the convolution, [O, C, kh, kw].
  ///   - bias: Of the convolution, when it has one.
  ///   - norm: The names of weight, bias, running mean and running variance of the normalisation.
  ///   - epsilon: What is added to the variance.
  func folded(weight: String, bias: String?, norm: [String], epsilon: Double) -> (
    weight: TensorSource, bias: TensorSource
  ) {
    let (kernel, bias) = (self[weight], bias.map { self[$0] })
    let statistics = norm.prefix(4).map { self[$0] }
    @Sendable func scales() throws -> [Double] {
      zip(try statistics[0].numbers(), try statistics[3].numbers()).map { $0 / ($1 + epsilon).squareRoot() }
    }
    let foldedWeight = TensorSource(kernel.shape, dtype: .float32) {
      var tensor = try kernel.tensor()
      let scales = try scales()
      let perChannel = tensor.count / max(scales.count, 1)
      tensor.withUnsafeMutableBytes { bytes in
        let elements = bytes.bindMemory(to: Float.self)
        for index in elements.indices { elements[index] = Float(Double(elements[index]) * scales[index / perChannel]) }
      }
      return tensor
    }
    let foldedBias = TensorSource([kernel.shape[0]], dtype: .float32) {
      let scales = try scales()
      let offsets = try statistics[1].numbers()
      let means = try statistics[2].numbers()
      let own = try bias?.numbers() ?? Array(repeating: 0, count: scales.count)
      return Tensor(
        scales.indices.map { Float((own[$0] - means[$0]) * scales[$0] + offsets[$0]) }, shape: [scales.count])
    }
    return (foldedWeight, foldedBias)
  }
}

extension TensorSource {
  /// The same numbers in float32.
  fileprivate var asFloat32: TensorSource {
    guard dtype != .float32 else { return self }
    return TensorSource(shape, dtype: .float32) { [self] in
      guard let converted = try tensor().converted(to: .float32) else {
        throw ONNXError(.mismatch, "\(dtype.rawValue) does not become float32")
      }
      return converted.tensor
    }
  }

  /// All numbers of a float32 tensor.
  fileprivate func numbers() throws -> [Double] { try tensor().elements(as: Float.self).map(Double.init) }
}
