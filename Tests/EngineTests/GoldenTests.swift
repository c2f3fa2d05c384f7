import Layers
import Tensors
import Testing

/// The recorded files themselves: every case reads completely and is made of consistent parts.
@Suite struct GoldenTests {
  @Test(arguments: try Goldens.all())
  func everyTensorReads(golden: Golden) throws {
    for name in golden.names(startingWith: "") {
      let values = try golden.tensor(name).elements(as: Float.self)
      #expect(values.allSatisfy { $0.isFinite }, "\(name)")
    }
    let steps = golden.losses?.count ?? 1
    #expect(try golden.inputShape[0] * steps == golden.labels.count)
  }

  @Test(arguments: try Goldens.all())
  func everyParameterIsRecorded(golden: Golden) throws {
    let graph = try golden.lossGraph()
    let state = try golden.state(of: graph)
    #expect(state.names == graph.parameters.map(\.name))
    #expect(state.shapes == graph.stateShapes)
    guard golden.optimizer == nil else { return }
    for parameter in graph.parameters where parameter.role == .trainable {
      #expect(try golden.tensor("\(parameter.name).grad").shape == parameter.shape)
    }
  }

  /// The convolution that injects the input, computed by its definition, gives the input back.
  @Test func injectionGivesTheInput() throws {
    let golden = try #require(try Goldens.cases("conv").first { $0.name == "conv2d kernel 3x5" })
    let (input, weight) = (try golden.tensor("input"), try golden.injectedWeight())
    let images = try golden.injectedImages()
    let (n, c, h, w) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3])
    let (x, k, hot) = (
      input.elements(as: Float.self), weight.elements(as: Float.self), images.elements(as: Float.self)
    )
    for i in 0..<n * c * h * w {
      let (image, channel, row, column) = (i / (c * h * w), i / (h * w) % c, i / w % h, i % w)
      // The one pixel lies at (h−1, w−1) of the padded image; output (row, column) meets it with this tap.
      let tap = (h - 1 - row) * w + (w - 1 - column)
      let sum = (0..<n).reduce(Float(0)) { $0 + hot[image * n + $1] * k[(channel * n + $1) * h * w + tap] }
      #expect(sum == x[i])
    }
    #expect(Golden.inputGradient(fromWeight: weight).isIdentical(to: input))
  }
}
