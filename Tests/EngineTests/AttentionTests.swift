import Engine
import Layers
import Tensors
import Testing

/// What attention does beyond the goldens: buffers of strangers' files, repeated steps, and numbers that are none.
@Suite struct AttentionTests {
  private static let graph = Graph(
    inputChannels: 4,
    Sequential {
      Permute.channelsLast
      WindowAttention(4, heads: 2, window: 2, shift: 1, version: .second)
      WindowAttention(4, heads: 2, window: 2, shift: 1)
      Flatten()
      Linear(4 * 5 * 5, 3)
    })

  private func images(_ count: Int = 2) -> Tensor {
    var random = RandomSource(seed: 1, purpose: .synthetic)
    return Tensor((0..<count * 100).map { _ in Float(random.normal()) }, shape: [count, 4, 5, 5])
  }

  /// An index from a file says where to read: outside the table it is refused, whichever pass comes first.
  @Test(arguments: ["1.relative_position_index", "2.relative_position_index"], [-1, 9, Int64.max])
  func anIndexOutsideItsTableIsRefused(name: String, value: Int64) throws {
    let network = try Network(Self.graph)
    var state = Self.graph.initialState(seed: 1)
    let own = try #require(state[name])
    var values = own.elements(as: Int64.self)
    values[7] = value
    state[name] = Tensor(values, shape: own.shape)
    try network.load(state)
    let inference = try network.inferenceProgram(batchSize: 2, inputSize: 5)
    let training = try network.trainingProgram(batchSize: 2, inputSize: 5)
    let first = #expect(throws: EngineError.self) { try inference.logits(images: images()) }
    #expect(
      first?.description == "\(name.prefix(1)): '\(name)' names rows that the 9 relative positions do not have; "
        + "load weights of this model")
    #expect(throws: EngineError.self) { try training.gradients(images: images(), labels: [0, 1], step: 0) }
    // With the right one the same network works.
    try network.load(Self.graph.initialState(seed: 1))
    _ = try inference.logits(images: images())
  }

  /// The index of a file counts, not the one that a new network would have.
  @Test func theIndexOfAFileIsRead() throws {
    let network = try Network(Self.graph)
    var state = Self.graph.initialState(seed: 1)
    try network.load(state)
    let program = try network.inferenceProgram(batchSize: 2, inputSize: 5)
    let before = try program.logits(images: images())
    let name = "2.relative_position_index"
    let own = try #require(state[name])
    state["2.relative_position_bias_table"] = Tensor((0..<18).map { Float($0) / 9 }, shape: [9, 2])
    try network.load(state)
    let moved = try program.logits(images: images())
    state[name] = Tensor([Int64](repeating: 4, count: own.shape.count), shape: own.shape)
    try network.load(state)
    // One bias for all pairs changes nothing; so does a table of which little is left.
    let level = try program.logits(images: images())
    #expect(difference(before, moved) > 1e-3)
    #expect(difference(moved, level) > 1e-3)
    state["2.relative_position_bias_table"] = Tensor([Float](repeating: 0, count: 18), shape: [9, 2])
    try network.load(state)
    let bare = try program.logits(images: images())
    #expect(difference(bare, level) < 1e-5)
  }

  /// What is made of parameters is made anew after each update: two steps are those of a network that is loaded between.
  @Test func biasesFollowTheirParameters() throws {
    let options = ExecutionOptions(threads: 2)
    let images = images()
    func step(_ program: TrainingProgram, _ number: Int) throws {
      let update = Update(rule: .sgd(), learningRate: 0.5, step: number + 1)
      _ = try program.step(images: images, labels: [0, 2], update: update, step: number)
    }
    let network = try Network(Self.graph, options: options)
    try network.load(Self.graph.initialState(seed: 3))
    let program = try network.trainingProgram(batchSize: 2, inputSize: 5)
    try step(program, 0)
    let between = try network.state()
    try step(program, 1)

    let fresh = try Network(Self.graph, options: options)
    try fresh.load(between)
    try step(try fresh.trainingProgram(batchSize: 2, inputSize: 5), 1)
    let (left, right) = (try network.state(), try fresh.state())
    for parameter in Self.graph.parameters where parameter.role == .trainable {
      let (own, other) = (try #require(left[parameter.name]), try #require(right[parameter.name]))
      #expect(own.isIdentical(to: other), "\(parameter.name)")
      let old = try #require(between[parameter.name])
      #expect(!own.isIdentical(to: old), "\(parameter.name) moves")
    }
  }

  /// A network that has diverged is seen in its answers, not hidden by a softmax.
  @Test func whatIsNoNumberStaysNone() throws {
    let network = try Network(Self.graph)
    try network.load(Self.graph.initialState(seed: 1))
    var pixels = images().elements(as: Float.self)
    pixels[60] = .nan
    let logits = try network.inferenceProgram(batchSize: 2, inputSize: 5)
      .logits(images: Tensor(pixels, shape: [2, 4, 5, 5])).elements(as: Float.self)
    #expect(logits.map { $0.isNaN } == [true, true, true, false, false, false])
  }

  private func difference(_ left: Tensor, _ right: Tensor) -> Float {
    zip(left.elements(as: Float.self), right.elements(as: Float.self)).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }
}
