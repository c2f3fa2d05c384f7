import Layers
import SwiftProtobuf
import Tensors
import Testing

@testable import ONNX

/// What nodes do to values of the network and to numbers of shapes, and what is refused.
@Suite struct ImportedValuesTests {
  /// A pool that rounds up and pads the ends alone has a window that begins at the last row.
  @Test func poolsOfPaddedEndsRoundUp() throws {
    let pool: [ONNXAttribute] = [
      .ints("kernel_shape", [3, 3]), .ints("strides", [2, 2]), .ints("pads", [0, 0, 1, 1]), .int("ceil_mode", 1),
    ]
    let imported = try NodeModel(
      input: [1, 7, 7],
      [
        NodeModel.node("Relu", ["input"], "r"), NodeModel.node("MaxPool", ["r"], "p", pool),
        NodeModel.node("Flatten", ["p"], "result"),
      ]
    ).imported()
    #expect(imported.classes == 16)
    let pixels: [Float] = (0..<49).map { (index: Int) -> Float in Float(index * 37 % 101) / 50 - 1 }
    let found = try ImportTests.logits(imported, Tensor(pixels, shape: [1, 1, 7, 7]))
    var expected: [Double] = []
    for row in stride(from: 0, to: 7, by: 2) {
      for column in stride(from: 0, to: 7, by: 2) {
        var largest: Float = 0
        for y in row..<min(row + 3, 7) {
          for x in column..<min(column + 3, 7) { largest = max(largest, pixels[y * 7 + x]) }
        }
        expected.append(Double(largest))
      }
    }
    #expect(found == expected)
  }

  // MARK: - Types

  @Test(arguments: [(1, true), (10, true), (11, true), (16, true), (6, false), (7, false), (9, false), (3, false)])
  func castsOfValues(type: Int, isTaken: Bool) {
    let model = NodeModel(
      NodeModel.means(of: "input", "x") + [NodeModel.node("Cast", ["x"], "result", [.int("to", type)])])
    #expect(isTaken ? model.refusal.isEmpty : model.refusal.contains("numbers of type \(type)"), "\(model.refusal)")
  }

  /// A constant becomes whole numbers as ONNX says, by leaving out what is behind the point.
  @Test func castsOfConstantsCutOff() throws {
    let nodes = [
      NodeModel.node("GlobalAveragePool", ["input"], "p"), NodeModel.node("Cast", ["f"], "n", [.int("to", 7)]),
      NodeModel.node("Reshape", ["p", "n"], "result"),
    ]
    let model = NodeModel(nodes, [NodeModel.tensor("f", [2], [0.9, 3.7])])
    #expect(try model.imported().classes == 3)
    let large = NodeModel(nodes, [NodeModel.tensor("f", [2], [0, 1e30])])
    #expect(large.refusal.contains("makes whole numbers of the tensor 'f'"), "\(large.refusal)")
  }

  @Test func castsToTruthValues() {
    let model = NodeModel(
      [NodeModel.node("Cast", ["n"], "c", [.int("to", 9)])] + NodeModel.means(of: "input", "x")
        + [NodeModel.node("Reshape", ["x", "c"], "result")],
      [NodeModel.vector("n", [5])])
    #expect(model.refusal.contains("numbers of type 9"), "\(model.refusal)")
  }

  // MARK: - Numbers without bound

  /// Numbers of shapes that double with each node.
  @Test func joinedNumbersAreBounded() {
    var nodes = (0..<10).map { index in
      NodeModel.node("Concat", ["n\(index)", "n\(index)"], "n\(index + 1)", [.int("axis", 0)])
    }
    nodes += NodeModel.means(of: "input", "x") + [NodeModel.node("Reshape", ["x", "n10"], "result")]
    let model = NodeModel(nodes, [NodeModel.vector("n0", [1])])
    #expect(model.refusal.contains("joins more than"), "\(model.refusal)")
  }

  /// A scale of all channels, with a number for each.
  @Test func scaledChannelsAreBounded() {
    let model = NodeModel(
      input: [3, 1, 1],
      [
        NodeModel.node("Pad", ["input", "pads"], "wide"), NodeModel.node("Mul", ["wide", "two"], "scaled"),
        NodeModel.node("Relu", ["scaled"], "r"),
      ] + NodeModel.means(of: "r", "result"),
      [NodeModel.vector("pads", [0, 1 << 20, 0, 0, 0, 1 << 20, 0, 0]), NodeModel.tensor("two", [], [2])])
    #expect(model.refusal.contains("scales or shifts more channels"), "\(model.refusal)")
  }

  // MARK: - Nothing

  @Test func slicesThatDoNotSayWhere() {
    let model = NodeModel(
      [NodeModel.node("Slice", ["n", "none", "none", "axes", "steps"], "s")] + NodeModel.means(of: "input", "x")
        + [NodeModel.node("Reshape", ["x", "s"], "result")],
      [
        NodeModel.vector("n", [1, 2, 3]), NodeModel.vector("none", []), NodeModel.vector("axes", [0]),
        NodeModel.vector("steps", [1]),
      ])
    #expect(model.refusal.contains("Slice 's'"), "\(model.refusal)")
  }

  @Test(arguments: ["Mul", "Add", "Sub", "Div"])
  func arithmeticWithNothing(kind: String) {
    for value in ["input", "scaled"] {
      let model = NodeModel(
        [NodeModel.node("Mul", ["input", "two"], "scaled"), NodeModel.node(kind, [value, "none"], "a")]
          + NodeModel.means(of: "a", "result"),
        [NodeModel.tensor("two", [], [2]), NodeModel.tensor("none", [0], [])])
      #expect(model.refusal.contains("computes with the tensor 'none' [0]"), "\(model.refusal)")
    }
  }

  // MARK: - The end

  /// A softmax is left out only when it runs over the classes.
  @Test(
    arguments: [
      (17, nil, false, true), (17, -1, false, true), (17, 1, false, true), (17, 0, false, false), (17, 2, false, false),
      (17, 1, true, true), (17, -1, true, false), (17, 2, true, false), (11, nil, true, true), (11, 1, true, true),
      (11, -1, true, false), (11, 0, false, false),
    ] as [(Int, Int?, Bool, Bool)])
  func softmaxes(opset: Int, axis: Int?, isImage: Bool, isTaken: Bool) {
    let attributes: [ONNXAttribute] = axis.map { [ONNXAttribute.int("axis", $0)] } ?? []
    let model = NodeModel(
      opset: opset,
      NodeModel.means(of: "input", "x") + [
        NodeModel.node("Softmax", [isImage ? "x.pool" : "x"], "result", attributes)
      ])
    #expect(isTaken ? model.refusal.isEmpty : model.refusal.contains("runs over axis"), "\(model.refusal)")
  }

  /// Texts of any length that the file has beside the graph.
  @Test func longPropertiesAreWhole() throws {
    let names = "[" + (0..<20_000).map { "\"class \($0)\"" }.joined(separator: ",") + "]"
    var model = NodeModel(NodeModel.means(of: "input", "result"))
    model.model.metadataProps = [
      .with {
        $0.key = "class_names"
        $0.value = names
      }
    ]
    let imported = try model.imported()
    #expect(names.utf8.count > 1 << 16 && imported.properties["class_names"] == names)
  }
}
