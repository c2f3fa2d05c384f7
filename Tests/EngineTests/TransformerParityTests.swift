import Engine
import Foundation
import Layers
import Tensors
import Testing
import Zoo

/// One transformer of each family as a whole against real torchvision in float64, with the same parameters; recorded by
/// `Goldens/transformers.py`, which says by what rule they are made.
@Suite(.serialized) struct TransformerParityTests {
  struct Recorded: Decodable {
    let size: Int
    let batch: Int
    let logits: [Double]
    let loss: Double
    let norms: [String: Double]
  }

  static let names = ["maxvit_t", "swin_t", "swin_v2_t", "vit_b_32"]

  /// Logits within 1e-4 of the largest; the loss of a step within 1e-5 of it; the norm of a sample of each parameter's gradient
  /// within 1e-3 of it. What cancels in exact arithmetic, as a bias before batch normalisation does, is held to 5e-6 of the
  /// largest norm.
  @Test(arguments: names)
  func wholeModels(name: String) throws {
    let file = Bundle.module.bundleURL.appending(path: "Goldens/transformers.json")
    let all = try JSONDecoder().decode([String: Recorded].self, from: Data(contentsOf: file))
    let golden = try #require(all[name])
    let model = try Registry.model(named: name).build(ModelArguments(numClasses: 10))
    let network = try Network(
      Graph(inputChannels: 3, WithoutChance(graph: model)), options: ExecutionOptions(threads: 2, allowsWinograd: false)
    )
    let numbers = Numbers()
    try network.load(numbers.state(of: model))
    let images = numbers.filled("images", [golden.batch, 3, golden.size, golden.size])

    let inference = try network.inferenceProgram(batchSize: golden.batch, inputSize: Pair(golden.size))
    let logits = try inference.logits(images: images).elements(as: Float.self)
    let largest = golden.logits.map(abs).max() ?? 0
    try #require(logits.count == golden.logits.count && largest > 0.1)
    for (found, expected) in zip(logits, golden.logits) { #expect(abs(Double(found) - expected) <= 1e-4 * largest) }

    let labels = (0..<golden.batch).map { Int32(3 * $0 % 10) }
    let training = try network.trainingProgram(batchSize: golden.batch, inputSize: Pair(golden.size))
    let (result, gradients) = try training.gradients(images: images, labels: labels, step: 0)
    #expect(abs(result.loss - golden.loss) <= 1e-5 * golden.loss, "\(result.loss) \(golden.loss)")
    #expect(Set(gradients.names) == Set(golden.norms.keys))
    let longest = golden.norms.values.max() ?? 0
    for (parameter, expected) in golden.norms {
      let found = Numbers.norm(try #require(gradients[parameter]))
      #expect(abs(found - expected) <= max(1e-3 * expected, 5e-6 * longest), "\(parameter) \(found) \(expected)")
    }
  }
}

/// The numbers of `transformers.py`.
private struct Numbers {
  /// In [−1, 1).
  private let block: [Double] = (0..<UInt32(4099)).map { place in
    var x = place &* 0x9E37_79B9
    x = (x ^ x >> 16) &* 0x85EB_CA6B
    x = (x ^ x >> 13) &* 0xC2B2_AE35
    return Double((x ^ x >> 16) >> 8) / 0x1p23 - 1
  }

  /// Parameters, and buffers as they start where these are more than statistics.
  func state(of graph: Graph) -> StateDict {
    var state = StateDict()
    for parameter in graph.parameters {
      if case .values(let values) = parameter.initializer {
        state[parameter.name] =
          parameter.dtype == .int64
          ? Tensor(values.map { Int64($0) }, shape: parameter.shape)
          : Tensor(values.map { Float($0) }, shape: parameter.shape)
      } else if parameter.dtype == .int64 {
        state[parameter.name] = Tensor(zeros: parameter.shape, dtype: .int64)
      } else {
        state[parameter.name] = filled(parameter.name, parameter.shape)
      }
    }
    return state
  }

  func filled(_ name: String, _ shape: Shape) -> Tensor {
    let (scale, offset) = scaleAndOffset(name, shape)
    let start = name.utf8.enumerated().reduce(0) { $0 + Int($1.element) * ($1.offset + 1) } % block.count
    let turned = (block[start...] + block[..<start]).map { Float($0 * scale + offset) }
    return Tensor(shape, dtype: .float32) { bytes in
      turned.withUnsafeBytes { source in
        for start in stride(from: 0, to: bytes.count, by: source.count) {
          let count = min(source.count, bytes.count - start)
          UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + count])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
        }
      }
    }
  }

  private func scaleAndOffset(_ name: String, _ shape: Shape) -> (Double, Double) {
    if name == "images" { return (1.7, 0) }
    if name.hasSuffix("logit_scale") { return (0.5, 2) }
    if ["class_token", "pos_embedding", "relative_position_bias_table"].contains(where: name.hasSuffix) {
      return (0.5, 0)
    }
    if shape.rank == 1 {
      return name.hasSuffix("weight") || name.hasSuffix("running_var") ? (0.2, 1) : (0.1, 0)
    }
    return ((3 / Double(shape.dimensions.dropFirst().reduce(1, *))).squareRoot(), 0)
  }

  /// The Euclidean norm of a sample of some thousand elements.
  static func norm(_ tensor: Tensor) -> Double {
    tensor.withUnsafeBytes { bytes in
      let elements = bytes.bindMemory(to: Float.self)
      var sum = 0.0
      for index in stride(from: 0, to: elements.count, by: max(1, elements.count / 4096)) {
        sum += Double(elements[index]) * Double(elements[index])
      }
      return sum.squareRoot()
    }
  }
}

/// A network without dropout and stochastic depth, of which every program draws its own.
private struct WithoutChance: Module {
  let graph: Graph

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let declared = builder.declare(graph.parameters)
    var values = [input]
    for node in graph.nodes {
      let inputs = node.inputs.map { values[$0.index] }
      switch node.operation {
      case .dropout, .stochasticDepth: values.append(inputs[0])
      default:
        let parameters = node.parameters.map { declared[$0] }
        values.append(builder.add(node.operation, at: path.child(node.name), inputs: inputs, declared: parameters))
      }
    }
    return values[graph.output.index]
  }
}
