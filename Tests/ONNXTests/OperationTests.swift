import Foundation
import Layers
import Tensors
import Testing

@testable import ONNX

/// Which operators stand for an operation. What they compute is tested against onnxruntime in Tests/interop.
@Suite struct OperationTests {
  /// The kinds of all nodes but those before and after a module.
  private static func kinds(_ module: some Module, opset: Int = 17, channels: Int = 4) throws -> [String] {
    try written(module, opset: opset, channels: channels).graph.node.map(\.opType)
  }

  private static func written(_ module: some Module, opset: Int = 17, channels: Int = 4) throws -> ONNXModel {
    var options = ExportOptions()
    options.opset = opset
    let graph = Graph(
      inputChannels: 3, Sequential(["first": Conv2d(3, channels, kernel: 1), "tested": module]))
    var model = try ExportTests.written(options, graph: graph, size: 6)
    model.graph.node.removeFirst()
    return model
  }

  @Test(arguments: [
    (Activation.relu, 13, ["Relu"]), (.relu6, 13, ["Clip"]), (.sigmoid, 13, ["Sigmoid"]), (.tanh, 13, ["Tanh"]),
    (.silu, 13, ["Sigmoid", "Mul"]), (.hardSigmoid, 13, ["HardSigmoid"]),
    (.hardSwish, 13, ["HardSigmoid", "Mul"]), (.hardSwish, 14, ["HardSwish"]),
    (.gelu, 19, ["Div", "Erf", "Add", "Mul", "Mul"]), (.gelu, 20, ["Gelu"]),
  ])
  func activations(function: Activation, opset: Int, expected: [String]) throws {
    #expect(try Self.kinds(function, opset: opset) == expected)
  }

  @Test func hardSigmoidIsPyTorchs() throws {
    let node = try #require(try Self.written(Activation.hardSigmoid).graph.node.first)
    let values = Dictionary(uniqueKeysWithValues: node.attribute.map { ($0.name, $0.f) })
    #expect(values == ["alpha": 1 / 6, "beta": 0.5])
  }

  @Test(arguments: [
    (16, ["ReduceMean", "Sub", "Mul", "ReduceMean", "Add", "Sqrt", "Div", "Mul", "Add"]), (17, ["LayerNormalization"]),
  ])
  func layerNorms(opset: Int, expected: [String]) throws {
    let module = Sequential([
      "there": Permute.channelsLast, "norm": LayerNorm(4), "back": Permute.channelsFirst,
    ])
    #expect(try Self.kinds(module, opset: opset) == ["Transpose"] + expected + ["Transpose"])
  }

  /// A product with a matrix of more than one row for each image.
  @Test func linearLayersOverImages() throws {
    let module = Sequential(["there": Permute.channelsLast, "linear": Linear(4, 5)])
    #expect(try Self.kinds(module) == ["Transpose", "Transpose", "MatMul", "Add"])
  }

  @Test func axesCountTheBatch() throws {
    let model = try Self.written(Sequential([Permute.channelsLast, NarrowChannels(from: 1, count: 2)]))
    #expect(model.graph.node.first?.attribute.first?.ints == [0, 2, 3, 1])
    let numbers = try Self.integers(model)
    #expect(numbers["tested.1.axes"] == [1] && numbers["tested.1.starts"] == [1] && numbers["tested.1.ends"] == [3])
  }

  @Test func channels() throws {
    let shuffled = try Self.written(ChannelShuffle(groups: 2))
    #expect(shuffled.graph.node.map(\.opType) == ["Reshape", "Transpose", "Reshape"])
    #expect(try Self.integers(shuffled) == ["tested.groups": [0, 2, 2, 6, 6], "tested.channels": [0, 4, 6, 6]])
    let padded = try Self.written(PadChannels(before: 1, after: 2))
    #expect(padded.graph.node.map(\.opType) == ["Pad"])
    #expect(try Self.integers(padded) == ["tested.pads": [0, 1, 0, 0, 0, 2, 0, 0]])
    #expect(try Self.kinds(ChannelAffine(scale: [1, 2, 3, 4], shift: [4, 3, 2, 1])) == ["Mul", "Add"])
  }

  /// What only training needs is not there.
  @Test func stochasticDepthIsNothing() throws {
    let module = Residual(Sequential(["relu": ReLU(), "depth": StochasticDepth(0.5)]), rectified: false)
    #expect(try Self.kinds(module) == ["Relu", "Add"])
  }

  private static func integers(_ model: ONNXModel) throws -> [String: [Int64]] {
    var found: [String: [Int64]] = [:]
    for tensor in model.graph.initializer where tensor.dataType == 7 {
      found[tensor.name] = tensor.rawData.withUnsafeBytes { bytes in
        stride(from: 0, to: bytes.count, by: 8).map { bytes.loadUnaligned(fromByteOffset: $0, as: Int64.self) }
      }
    }
    return found
  }
}
