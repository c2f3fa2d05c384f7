import Foundation
import Layers
import Tensors
import Testing

/// What real torchvision computed for one small model of each family; written by `Goldens/models.py`.
struct ModelGolden: Decodable {
  /// The side of the images in pixels, and their number.
  let size: Int
  let batch: Int
  /// What the gains of normalisation are multiplied by.
  let gain: Double
  /// [batch, 10] in evaluation mode.
  let logits: [Double]
  /// The loss in training mode, with those of auxiliary heads.
  let loss: Double
  /// The Euclidean norm of each parameter's gradient.
  let gradientNorms: [String: Double]

  /// The classes of all models here.
  static let classes = 10

  static let all: [String: ModelGolden] = {
    let file = Bundle.module.bundleURL.appending(path: "Goldens/models.json")
    guard let data = try? Data(contentsOf: file) else { return [:] }
    return (try? JSONDecoder().decode([String: ModelGolden].self, from: data)) ?? [:]
  }()

  static let names = all.keys.sorted()

  var labels: [Int32] { (0..<batch).map { Int32(3 * $0 % Self.classes) } }

  var images: Tensor { filled("images", [batch, 3, size, size]) }

  /// The parameters and buffers of a network, by the rule of `models.py`.
  func state(of graph: Graph) -> StateDict {
    var state = StateDict()
    for parameter in graph.parameters {
      state[parameter.name] =
        parameter.dtype == .float32
        ? filled(parameter.name, parameter.shape) : Tensor(zeros: parameter.shape, dtype: parameter.dtype)
    }
    return state
  }

  /// A tensor whose elements repeat the block of its name, scaled by what it is.
  private func filled(_ name: String, _ shape: Shape) -> Tensor {
    let scale: (Double) -> Double
    if name.hasSuffix("bias") || name.hasSuffix("running_mean") {
      scale = { 0.1 * $0 }
    } else if name == "images" {
      let factor = 3.0.squareRoot()
      scale = { factor * $0 }
    } else if name.hasSuffix("running_var") || shape.dimensions.count(where: { $0 > 1 }) <= 1 {
      let factor = name.hasSuffix("running_var") ? 1 : gain
      scale = { factor * (1 + 0.2 * $0) }
    } else {
      let factor = (6 / Double(shape.dimensions.dropFirst().reduce(1, *))).squareRoot()
      scale = { factor * $0 }
    }
    let block = Self.block(name).map { Float(scale($0)) }
    return Tensor(shape, dtype: .float32) { bytes in
      block.withUnsafeBytes { source in
        for start in stride(from: 0, to: bytes.count, by: source.count) {
          let count = min(source.count, bytes.count - start)
          UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + count])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[0..<count]))
        }
      }
    }
  }

  /// Numbers in [−1, 1): a hash of a name and a place, whose top 24 bits count.
  private static func block(_ name: String) -> [Double] {
    var state: UInt32 = 0x811C_9DC5
    for byte in name.utf8 { state = (state ^ UInt32(byte)) &* 0x0100_0193 }
    return (0..<UInt32(4099)).map { place in
      var x = state &+ place &* 0x9E37_79B9
      x = (x ^ x >> 16) &* 0x85EB_CA6B
      x = (x ^ x >> 13) &* 0xC2B2_AE35
      return Double((x ^ x >> 16) >> 8) / 0x1p23 - 1
    }
  }
}

/// A network without dropout and stochastic depth, whose masks no other program draws.
struct Deterministic: Module {
  let graph: Graph

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let declared = builder.declare(graph.parameters)
    var values = [input]
    for node in graph.nodes {
      let inputs = node.inputs.map { values[$0.index] }
      switch node.operation {
      case .dropout, .stochasticDepth: values.append(inputs[0])
      default:
        let at = node.name.split(separator: ".").reduce(path) { $0.child(String($1)) }
        values.append(
          builder.add(node.operation, at: at, inputs: inputs, declared: node.parameters.map { declared[$0] }))
      }
    }
    for auxiliary in graph.auxiliaries {
      builder.addAuxiliary(values[auxiliary.value.index], lossWeight: auxiliary.lossWeight)
    }
    return values[graph.output.index]
  }
}
