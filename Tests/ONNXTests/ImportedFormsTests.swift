import Fixtures
import Foundation
import Layers
import SwiftProtobuf
import Tensors
import Testing

@testable import ONNX

/// Forms that other programs and strangers write: what they mean, and which are refused.
@Suite struct ImportedFormsTests {
  private typealias Model = NodeModel

  /// [1, C, H, W] of numbers that differ.
  private static func images(_ shape: Shape) -> Tensor {
    Tensor((0..<shape.count).map { Float($0 * 37 % 101) / 50 - 1 }, shape: shape)
  }

  // MARK: - Numbers

  /// What is added to a variance twice counts twice.
  @Test func epsilonsAreSummed() throws {
    let nodes = [
      Model.node("ReduceMean", ["input"], "m", [.ints("axes", [-1])]), Model.node("Sub", ["input", "m"], "c"),
      Model.node("Mul", ["c", "c"], "q"), Model.node("ReduceMean", ["q"], "v", [.ints("axes", [-1])]),
      Model.node("Add", ["v", "e"], "v1"), Model.node("Add", ["v1", "e"], "v2"), Model.node("Sqrt", ["v2"], "s"),
      Model.node("Div", ["c", "s"], "d"), Model.node("Mul", ["d", "w"], "d1"), Model.node("Add", ["d1", "w"], "d2"),
    ]
    let imported = try Model(
      nodes + [Model.node("Flatten", ["d2"], "result")],
      [Model.tensor("e", [], [0.125]), Model.tensor("w", [4], [1, 2, 3, 4])]
    ).imported()
    #expect(imported.graph.nodes[0].operation == .layerNorm(features: 4, epsilon: 0.25))
  }

  /// Seven halves, twice, are seven: a quotient of floating-point numbers is rounded where the model says it.
  @Test func quotientsAreRoundedWhereTheModelSaysSo() throws {
    func model(_ between: [ONNXNode], _ quotient: String) -> Model {
      Model(
        input: [1, 7, 7],
        [
          Model.node("Shape", ["input"], "s"), Model.node("Gather", ["s", "two"], "g"),
          Model.node("Cast", ["g"], "f", [.int("to", 1)]), Model.node("Cast", ["two"], "t", [.int("to", 1)]),
          Model.node("Div", ["f", "t"], "d"),
        ] + between + [
          Model.node("Mul", [quotient, "t"], "e"), Model.node("Cast", ["e"], "k", [.int("to", 7)]),
          Model.node("Slice", ["input", "zero", "k", "two"], "o"), Model.node("Flatten", ["o"], "result"),
        ], [Model.vector("two", [2]), Model.vector("zero", [0])])
    }
    #expect(model([], "d").refusal.contains("Mul 'e'"))
    #expect(try model([Model.node("Floor", ["d"], "r")], "r").imported().classes == 42)
    let cast = [
      Model.node("Cast", ["d"], "w", [.int("to", 7)]), Model.node("Cast", ["w"], "r", [.int("to", 1)]),
    ]
    #expect(try model(cast, "r").imported().classes == 42)
  }

  /// They stay floating-point numbers when they are picked out and put together.
  @Test func numbersStayFloatingPointOnes() throws {
    for kind in ["Gather", "Slice", "Squeeze", "Reshape", "Concat"] {
      var nodes = [
        Model.node("Shape", ["input"], "s"), Model.node("Cast", ["s"], "f", [.int("to", 1)]),
        Model.node("Slice", ["f", "two", "three", "zero"], "rows"), Model.node("Gather", ["f", "one"], "c"),
      ]
      switch kind {
      case "Gather": nodes.append(Model.node("Gather", ["f", "two"], "r"))
      case "Slice": nodes.append(Model.node("Slice", ["rows", "zero", "one", "zero"], "r"))
      case "Squeeze": nodes += [Model.node("Squeeze", ["rows"], "n"), Model.node("Unsqueeze", ["n", "zero"], "r")]
      case "Reshape": nodes.append(Model.node("Reshape", ["rows", "one"], "r"))
      default: nodes.append(Model.node("Concat", ["rows"], "r", [.int("axis", 0)]))
      }
      nodes += [
        Model.node("Div", ["r", "c"], "d"), Model.node("Mul", ["d", "c"], "e"),
        Model.node("Cast", ["e"], "k", [.int("to", 7)]), Model.node("Slice", ["input", "zero", "k", "two"], "o"),
        Model.node("Flatten", ["o"], "result"),
      ]
      let model = Model(
        input: [3, 8, 8], nodes,
        [Model.vector("zero", [0]), Model.vector("one", [1]), Model.vector("two", [2]), Model.vector("three", [3])])
      #expect(model.refusal.contains("Mul 'e' takes numbers of a shape"), "\(kind): \(model.refusal)")
    }
  }

  /// Constants that were whole numbers scale images as others do.
  @Test func castConstantsScaleImages() throws {
    let imported = try Model(
      [
        Model.node("Cast", ["four"], "f", [.int("to", 1)]), Model.node("Div", ["input", "f"], "d"),
        Model.node("Relu", ["d"], "r"),
      ]
        + Model.means(of: "r", "result"), [Model.vector("four", [4])]
    ).imported()
    #expect(imported.graph.nodes[0].operation == .channelAffine(scale: [0.25, 0.25, 0.25], shift: [0, 0, 0]))
  }

  private func sliced(_ nodes: [ONNXNode], _ tensors: [ONNXTensorValue]) -> Model {
    Model(
      input: [1, 4, 4],
      nodes + [
        Model.node("Reshape", ["t", "all"], "v"), Model.node("Gather", ["v", "one"], "g"),
        Model.node("Slice", ["input", "zero", "g", "two"], "o"), Model.node("Flatten", ["o"], "result"),
      ],
      tensors + [
        Model.vector("all", [-1]), Model.vector("one", [1]), Model.vector("zero", [0]), Model.vector("two", [2]),
      ])
  }

  private func matrix(_ name: String, _ dims: [Int], _ numbers: [Int]) -> ONNXTensorValue {
    var tensor = Model.vector(name, numbers)
    tensor.dims = dims.map(Int64.init)
    return tensor
  }

  @Test(arguments: [([0, 1], 16), ([1, 0], 8), ([], 8)])
  func matricesOfNumbersAreTurnedAsTheirOrderSays(order: [Int], classes: Int) throws {
    let attributes: [ONNXAttribute] = order.isEmpty ? [] : [.ints("perm", order)]
    let model = sliced([Model.node("Transpose", ["m"], "t", attributes)], [matrix("m", [2, 2], [1, 4, 2, 3])])
    #expect(try model.imported().classes == classes)
  }

  @Test func numbersOfOtherExtentsAreNotAdded() throws {
    let sum = [Model.node("Add", ["p", "q"], "t")]
    let crossed = sliced(sum, [matrix("p", [2, 1], [1, 2]), matrix("q", [1, 2], [0, 2])])
    #expect(crossed.refusal.contains("computes with numbers [2, 1] and [1, 2]"), "\(crossed.refusal)")
    #expect(try sliced(sum, [matrix("p", [2], [1, 2]), matrix("q", [1, 2], [0, 1])]).imported().classes == 12)
  }

  /// ½·x·(1 + erf) is a GELU; x·erf times anything is none.
  @Test func erfWithoutItsOneIsNoGELU() {
    let model = Model(
      [
        Model.node("Mul", ["input", "r"], "a"), Model.node("Erf", ["a"], "e"), Model.node("Mul", ["e", "k"], "p"),
        Model.node("Mul", ["input", "p"], "m"), Model.node("Mul", ["m", "b"], "o"),
      ] + Model.means(of: "o", "result"),
      [Model.tensor("r", [], [Float(0.5).squareRoot()]), Model.tensor("k", [], [1e-6]), Model.tensor("b", [], [1e6])])
    #expect(model.refusal.contains("Erf that is no part of a GELU"), "\(model.refusal)")
  }

  // MARK: - What would be misread

  @Test func attributesOfOtherTypesAreRefused() {
    var untyped = ONNXAttribute.ints("strides", [2, 2])
    untyped.type = .undefined
    let floats = ONNXAttribute.with {
      $0.name = "strides"
      $0.type = .floats
      $0.floats = [2, 2]
    }
    for attribute in [untyped, floats] {
      let model = Model(
        [Model.node("Conv", ["input", "w"], "c", [attribute])] + Model.means(of: "c", "result"),
        [Model.tensor("w", [2, 3, 1, 1], [1, 2, 3, 4, 5, 6])])
      #expect(model.refusal.contains("attribute 'strides' that is not whole numbers"), "\(model.refusal)")
    }
  }

  @Test(arguments: [false, true]) func dropoutsThatDropAreRefused(drops: Bool) {
    let mode = ONNXTensorValue.with {
      $0.name = "mode"
      $0.dataType = 9
      $0.rawData = Data([drops ? 1 : 0])
    }
    let model = Model(
      [Model.node("Dropout", ["input", "half", "mode"], "d")] + Model.means(of: "d", "result"),
      [Model.tensor("half", [], [0.5]), mode])
    #expect(drops ? model.refusal.contains("is in training mode") : model.refusal.isEmpty, "\(model.refusal)")
  }

  // MARK: - Without bound

  /// Tensors of no elements may have any extents.
  @Test(.timeLimit(.minutes(1)), arguments: [[1 << 40, 0], [0, 1 << 40]])
  func emptyTensorsOfHugeExtents(dims: [Int]) {
    for node in [
      Model.node("Transpose", ["k"], "t"), Model.node("Slice", ["k", "zero", "end", "zero"], "t"),
      Model.node("Reshape", ["k", "wide"], "t"),
    ] {
      let model = sliced(
        [node], [matrix("k", dims, []), Model.vector("end", [1 << 41]), Model.vector("wide", [1 << 40, 0])])
      #expect(!model.refusal.isEmpty)
    }
  }

  /// What a pool's input is made of is not walked anew for each pool.
  @Test(.timeLimit(.minutes(1))) func joinsOfJoinsAreReadOnce() throws {
    var nodes = [Model.node("Relu", ["input"], "v0")]
    for depth in 0..<6 {
      nodes.append(
        Model.node("Concat", Array(repeating: "v\(depth)", count: 12), "v\(depth + 1)", [.int("axis", 1)]))
    }
    let pool: [ONNXAttribute] = [.ints("kernel_shape", [3, 3]), .ints("pads", [2, 2, 0, 0])]
    nodes += (0..<20).map { Model.node("MaxPool", ["v6"], "p\($0)", pool) }
    nodes.append(Model.node("Concat", (0..<20).map { "p\($0)" }, "all", [.int("axis", 1)]))
    let imported = try Model(input: [1, 4, 4], nodes + Model.means(of: "all", "result")).imported()
    #expect(imported.classes == 20 * 2_985_984)
  }

  // MARK: - Ends

  /// The first result is what counts: what others need may be anything.
  @Test func otherResultsMayBeAnything() throws {
    var model = Model(Model.means(of: "input", "result") + [Model.node("Softmax", ["result"], "shares")])
    model.model.graph.node.append(Model.node("Loop", ["shares"], "looped"))
    model.model.graph.output = [
      ONNXValueInfo("result", batch: .dynamic, [3]), ONNXValueInfo("looped", batch: .dynamic, [3]),
    ]
    let imported = try model.imported()
    #expect(imported.classes == 3 && imported.notes.contains { $0.contains("2 results the first is taken, 'result'") })
  }

  @Test(arguments: ["Identity", "Cast", "Flatten"]) func softmaxesBehindViewsAreLeftOut(kind: String) throws {
    let attributes: [ONNXAttribute] = kind == "Cast" ? [.int("to", 1)] : []
    let image = kind == "Flatten"
    let model = Model(
      Model.means(of: "input", "x") + [
        Model.node("Softmax", [image ? "x.pool" : "x"], "s", [.int("axis", 1)]),
        Model.node(kind, ["s"], "result", attributes),
      ])
    let imported = try model.imported()
    #expect(imported.classes == 3 && imported.notes.contains { $0.contains("the Softmax at the end is left out") })
    // In the middle it is none that can be left out.
    let middle = Model(
      Model.means(of: "input", "x") + [Model.node("Softmax", ["x"], "s"), Model.node("Relu", ["s"], "result")])
    #expect(middle.refusal.contains("Softmax (once"), "\(middle.refusal)")
  }

  @Test func resultsThatNothingGives() {
    var model = Model(Model.means(of: "input", "x"))
    model.model.graph.output = [ONNXValueInfo("nowhere", batch: .dynamic, [3])]
    #expect(model.refusal.contains("the result 'nowhere' is given by no node"), "\(model.refusal)")
    var mask = Model(
      [Model.node("Dropout", ["input"], "d"), Model.node("Relu", ["mask"], "r")] + Model.means(of: "r", "result"))
    mask.model.graph.node[0].output = ["d", "mask"]
    #expect(mask.refusal.contains("takes 'mask', a result that zoo does not have"), "\(mask.refusal)")
  }

  @Test func allOperatorsAreNamed() {
    let kinds = (0..<40).map { "Strange\($0)" }
    var value = "input"
    let nodes = kinds.map { kind in
      defer { value = kind }
      return Model.node(kind, [value], kind)
    }
    let refusal = Model(nodes).refusal
    for kind in kinds { #expect(refusal.contains("\(kind) (once"), "\(kind)") }
  }

  // MARK: - Keras

  /// A head of one output, whose bias [1] could be any number.
  @Test func headsOfOneOutput() throws {
    let imported = try Model(
      Model.means(of: "input", "x") + [
        Model.node("MatMul", ["x", "w"], "m"), Model.node("Add", ["m", "b"], "result"),
      ],
      [Model.tensor("w", [3, 1], [1, 2, 3]), Model.tensor("b", [1], [0.5])]
    ).imported()
    #expect(imported.graph.nodes.last?.operation == .linear(inFeatures: 3, outFeatures: 1, bias: true))
  }

  /// Images [N, H, W, C] that are scaled before they are turned.
  @Test func scaledImagesWithChannelsLast() throws {
    var model = Model(
      input: [4, 4, 3],
      [
        Model.node("Mul", ["input", "k"], "a"), Model.node("Add", ["a", "s"], "scaled"),
        Model.node("Sub", ["scaled", "each"], "b"),
        Model.node("Transpose", ["b"], "t", [.ints("perm", [0, 3, 1, 2])]), Model.node("Conv", ["t", "w"], "c"),
      ] + Model.means(of: "c", "result"),
      [
        Model.tensor("k", [], [0.25]), Model.tensor("s", [1], [-1]), Model.tensor("each", [3], [0.5, 0, -1]),
        Model.tensor("w", [2, 3, 1, 1], [1, 2, 3, -4, 5, 6]),
      ])
    let imported = try model.imported()
    #expect(imported.inputSize == 4 && imported.graph.inputChannels == 3)
    let images = Self.images([1, 3, 4, 4])
    let pixels = images.elements(as: Float.self)
    let shifts = [-1.5, -1, 0]
    let means: [Double] = (0..<3).map { channel in
      let sum = pixels[channel * 16..<(channel + 1) * 16].reduce(0, +)
      return Double(sum) / 64 + shifts[channel]
    }
    let first: Double = means[0] + 2 * means[1] + 3 * means[2]
    let second: Double = -4 * means[0] + 5 * means[1] + 6 * means[2]
    let expected = [first, second]
    for (found, wanted) in zip(try ImportTests.logits(imported, images), expected) {
      #expect(abs(found - wanted) < 1e-5)
    }
    // Without the turn, what is meant is said.
    model.model.graph.node.remove(at: 3)
    model.model.graph.node[3].input[0] = "b"
    model.model.graph.input = [ONNXValueInfo("input", batch: .dynamic, [8, 4, 3])]
    #expect(model.refusal.contains("where a Transpose follows"), "\(model.refusal)")
  }
}
