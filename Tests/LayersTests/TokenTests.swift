import Layers
import Tensors
import Testing

/// The operations on tokens: their shapes, what they refuse, and what they cost.
@Suite struct TokenTests {
  /// One operation without parameters; on maps of tokens when the image comes channels first.
  private struct Single: Module {
    let operation: Operation
    var isMap = true

    func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
      let value = isMap ? Permute.channelsLast.emit(into: &builder, at: path, input: input) : input
      let isCut = operation == .cropTokens
      let padded = isCut ? builder.add(.padTokens(multiple: Pair(4, 3)), at: path, inputs: [value]) : value
      return builder.add(operation, at: path, inputs: isCut ? [padded, value] : [value])
    }
  }

  private func output(_ operation: Operation, _ image: Shape) throws -> Shape? {
    try Graph(inputChannels: image[0], Single(operation: operation)).shapes(input: image).last
  }

  private func error(_ operation: Operation, _ image: Shape) -> String? {
    let graph = Graph(inputChannels: image[0], Sequential(["op": Single(operation: operation)]))
    return #expect(throws: LayersError.self) { try graph.shapes(input: image) }?.description
  }

  @Test func shapes() throws {
    #expect(try output(.classToken(features: 6), [6, 3, 5]) == [16, 6])
    #expect(try output(.padTokens(multiple: Pair(4, 3)), [6, 3, 5]) == [4, 6, 6])
    #expect(try output(.padTokens(multiple: 1), [6, 3, 5]) == [3, 5, 6])
    #expect(try output(.cropTokens, [6, 3, 5]) == [3, 5, 6])
    #expect(try output(.mergePatches, [6, 3, 5]) == [2, 3, 24])
    #expect(try output(.mergePatches, [6, 1, 1]) == [1, 1, 24])
    #expect(try output(.attention(AttentionAttributes(heads: 2, headFeatures: 5)), [30, 3, 5]) == [3, 5, 10])
  }

  private func windows(_ size: Pair, shift: Pair = 0, bias: AttentionAttributes.PositionBias = .none) -> Operation {
    .attention(
      AttentionAttributes(heads: 2, headFeatures: 5, span: .windows(size, shift: shift), positionBias: bias))
  }

  @Test func whatDoesNotFitIsNamed() {
    #expect(
      error(.classToken(features: 5), [6, 3, 5])
        == "op: takes 5 features, but its input is [1, 3, 5, 6]: flatten it before")
    #expect(
      error(.positionEmbedding(tokens: 9, features: 6), [6, 3, 5])
        == "op: takes tokens [N, 9, 6], but its input is [1, 3, 5, 6]")
    #expect(error(.padTokens(multiple: 0), [6, 3, 5]) == "op: the multiple is 0, but must be at least 1")
    #expect(
      error(windows(2), [31, 4, 4])
        == "op: takes queries, keys and values of 10 features each, but its input is [1, 4, 4, 31]")
    #expect(
      error(windows(4), [30, 8, 6])
        == "op: groups of 4 tokens do not tile [1, 8, 6, 30]; the smallest square image that this network takes is 4x4")
    #expect(
      error(windows(2, shift: 2), [30, 4, 4])
        == "op: the shift is 2, but must be at least 0 and smaller than the window of 2")
    #expect(error(windows(0), [30, 4, 4]) == "op: groups are 0 tokens, but each side must be in 1...1024")
    #expect(
      error(windows(Pair(1, 2), bias: .network(hidden: 4)), [30, 4, 4])
        == "op: groups are 1x2 tokens, but a network of relative positions needs at least 2x2")
    #expect(
      error(.attention(AttentionAttributes(heads: 2, headFeatures: 5, positionBias: .table)), [30, 4, 4])
        == "op: a position bias needs windows or a grid; attention over a whole image has none")
    #expect(
      error(.attention(AttentionAttributes(heads: 0, headFeatures: 5)), [30, 4, 4])
        == "op: the number of heads is 0, but must be at least 1")
    let huge = AttentionAttributes(heads: Int(Int32.max), headFeatures: Int(Int32.max))
    #expect(error(.attention(huge), [30, 4, 4])?.hasPrefix("op: ") == true)
  }

  @Test func theImageOfAVisionTransformerHasASize() {
    let graph = Graph(
      inputChannels: 3,
      Sequential {
        Conv2d(3, 8, kernel: 2, stride: 2)
        Tokens(features: 8, count: 10)
      })
    let error = #expect(throws: LayersError.self) { try graph.shapes(input: [3, 4, 4]) }
    #expect(
      error?.description == "1: has positions for 10 tokens, but the image gives [1, 5, 8]; "
        + "the smallest square image that this network takes is 6x6")
  }

  private struct Tokens: Module {
    let features: Int
    let count: Int

    func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
      let map = Permute.channelsLast.emit(into: &builder, at: path, input: input)
      let tokens = builder.add(.classToken(features: features), at: path, inputs: [map])
      return builder.add(.positionEmbedding(tokens: count, features: features), at: path, inputs: [tokens])
    }
  }

  /// 6 × 4 tokens of 2 heads with 5 features: each meets as many as its group has, twice.
  @Test func products() throws {
    func work(_ span: AttentionAttributes.Span, _ bias: AttentionAttributes.PositionBias = .none) throws -> Int {
      let attributes = AttentionAttributes(heads: 2, headFeatures: 5, span: span, positionBias: bias)
      let graph = Graph(inputChannels: 30, Single(operation: .attention(attributes)))
      return try graph.multiplyAccumulates(input: [30, 6, 4])
    }
    #expect(try work(.all) == 2 * 24 * 24 * 10)
    #expect(try work(.windows(Pair(3, 2), shift: 1)) == 2 * 24 * 6 * 10)
    #expect(try work(.grid(Pair(2, 4)), .table) == 2 * 24 * 8 * 10)
    // 5 × 3 relative positions through 7 hidden numbers.
    #expect(try work(.windows(Pair(3, 2), shift: 0), .network(hidden: 7)) == 2 * 24 * 6 * 10 + 15 * 7 * (2 + 2))
  }

  @Test func layersOfAttentionAreNamedAsInTorch() {
    let net = Graph(
      inputChannels: 6, Sequential([Permute.channelsLast, WindowAttention(6, heads: 2, window: 2, version: .second)]))
    #expect(
      net.parameters.map { "\($0.name) \($0.shape)" } == [
        "1.logit_scale [2, 1, 1]", "1.relative_coords_table [1, 3, 3, 2]", "1.relative_position_index [16]",
        "1.qkv.weight [18, 6]", "1.qkv.bias [18]", "1.proj.weight [6, 6]", "1.proj.bias [6]",
        "1.cpb_mlp.0.weight [512, 2]", "1.cpb_mlp.0.bias [512]", "1.cpb_mlp.2.weight [2, 512]",
      ])
    // Rows of the first token: the second is as far, one to the right, one below, one to the right and below.
    let state = net.initialState(seed: 1)
    #expect(state["1.relative_position_index"]?.elements(as: Int64.self).prefix(4) == [4, 3, 1, 0])
    let coordinates = state["1.relative_coords_table"]?.elements(as: Float.self)
    #expect(coordinates?.prefix(4).map { ($0 * 1e4).rounded() } == [-10566, -10566, -10566, 0])
  }
}
