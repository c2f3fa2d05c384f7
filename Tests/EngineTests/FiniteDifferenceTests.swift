import Engine
import Layers
import Tensors
import Testing

/// Gradients against central differences of the loss itself: no reference but the engine's own forward pass.
@Suite struct FiniteDifferenceTests {
  /// A small net around one operation, smooth enough to be differentiated numerically.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let size: Pair
    let body: Sequential

    init(_ name: String, size: Pair = 6, _ modules: any Module...) {
      testDescription = name
      self.size = size
      body = Sequential(modules)
    }
  }

  static let cases: [Case] = [
    Case("conv2d", Conv2d(4, 6, kernel: 3, stride: 2, padding: 1)),
    Case("conv2d by Winograd", Conv2d(4, 16, kernel: 1), Conv2d(16, 16, kernel: 3, padding: 1)),
    Case("conv2d 5×5 by Winograd", Conv2d(4, 16, kernel: 1), Conv2d(16, 24, kernel: 5, padding: 2)),
    Case("conv2d dilated", size: 9, Conv2d(4, 6, kernel: 3, padding: 2, dilation: 2)),
    Case("conv2d grouped", Conv2d(4, 8, kernel: Pair(3, 1), groups: 2, bias: false)),
    Case("zeroPad2d", Conv2d(4, 5, kernel: 1), ZeroPad2d(Sides(left: 1, right: 0, top: 2, bottom: 1))),
    Case("batchNorm2d", Conv2d(4, 6, kernel: 1), BatchNorm2d(6)),
    Case("localResponseNorm", Conv2d(4, 6, kernel: 1), LocalResponseNorm(3, alpha: 0.5)),
    Case("localResponseNorm, even", Conv2d(4, 6, kernel: 1), LocalResponseNorm(2, alpha: 0.5)),
    Case("avgPool2d", Conv2d(4, 6, kernel: 1), AvgPool2d(3, stride: 2, padding: 1)),
    Case("adaptiveAvgPool2d", Conv2d(4, 6, kernel: 1), AdaptiveAvgPool2d(Pair(4, 5))),
    Case("dropout", Conv2d(4, 6, kernel: 1), Dropout(0.4)),
    Case("stochastic depth", Conv2d(4, 16, kernel: 1), StochasticDepth(0.4)),
    Case("layerNorm of channels", Conv2d(4, 6, kernel: 1), LayerNorm2d(6), Conv2d(6, 3, kernel: 3)),
    Case("silu", Conv2d(4, 6, kernel: 1), Activation.silu, Conv2d(6, 3, kernel: 3)),
    Case("attention", Permute.channelsLast, MultiheadAttention(4, heads: 2)),
    Case(
      "attention in shifted windows", size: 5, Conv2d(4, 6, kernel: 1), Permute.channelsLast, LayerNorm(6),
      WindowAttention(6, heads: 3, window: 3, shift: 1)),
    Case(
      "attention by cosines in shifted windows", size: 5, Conv2d(4, 16, kernel: 1), Permute.channelsLast,
      WindowAttention(16, heads: 2, window: 3, shift: 1, version: .second)),
    Case(
      "attention in grids", Permute.channelsLast,
      RelativePositionAttention(4, headFeatures: 2, span: .grid(Pair(3, 2)))),
    Case("shuffle", Conv2d(4, 6, kernel: 1), ChannelShuffle(groups: 3), PadChannels(before: 1, after: 2)),
  ]

  /// The directional derivative along every parameter's own random direction.
  @Test(arguments: cases)
  func directionalDerivatives(_ test: Case) throws {
    let body = Graph(inputChannels: 4, test.body)
    let features = try #require(try body.shapes(input: [4, test.size.height, test.size.width]).last).count
    let graph = Graph(
      inputChannels: 4, Sequential([test.body, Flatten(), Linear(features, 5)]))
    let network = try Network(graph, options: ExecutionOptions(threads: 2, seed: 3))
    let state = graph.initialState(seed: 5)
    var random = RandomSource(seed: 7, purpose: .synthetic)
    let images = Tensor(
      (0..<3 * 4 * test.size.height * test.size.width).map { _ in Float(random.normal()) },
      shape: [3, 4, test.size.height, test.size.width])
    let program = try network.trainingProgram(batchSize: 3, inputSize: test.size)

    func loss(_ state: StateDict) throws -> Double {
      try network.load(state)
      return try program.gradients(images: images, labels: [0, 3, 4], labelSmoothing: 0.1, step: 2).result.loss
    }
    try network.load(state)
    let gradients = try program.gradients(images: images, labels: [0, 3, 4], labelSmoothing: 0.1, step: 2).gradients

    for parameter in graph.parameters where parameter.role == .trainable {
      let values = try #require(state[parameter.name]).elements(as: Float.self)
      let gradient = try #require(gradients[parameter.name]).elements(as: Float.self)
      let direction = values.map { _ in Float(random.normal()) }
      let norm = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let step: Float = 0.01 / norm
      func moved(_ sign: Float) -> StateDict {
        var moved = state
        moved[parameter.name] = Tensor(
          zip(values, direction).map { $0 + sign * step * $1 }, shape: parameter.shape)
        return moved
      }
      let numeric = (try loss(moved(1)) - loss(moved(-1))) / Double(2 * step)
      let analytic = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      // Float32 logits of about 1 leave about 1e-7 in each loss, and so about 1e-5 · norm in the quotient; the rest is the
      // third derivative.
      #expect(
        abs(numeric - analytic) <= 0.01 * abs(analytic) + 4e-5 * Double(norm),
        "\(parameter.name): \(numeric) \(analytic)")
    }
  }
}
