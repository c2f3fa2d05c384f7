import Layers
import Tensors
import Testing

/// Output sizes against real torch, all exact; see `Goldens/write_shapes.py`.
@Suite struct ShapeGoldenTests {
  struct Case: Decodable {
    let operation: String
    let input: [Int]
    let kernel: [Int]
    let stride: [Int]
    let padding: [Int]
    let dilation: [Int]
    let ceilMode: Bool
    let output: [Int]?

    var module: (any Module)? {
      let kernel = Pair(kernel[0], kernel[1])
      let stride = Pair(stride[0], stride[1])
      let padding = Pair(padding[0], padding[1])
      let dilation = Pair(dilation[0], dilation[1])
      switch operation {
      case "conv2d": return Conv2d(input[0], 6, kernel: kernel, stride: stride, padding: padding, dilation: dilation)
      case "maxPool2d":
        return MaxPool2d(kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode)
      case "avgPool2d": return AvgPool2d(kernel, stride: stride, padding: padding, ceilMode: ceilMode)
      default: return nil
      }
    }
  }

  @Test func windowsCountAsInTorch() throws {
    let cases = try golden([Case].self, "shapes")
    #expect(cases.count == 450)
    for golden in cases {
      let module = try #require(golden.module)
      let graph = Graph(inputChannels: golden.input[0], module)
      let output = try? graph.shapes(input: Shape(golden.input)).last
      #expect(output?.dimensions == golden.output, "\(golden)")
    }
  }

  /// The case that ceil mode is known for: squeezenet's pools, by torch 2.15.
  @Test(arguments: [(109, 54), (54, 27), (13, 6), (3, 1), (2, 1)])
  func squeezenetsPools(input: Int, output: Int) throws {
    let graph = Graph(inputChannels: 1, MaxPool2d(3, stride: 2, ceilMode: true))
    #expect(try graph.shapes(input: [1, input, input]).last == [1, output, output])
  }
}
