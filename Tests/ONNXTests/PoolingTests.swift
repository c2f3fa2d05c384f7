import Engine
import Layers
import Tensors
import Testing

@testable import ONNX

@Suite struct PoolingTests {
  @Test(arguments: [(13, 6, 3, 2), (12, 6, 2, 2), (7, 1, 7, 1), (5, 5, 1, 1), (14, 7, 2, 2)])
  func evenBinsAreAWindow(extent: Int, bins: Int, width: Int, distance: Int) throws {
    let window = try #require(PoolBins(extent: extent, bins: bins).window)
    #expect(window == (width, distance))
  }

  @Test(arguments: [(9, 6), (8, 5), (5, 7), (10, 7), (8, 6)])
  func unevenBinsAreNone(extent: Int, bins: Int) {
    #expect(PoolBins(extent: extent, bins: bins).window == nil)
  }

  /// The products that stand for uneven bins are what the engine computes.
  @Test(arguments: [(9, 10, 6, 6), (5, 8, 7, 6), (6, 6, 5, 3)])
  func productsAreAdaptivePooling(height: Int, width: Int, rows: Int, columns: Int) throws {
    let module = Sequential {
      AdaptiveAvgPool2d(Pair(rows, columns)); Flatten()
    }
    let network = try Network(Graph(inputChannels: 1, module))
    try network.load([:])
    let pixels = (0..<height * width).map { Float(($0 * 37) % 101) / 10 }
    let found = try network.inferenceProgram(batchSize: 1, inputSize: Pair(height, width))
      .logits(images: Tensor(pixels, shape: [1, 1, height, width])).elements(as: Float.self)
    let (down, across) = (PoolBins(extent: height, bins: rows).means, PoolBins(extent: width, bins: columns).means)
    for row in 0..<rows {
      for column in 0..<columns {
        var sum: Float = 0
        for y in 0..<height {
          for x in 0..<width {
            sum += down.numbers[row * height + y] * across.numbers[column * width + x] * pixels[y * width + x]
          }
        }
        #expect(abs(sum - found[row * columns + column]) < 1e-5)
      }
    }
  }

  /// PyTorch leaves out a window that would start in the padding at the end; ONNX's formulas have no such rule.
  @Test func roundingIsSaidInOnnxTerms() throws {
    func rounding(_ pool: PoolAttributes, _ height: Int, _ width: Int) throws -> PoolRounding {
      let graph = Graph(
        inputChannels: 1, MaxPool2d(pool.kernel, stride: pool.stride, padding: pool.padding, ceilMode: pool.ceilMode))
      let shapes = try graph.shapes(input: [1, height, width])
      return PoolRounding(pool, from: shapes[0], to: shapes[1])
    }
    let pool = PoolAttributes(kernel: 3, stride: 2, ceilMode: true)
    #expect(try rounding(pool, 13, 13) == .down)
    #expect(try rounding(pool, 14, 14) == .up)
    #expect(try rounding(pool, 14, 112) == .up)
    // Of five rows the fourth window of stride 2 would start at the padding's end.
    let padded = PoolAttributes(kernel: 2, stride: 2, padding: 1, ceilMode: true)
    #expect(try rounding(padded, 5, 5) == .down)
    #expect(try rounding(pool, 13, 14) == .up)
    let mixed = PoolAttributes(kernel: Pair(2, 3), stride: 2, padding: 1, ceilMode: true)
    #expect(try rounding(mixed, 5, 6) == .padding(bottom: 0, right: 2))
  }
}
