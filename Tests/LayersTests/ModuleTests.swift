import Layers
import Tensors
import Testing

/// Names, order and attributes of what modules emit.
@Suite struct ModuleTests {
  private func names(_ module: some Module) -> [String] {
    Graph(inputChannels: 3, module).parameters.map(\.name)
  }

  @Test func parametersAreNamedAsInTorch() {
    #expect(names(Conv2d(3, 4, kernel: 1)) == ["weight", "bias"])
    #expect(names(Conv2d(3, 4, kernel: 1, bias: false)) == ["weight"])
    #expect(names(Linear(3, 4)) == ["weight", "bias"])
    #expect(names(BatchNorm2d(3)) == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"])
    for module in [
      ReLU(), MaxPool2d(2), AvgPool2d(2), AdaptiveAvgPool2d(1), Dropout(), Flatten(), ZeroPad2d(1),
      LocalResponseNorm(5),
    ] as [any Module] {
      #expect(Graph(inputChannels: 3, module).parameters.isEmpty)
    }
  }

  @Test func shapesAndRolesOfParameters() {
    let graph = Graph(inputChannels: 6, Sequential([Conv2d(6, 4, kernel: Pair(3, 5), groups: 2), BatchNorm2d(4)]))
    #expect(graph.parameters.map(\.shape) == [[4, 3, 3, 5], [4], [4], [4], [4], [4], []])
    #expect(
      graph.parameters.map(\.role) == [
        .trainable, .trainable, .trainable, .trainable, .buffer, .buffer, .buffer,
      ])
    #expect(graph.parameters.last?.dtype == .int64)
    #expect(graph.stateShapes["1.running_var"] == [4])
  }

  @Test func childrenAreNamedByPositionOrName() {
    let module = Sequential([
      "features": Sequential {
        Conv2d(3, 4, kernel: 1, bias: false)
        if true { ReLU() }
        for _ in 0..<2 { Conv2d(4, 4, kernel: 1, bias: false) }
      },
      "fc": Linear(4, 2),
    ])
    #expect(names(module) == ["features.0.weight", "features.2.weight", "features.3.weight", "fc.weight", "fc.bias"])
  }

  @Test func branchesAreNamedByPositionOrName() {
    let conv = Conv2d(3, 4, kernel: 1, bias: false)
    #expect(
      names(
        Concat {
          conv; conv
        }) == ["0.weight", "1.weight"])
    #expect(names(Concat(["branch1": conv, "branch2": conv])) == ["branch1.weight", "branch2.weight"])
  }

  /// As a module's own parameters stand before those of the modules in it.
  @Test func layerScaleComesBeforeItsBody() {
    let module = LayerScale(4, initial: 1e-6, Sequential(["block": Conv2d(3, 4, kernel: 1, bias: false)]))
    let graph = Graph(inputChannels: 3, Sequential([module]))
    #expect(graph.parameters.map(\.name) == ["0.layer_scale", "0.block.weight"])
    #expect(graph.nodes.map(\.parameters) == [[1], [0]])
    #expect(graph.parameters.first?.shape == [4, 1, 1] && graph.parameters.first?.initializer == .constant(1e-6))
  }

  @Test func aResidualBlockStandsAtItsOwnPath() {
    let block = Residual(
      Sequential(["conv1": Conv2d(3, 4, kernel: 1, bias: false)]),
      shortcut: Sequential(["downsample": Conv2d(3, 4, kernel: 1, bias: false)]))
    let graph = Graph(inputChannels: 3, Sequential([block]))
    #expect(graph.nodes.map(\.name) == ["0.conv1", "0.downsample", "0", "0.relu"])
    #expect(graph.nodes.map(\.operation).suffix(2) == [.add, .activation(.relu)])
    #expect(graph.nodes[1].inputs == [Graph.input])
    #expect(graph.nodes[2].inputs == [graph.nodes[0].output, graph.nodes[1].output])
    #expect(graph.output == graph.nodes[3].output)
    let linear = Graph(inputChannels: 3, Residual(ReLU(), rectified: false))
    #expect(linear.nodes.map(\.operation) == [.activation(.relu), .add])
    #expect(linear.nodes[1].inputs == [linear.nodes[0].output, Graph.input])
  }

  @Test func attributesReachTheGraph() {
    func operation(_ module: some Module) -> Layers.Operation? {
      Graph(inputChannels: 3, module).nodes.first?.operation
    }
    #expect(
      operation(Conv2d(3, 64, kernel: 11, stride: 4, padding: 2))
        == .conv2d(Conv2dAttributes(inChannels: 3, outChannels: 64, kernel: 11, stride: 4, padding: 2)))
    #expect(operation(MaxPool2d(3)) == .maxPool2d(PoolAttributes(kernel: 3, stride: 3)))
    #expect(
      operation(AvgPool2d(3, stride: 2, padding: 1, ceilMode: true, countIncludePad: false))
        == .avgPool2d(PoolAttributes(kernel: 3, stride: 2, padding: 1, ceilMode: true), countIncludePad: false))
    #expect(operation(BatchNorm2d(3)) == .batchNorm2d(features: 3, epsilon: 1e-5, momentum: 0.1))
    #expect(operation(LocalResponseNorm(5)) == .localResponseNorm(size: 5, alpha: 1e-4, beta: 0.75, k: 1))
    #expect(operation(Dropout()) == .dropout(probability: 0.5))
    #expect(operation(ZeroPad2d(2)) == .zeroPad2d(Sides(left: 2, right: 2, top: 2, bottom: 2)))
  }

  @Test func aNameThatStandsTwiceTraps() async {
    await #expect(processExitsWith: .failure) {
      _ = Graph(inputChannels: 3, Sequential(["a": Linear(1, 1), "b": ReLU(), "a": Linear(1, 1)]))
    }
  }
}
