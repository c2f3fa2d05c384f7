import Foundation
import Tensors
import Testing

@testable import Layers

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Drawings of graphs: what they hold, and that nothing lies upon anything else.
struct DrawingTests {
  /// A block whose two modules need each other's results, so that neither can be drawn above the other.
  private struct Interleaved: Module {
    func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
      let first = ReLU().emit(into: &builder, at: path.child("a").child("0"), input: input)
      let second = ReLU().emit(into: &builder, at: path.child("b").child("0"), input: first)
      let third = Activation.tanh.emit(into: &builder, at: path.child("a").child("1"), input: second)
      return builder.add(.add, at: path, inputs: [third, first])
    }
  }

  private static let residual = Graph(
    inputChannels: 3,
    Sequential([
      "stem": Conv2d(3, 4, kernel: 3, padding: 1),
      "block": Residual(Sequential(["conv": Conv2d(4, 4, kernel: 3, padding: 1), "bn": BatchNorm2d(4)])),
      "branches": Concat([
        Conv2d(4, 2, kernel: 1), Sequential([]),
        Sequential {
          AvgPool2d(1); Conv2d(4, 3, kernel: 1)
        },
      ]),
      "flatten": Flatten(), "fc": Linear(9 * 64, 2),
    ]))

  static let graphs = [
    residual, Graph(inputChannels: 3, Sequential(["x": Interleaved(), "y": Interleaved(), "flatten": Flatten()])),
    Graph(inputChannels: 3, ReLU()),
    Graph(inputChannels: 3, Sequential([])),
  ]

  private static func drawing(_ graph: Graph, title: String = "net") throws -> GraphDrawing {
    try GraphDrawing(graph, title: title, input: [3, 8, 8])
  }

  @Test func dotHasAClusterForEachModuleAndALineForEachEdge() throws {
    let dot = try Self.drawing(Self.residual, title: "a \"quoted\"\nname").dot
    for text in [
      "digraph \"a \\\"quoted\\\"\\nname\" {", "subgraph \"cluster_block\" {", "subgraph \"cluster_branches.2\" {",
      "label=\"stem  Conv2d 3x3\\n4×8×8 · 112\"", "label=\"input\\n3×8×8\"", "v1 -> v2;", "v1 -> v4;", "-> r0;",
    ] { #expect(dot.contains(text), "\(text) in \(dot)") }
    let edges = Self.residual.nodes.reduce(1) { $0 + $1.inputs.count }
    #expect(dot.split(separator: "\n").count { $0.contains(" -> ") } == edges)
  }

  /// What a parser found in a picture.
  private final class Counter: NSObject, XMLParserDelegate {
    var elements: [String: Int] = [:]
    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) { elements[name, default: 0] += 1 }
  }

  @Test(arguments: graphs)
  func svgIsWellFormed(_ graph: Graph) throws {
    let drawing = try Self.drawing(graph, title: "<net> & \u{1}\"")
    let counter = Counter()
    let parser = XMLParser(data: Data(drawing.svg.utf8))
    parser.delegate = counter
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    let layout = ModuleLayout(drawing)
    // The background, the boxes and the frames.
    #expect(counter.elements["rect"] == 1 + layout.boxes.count + layout.frames.count)
    #expect(layout.boxes.count == graph.nodes.count + 2)
  }

  @Test(arguments: graphs)
  func nothingLiesUponAnythingElse(_ graph: Graph) throws {
    expectTidy(ModuleLayout(try Self.drawing(graph)))
  }

  @Test func modulesThatNeedEachOtherAreDrawnWithoutFrames() throws {
    let paths = ModuleLayout(try Self.drawing(Self.graphs[1])).frames.map(\.path)
    #expect(paths.contains("x") && !paths.contains("x.a"), "\(paths)")
  }

  @Test func countsAreShort() {
    let texts = [0, 999, 1000, 9408, 36864, 999_499, 2_359_296, 61_100_840, 5_000_000_000].map(GraphDrawing.short)
    #expect(texts == ["0", "999", "1k", "9.41k", "36.9k", "999k", "2.36M", "61.1M", "5G"])
  }

  private func expectTidy(_ layout: ModuleLayout) {
    let boxes = layout.boxes.map(\.frame)
    func overlaps(_ a: ModuleLayout.Frame, _ b: ModuleLayout.Frame) -> Bool {
      a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
    }
    func contains(_ outer: ModuleLayout.Frame, _ inner: ModuleLayout.Frame) -> Bool {
      outer.x <= inner.x && outer.y <= inner.y && inner.x + inner.width <= outer.x + outer.width + 0.01
        && inner.y + inner.height <= outer.y + outer.height + 0.01
    }
    for (index, box) in boxes.enumerated() {
      #expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= layout.width && box.y + box.height <= layout.height)
      for other in boxes[(index + 1)...] { #expect(!overlaps(box, other)) }
      for frame in layout.frames { #expect(!overlaps(box, frame) || contains(frame, box)) }
    }
    for (index, frame) in layout.frames.enumerated() {
      for other in layout.frames[(index + 1)...] {
        #expect(!overlaps(frame, other) || contains(frame, other) || contains(other, frame))
      }
    }
    for wire in layout.wires {
      #expect(zip(wire.points, wire.points.dropFirst()).allSatisfy { $0.y <= $1.y + 0.01 }, "\(wire.points)")
    }
  }
}
