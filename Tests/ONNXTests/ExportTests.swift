import Checkpoint
import Fixtures
import Foundation
import Layers
import OrderedCollections
import SwiftProtobuf
import Tensors
import Testing
import Zoo

@testable import ONNX

/// What exported files hold, read back by the generated messages. What they compute is tested against onnxruntime in
/// Tests/interop.
@Suite struct ExportTests {
  /// A small network with everything that folding and naming must get right.
  static let graph = Graph(
    inputChannels: 3,
    Sequential([
      "conv": Conv2d(3, 8, kernel: 3, stride: 2, padding: 1, bias: false), "bn": BatchNorm2d(8), "relu": ReLU(),
      "block": Residual(Sequential(["conv": Conv2d(8, 8, kernel: 3, padding: 1), "bn": BatchNorm2d(8)])),
      "pool": MaxPool2d(3, stride: 2, ceilMode: true), "drop": Dropout(), "flat": Flatten(),
      "fc": Linear(8 * 4 * 4, 5),
    ]))

  static func weights(_ graph: Graph) -> [String: TensorSource] {
    let state = graph.initialState(seed: 7)
    return Dictionary(
      uniqueKeysWithValues: state.map { name, tensor in
        guard name.hasSuffix("running_var") || name.hasSuffix("running_mean") else {
          return (name, TensorSource(tensor))
        }
        let numbers = (0..<tensor.count).map { 0.5 + Float($0) / 10 }
        return (name, TensorSource(Tensor(numbers, shape: tensor.shape)))
      })
  }

  /// A file as messages.
  static func written(_ options: ExportOptions = ExportOptions(), graph: Graph = graph, size: Int = 16) throws
    -> ONNXModel
  {
    let folder = try TemporaryFolder()
    let export = try Export(
      graph, name: "tiny", input: [3, size, size], weights: weights(graph), properties: [("model", "tiny")],
      options: options)
    #expect(try export.write(to: folder.path("tiny.onnx")) == ["tiny.onnx"])
    return try ONNXModel(serializedBytes: PublishedFile.read(folder.path("tiny.onnx"), atMost: 10 << 20))
  }

  @Test func nodesAndNames() throws {
    let model = try Self.written()
    #expect(
      model.graph.node.map(\.opType) == [
        "Conv", "BatchNormalization", "Relu", "Conv", "BatchNormalization", "Add", "Relu", "MaxPool", "Flatten", "Gemm",
      ])
    // The state dict's, in its order, without counts of batches.
    let expected = Self.graph.parameters.map(\.name).filter { !$0.hasSuffix("num_batches_tracked") }
    #expect(model.graph.initializer.map(\.name) == expected)
    #expect(model.graph.input.map(\.name) == ["input"] && model.graph.output.map(\.name) == ["logits"])
    #expect(model.metadataProps.map { [$0.key, $0.value] } == [["model", "tiny"]])
    // Every name is given once, before it is used.
    var known = Set(expected + ["input"])
    for node in model.graph.node {
      #expect(node.input.allSatisfy(known.contains), "\(node.name)")
      for output in node.output { #expect(known.insert(output).inserted, "\(output)") }
    }
    #expect(known.contains("logits"))
  }

  @Test func weightsAreTheSameBytes() throws {
    let model = try Self.written()
    for tensor in model.graph.initializer {
      let source = try #require(Self.weights(Self.graph)[tensor.name])
      #expect(tensor.dims.map(Int.init) == source.shape.dimensions && tensor.dataType == 1)
      try source.tensor().withUnsafeBytes { #expect(Array(tensor.rawData) == Array($0)) }
    }
  }

  @Test(arguments: [(ExportOptions.Batch.fixed(4), Int64(4), ""), (.dynamic, 0, "batch")])
  func batches(batch: ExportOptions.Batch, value: Int64, name: String) throws {
    var options = ExportOptions()
    options.batch = batch
    let model = try Self.written(options)
    for (end, rest) in [(model.graph.input[0], [Int64(3), 16, 16]), (model.graph.output[0], [5])] {
      let dimensions = end.type.tensorType.shape.dim
      #expect(dimensions[0].dimValue == value && dimensions[0].dimParam == name)
      #expect(dimensions.dropFirst().map(\.dimValue) == rest)
    }
  }

  @Test(arguments: [(13, 7), (15, 8), (17, 8), (20, 9), (22, 10)])
  func opsets(opset: Int, irVersion: Int64) throws {
    var options = ExportOptions()
    options.opset = opset
    let model = try Self.written(options)
    #expect(model.opsetImport.map(\.version) == [Int64(opset)] && model.irVersion == irVersion)
  }

  @Test func foldingLeavesNoNormalization() throws {
    var options = ExportOptions()
    options.foldsBatchNorm = true
    let model = try Self.written(options)
    #expect(
      model.graph.node.map(\.opType) == ["Conv", "Relu", "Conv", "Add", "Relu", "MaxPool", "Flatten", "Gemm"])
    let names = Set(model.graph.initializer.map(\.name))
    #expect(names == ["conv.weight", "conv.bias", "block.conv.weight", "block.conv.bias", "fc.weight", "fc.bias"])
    // (b − μ)·γ/√(σ² + ε) + β with γ = 1, β = 0, b = 0.
    let bias = try #require(model.graph.initializer.first { $0.name == "conv.bias" })
    let numbers = bias.rawData.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map { bytes.loadUnaligned(fromByteOffset: $0, as: Float.self) }
    }
    for (channel, number) in numbers.enumerated() {
      let statistic = 0.5 + Double(channel) / 10
      #expect(abs(Double(number) + statistic / (statistic + 1e-5).squareRoot()) < 1e-6)
    }
  }

  /// A convolution whose result somebody else uses keeps its numbers.
  @Test func sharedConvolutionsAreNotFolded() throws {
    let graph = Graph(
      inputChannels: 3,
      Sequential([
        "conv": Conv2d(3, 3, kernel: 1),
        "join": Concat(["same": Sequential([]), "norm": BatchNorm2d(3)]), "flat": Flatten(),
      ]))
    var options = ExportOptions()
    options.foldsBatchNorm = true
    let model = try Self.written(options, graph: graph)
    #expect(model.graph.node.map(\.opType) == ["Conv", "BatchNormalization", "Concat", "Flatten"])
  }

  @Test func softmaxAndNames() throws {
    var options = ExportOptions()
    options.endsInSoftmax = true
    #expect(try Self.written(options).graph.output[0].name == "probabilities")
    options.inputName = "images"
    options.outputName = "conv"
    let graph = try Self.written(options).graph
    #expect(graph.node.last?.opType == "Softmax" && graph.node.last?.output == ["conv"])
    #expect(graph.node.first?.input.first == "images" && graph.node.first?.output != ["conv"])
  }

  @Test(arguments: [12, 23, 0, -1, 99])
  func otherOpsetsAreRefused(opset: Int) throws {
    var options = ExportOptions()
    options.opset = opset
    let error = try #require(throws: ONNXError.self) { try Self.written(options) }
    #expect(error.code == .option && error.message.contains("13 to 22"))
  }

  @Test func weightsThatAreMissingAreAllNamed() throws {
    var weights = Self.weights(Self.graph)
    weights["conv.weight"] = nil
    weights["fc.bias"] = TensorSource(Tensor(zeros: [6]))
    weights["bn.weight"] = TensorSource(Tensor(zeros: [8], dtype: .int64))
    let error = try #require(throws: ONNXError.self) {
      try Export(Self.graph, name: "tiny", input: [3, 16, 16], weights: weights)
    }
    #expect(
      error.code == .mismatch && error.message.contains("'conv.weight' is missing")
        && error.message.contains("'fc.bias' is [6], expected [5]") && error.message.contains("'bn.weight' holds int64")
    )
  }

  /// The indices of relative positions are used as the weights are; counts of batches are not.
  @Test func indicesThatAreMissingAreNamed() throws {
    let graph = Graph(
      inputChannels: 3,
      Sequential([
        "conv": Conv2d(3, 4, kernel: 1), "there": Permute.channelsLast,
        "attention": WindowAttention(4, heads: 2, window: 2), "back": Permute.channelsFirst, "bn": BatchNorm2d(4),
      ]))
    let index = try #require(graph.parameters.first { $0.name.hasSuffix("relative_position_index") })
    func export(_ change: (inout [String: TensorSource]) -> Void) throws -> Export {
      var weights = Self.weights(graph)
      change(&weights)
      return try Export(graph, name: "tiny", input: [3, 4, 4], weights: weights)
    }
    let missing = try #require(throws: ONNXError.self) { try export { $0[index.name] = nil } }
    #expect(missing.code == .mismatch && missing.message.contains("'\(index.name)' is missing"))
    let others = try #require(throws: ONNXError.self) {
      try export { $0[index.name] = TensorSource(Tensor(zeros: index.shape, dtype: .int32)) }
    }
    #expect(others.code == .mismatch && others.message.contains("'\(index.name)' holds int32, expected int64"))
    let taken = try export { $0["bn.num_batches_tracked"] = nil }
    #expect(taken.nodeCount > 0)
  }

  /// An input or output may not be called as a weight is.
  @Test(arguments: ["conv.weight", "fc.bias", "bn.num_batches_tracked"])
  func namesOfWeightsAreRefused(name: String) throws {
    for isInput in [true, false] {
      var options = ExportOptions()
      if isInput { options.inputName = name } else { options.outputName = name }
      let error = try #require(throws: ONNXError.self) { try Self.written(options) }
      #expect(error.code == .option && error.message.contains("'\(name)' is a weight"))
    }
  }

  /// The bias that folding makes gives way to the input's name.
  @Test func foldedBiasesHaveNamesOfTheirOwn() throws {
    var options = ExportOptions()
    options.foldsBatchNorm = true
    options.inputName = "conv.bias"
    let graph = try Self.written(options).graph
    #expect(graph.input.map(\.name) == ["conv.bias"])
    #expect(graph.node.first?.input == ["conv.bias", "conv.weight", "conv.bias_2"])
    let names = graph.initializer.map(\.name)
    #expect(names.contains("conv.bias_2") && !names.contains("conv.bias"))
  }

  @Test func evenNormalizationOverChannelsIsRefused() throws {
    let graph = Graph(inputChannels: 3, Sequential(["norm": LocalResponseNorm(4), "flat": Flatten()]))
    let error = try #require(throws: ONNXError.self) { try Self.written(graph: graph) }
    #expect(error.place == "norm" && error.code == .unsupported)
  }

  @Test func halvesBecomeFloats() throws {
    var weights = Self.weights(Self.graph)
    let exact = Tensor((0..<5).map { Float($0) / 4 }, shape: [5])
    weights["fc.bias"] = TensorSource(try #require(exact.converted(to: .bfloat16)).tensor)
    let folder = try TemporaryFolder()
    try Export(Self.graph, name: "tiny", input: [3, 16, 16], weights: weights).write(to: folder.path("a.onnx"))
    let model = try ONNXModel(serializedBytes: PublishedFile.read(folder.path("a.onnx"), atMost: 10 << 20))
    let bias = try #require(model.graph.initializer.first { $0.name == "fc.bias" })
    exact.withUnsafeBytes { #expect(Array(bias.rawData) == Array($0)) }
  }

  /// A node that needs nothing of the input still has a result of the right name.
  @Test func anEmptyNetworkIsAnIdentity() throws {
    let graph = try Self.written(graph: Graph(inputChannels: 3, Dropout())).graph
    #expect(graph.node.map(\.opType) == ["Identity"] && graph.node.first?.output == ["logits"])
  }
}
