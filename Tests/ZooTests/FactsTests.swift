import Layers
import Tensors
import Testing

@testable import Zoo

/// Every entry of the registry against what torch itself says. All comparisons are exact.
@Suite struct FactsTests {
  @Test func everyModelHasFactsAndEveryFactAModel() throws {
    #expect(try Set(ModelFacts.names()) == Set(Registry.models.map(\.name)))
  }

  @Test(arguments: Registry.models.map(\.name))
  func stateDictEqualsTorch(name: String) throws {
    let facts = try ModelFacts.of(name)
    // The facts count 1000 classes but for models that are made for fewer.
    let graph = try Registry.model(named: name).build()
    #expect(graph.stateLines == facts.state)
    #expect(graph.parameterCount == facts.parameters)
    let buffers = graph.parameters.filter { $0.role == .buffer }.reduce(0) { $0 + $1.shape.count }
    #expect(buffers == facts.bufferElements)
  }

  @Test(arguments: Registry.models.map(\.name))
  func forwardPassEqualsTorch(name: String) throws {
    let facts = try ModelFacts.of(name)
    let entry = try Registry.model(named: name)
    #expect(entry.inputSize == facts.inputSize)
    #expect(entry.inputChannels == facts.inputChannels)
    let graph = try entry.build()
    let input: Shape = [facts.inputChannels, facts.inputSize, facts.inputSize]
    #expect(try graph.callLines(input: input, like: facts) == facts.calls)
    if let auxiliary = facts.auxiliaryCalls {
      #expect(try graph.callLines(input: input, like: facts, auxiliary: true) == auxiliary)
    }
    #expect(graph.auxiliaries.isEmpty == (facts.auxiliaryCalls == nil))
    #expect(try graph.multiplyAccumulates(input: input) == facts.multiplyAccumulates)
  }

  @Test(arguments: Registry.models.map(\.name))
  func publishedWeightsEqualTorchvision(name: String) throws {
    let entry = try Registry.model(named: name)
    let published = try ModelFacts.of(name).publishedWeights ?? []
    let expected = published.map { fact in
      PublishedWeights(
        fact.tag, file: fact.file, top1: fact.top1, top5: fact.top5,
        evaluation: EvaluationPreset(
          resize: .shortSide(fact.resize), crop: fact.crop, mean: fact.mean, std: fact.std,
          interpolation: fact.interpolation == "bilinear" ? .bilinear : .bicubic),
        transformsInput: fact.transformInput ?? false)
    }
    #expect(entry.publishedWeights == expected)
    let facts = try ModelFacts.of(name)
    if let minimum = facts.smallestInput ?? published.first?.minimumInputSize {
      #expect(try entry.build().minimumInputSize == minimum)
    }
    // Of a vision transformer some are for larger images than the model that torchvision makes without weights.
    if !published.isEmpty { #expect(published.contains { $0.crop == entry.evaluation.crop }) }
  }

  /// Integers exactly; coordinates, of which a logarithm is taken, within a step of float32.
  @Test(arguments: ["swin_t", "swin_v2_t", "maxvit_t"])
  func buffersStartAsTorchs(name: String) throws {
    let facts = try #require(try ModelFacts.of(name).buffers)
    let graph = try Registry.model(named: name).build()
    let state = graph.initialState(seed: 1)
    for (buffer, expected) in facts {
      let own = try #require(state[buffer])
      let values =
        own.dtype == .int64
        ? own.elements(as: Int64.self).map(Double.init) : own.elements(as: Float.self).map(Double.init)
      try #require(values.count == expected.count)
      #expect(zip(values, expected).allSatisfy { abs($0 - $1) <= (own.dtype == .int64 ? 0 : 1.2e-7) }, "\(buffer)")
      // Every layer has the same.
      let kind = try #require(buffer.split(separator: ".").last)
      let others = graph.parameters.filter { $0.name.hasSuffix(".\(kind)") }
      #expect(others.count > 10)
      #expect(others.allSatisfy { state[$0.name]?.isIdentical(to: own) == true })
    }
  }
}
