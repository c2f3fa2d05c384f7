import Checkpoint
import Layers
import OrderedCollections
import Tensors
import Testing

@testable import ONNX

/// Every layer gets the numbers that its node takes.
@Suite struct ImportedWeightsTests {
  private static func numbers(_ imported: ImportedNetwork, _ name: String) throws -> [Float] {
    try #require(imported.net[name]).tensor().elements(as: Float.self)
  }

  /// Layers that come to have one name, by their own names or by those of their weights, keep what is theirs.
  @Test(arguments: [
    ("block.w1", "block.w2", "/block/Conv", "/block/Conv_1", "block.weight"),
    ("a/weight", "a.weight", "/x/Conv", "/y/Conv", "a.weight"),
  ])
  func namesThatMeet(first: String, second: String, one: String, other: String, expected: String) throws {
    let numbers: [Float] = (0..<18).map { (index: Int) -> Float in Float(index) }
    let (own, others) = (Array(numbers.prefix(9)), Array(numbers.suffix(9)))
    let imported = try NodeModel(
      [
        NodeModel.node("Conv", ["input", first], "a", named: one),
        NodeModel.node("Conv", ["a", second], "b", named: other),
      ] + NodeModel.means(of: "b", "result"),
      [NodeModel.tensor(first, [3, 3, 1, 1], own), NodeModel.tensor(second, [3, 3, 1, 1], others)]
    ).imported()
    #expect(imported.net.keys.elements == [expected, "\(expected)_2"])
    #expect(try Self.numbers(imported, expected) == own)
    #expect(try Self.numbers(imported, "\(expected)_2") == others)
  }

  /// One matrix, used as it is and turned.
  @Test func aSharedMatrix() throws {
    let imported = try NodeModel(
      NodeModel.means(of: "input", "x") + [
        NodeModel.node("Gemm", ["x", "fc.weight"], "y", [.int("transB", 1)]),
        NodeModel.node("MatMul", ["y", "fc.weight"], "result"),
      ], [NodeModel.tensor("fc.weight", [3, 3], [0, 1, 2, 3, 4, 5, 6, 7, 8])]
    ).imported()
    #expect(imported.net.keys.elements == ["fc.weight", "fc.weight_2"])
    #expect(try Self.numbers(imported, "fc.weight") == [0, 1, 2, 3, 4, 5, 6, 7, 8])
    #expect(try Self.numbers(imported, "fc.weight_2") == [0, 3, 6, 1, 4, 7, 2, 5, 8])
  }

  /// The bias that is added behind a product goes to the product's own weights.
  @Test func biasesOfLayersWithOneName() throws {
    let imported = try NodeModel(
      NodeModel.means(of: "input", "x") + [
        NodeModel.node("MatMul", ["x", "w1"], "y", named: "/fc/MatMul"),
        NodeModel.node("MatMul", ["y", "w2"], "z", named: "/fc/MatMul_1"),
        NodeModel.node("Add", ["y", "b"], "u", named: "/fc/Add"),
        NodeModel.node("Add", ["z", "u"], "result", named: "/sum/Add"),
      ],
      [
        NodeModel.tensor("w1", [3, 3], [0, 1, 2, 3, 4, 5, 6, 7, 8]), NodeModel.tensor("b", [3], [1, 2, 3]),
        NodeModel.tensor("w2", [3, 3], [9, 9, 9, 9, 9, 9, 9, 9, 9]),
      ]
    ).imported()
    let node = try #require(imported.graph.nodes.first { $0.parameters.count == 2 })
    #expect(try Self.numbers(imported, node.parameters[0]) == [0, 3, 6, 1, 4, 7, 2, 5, 8])
    #expect(try Self.numbers(imported, node.parameters[1]) == [1, 2, 3])
  }

  /// A matrix whose extents a Reshape says.
  @Test(arguments: [[9], [1, 9], [3, 3], [9, 1]])
  func reshapedMatrices(dims: [Int]) throws {
    let elements: [Float] = [0, 1, 2, 3, 4, 5, 6, 7, 8]
    let turned: [Float] = [0, 3, 6, 1, 4, 7, 2, 5, 8]
    let tensors = [NodeModel.tensor("w", dims, elements), NodeModel.vector("shape", [3, 3])]
    let start = NodeModel.means(of: "input", "x") + [NodeModel.node("Reshape", ["w", "shape"], "m")]
    let product = try NodeModel(start + [NodeModel.node("MatMul", ["x", "m"], "result")], tensors).imported()
    #expect(try product.net.values.map { try $0.tensor().elements(as: Float.self) } == [turned])
    let gemm = try NodeModel(
      start + [NodeModel.node("Gemm", ["x", "m"], "result", [.int("transB", 1)])], tensors
    ).imported()
    #expect(try gemm.net.values.map { try $0.tensor().elements(as: Float.self) } == [elements])
    let twice = try NodeModel(
      start + [
        NodeModel.node("Transpose", ["m"], "t", [.ints("perm", [1, 0])]),
        NodeModel.node("MatMul", ["x", "t"], "result"),
      ], tensors
    ).imported()
    #expect(try twice.net.values.map { try $0.tensor().elements(as: Float.self) } == [elements])
  }

  /// The extents that are meant are those of the Reshape.
  @Test func reshapedMatricesThatAreNotSquare() throws {
    let imported = try NodeModel(
      NodeModel.means(of: "input", "x") + [
        NodeModel.node("Reshape", ["w", "shape"], "m"), NodeModel.node("MatMul", ["x", "m"], "result"),
      ],
      [
        NodeModel.tensor("w", [2, 3], [0, 1, 2, 3, 4, 5]), NodeModel.vector("shape", [3, 2]),
      ]
    ).imported()
    #expect(imported.classes == 2)
    #expect(try imported.net.values.map { try $0.tensor().elements(as: Float.self) } == [[0, 2, 4, 1, 3, 5]])
  }

  // MARK: - Refusals

  @Test func biasesOfOtherLengths() {
    let weight = NodeModel.tensor("w", [3, 3, 1, 1], [Float](repeating: 1, count: 9))
    let convolution = NodeModel(
      [NodeModel.node("Conv", ["input", "w", "b"], "a")] + NodeModel.means(of: "a", "result"),
      [weight, NodeModel.tensor("b", [2], [1, 2])])
    #expect(convolution.refusal.contains("has a bias [2] for 3 channels"), "\(convolution.refusal)")
    let norm = NodeModel(
      NodeModel.means(of: "input", "x") + [
        NodeModel.node("LayerNormalization", ["x", "w", "b"], "result", [.int("axis", -1)])
      ], [NodeModel.tensor("w", [3], [1, 1, 1]), NodeModel.tensor("b", [4], [0, 0, 0, 0])])
    #expect(norm.refusal.contains("a bias [4]"), "\(norm.refusal)")
    let added = NodeModel(
      NodeModel.means(of: "input", "x") + [
        NodeModel.node("Gemm", ["x", "w", "b"], "result", [.int("transB", 1)])
      ], [NodeModel.tensor("w", [2, 3], [1, 2, 3, 4, 5, 6]), NodeModel.tensor("b", [2, 1], [0, 0])])
    #expect(added.refusal.contains("one number for each output"), "\(added.refusal)")
  }

  /// A tensor without elements may claim any extents.
  @Test(arguments: [[1, 1 << 62, 0, 1], [0, 3, 1, 1], [1, 1, 0, 1 << 62]])
  func weightsWithoutElements(dims: [Int]) {
    let model = NodeModel(
      [NodeModel.node("Conv", ["input", "w"], "a", [.int("group", 3), .string("auto_pad", "SAME_UPPER")])]
        + NodeModel.means(of: "a", "result"),
      [NodeModel.tensor("w", dims, [])])
    #expect(model.refusal.contains("of which extents are 0 or too large"), "\(model.refusal)")
  }
}
