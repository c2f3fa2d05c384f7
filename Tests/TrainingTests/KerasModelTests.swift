@testable import Checkpoint
import Layers
import OrderedCollections
import Tensors
import Testing
@testable import Training
import Zoo

/// Nets in Keras' words that are models of the registry.
@Suite struct KerasModelTests {
  /// A net as Keras would write it, in its words and order of axes and with its names of layers.
  /// - Parameter names: What the layers are called; by their class and number, as Keras does, unless given.
  private func keras(_ model: String, classes: Int, names: (String) -> String? = { _ in nil }) throws -> (
    keras: LazySnapshot, torch: OrderedDictionary<String, Tensor>
  ) {
    let entry = try Registry.model(named: model)
    var arguments = entry.defaultArguments
    arguments.numClasses = classes
    let graph = try entry.build(arguments)
    var random = RandomSource(seed: 1, purpose: .synthetic)
    var torch: OrderedDictionary<String, Tensor> = [:]
    for parameter in graph.parameters {
      torch[parameter.name] =
        parameter.name.hasSuffix("num_batches_tracked")
        ? Tensor(scalar: Int64(0))
        : Tensor(parameter.shape, dtype: .float32) { bytes in
          for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: random.nextWord()) & 0x3F }
        }
    }
    let plan = KerasPlan(torch.mapValues { TensorSource($0) }, KerasHints(graph, inputSize: entry.inputSize))
    var keras = LazySnapshot(net: [:])
    var numbers: [String: Int] = [:]
    // The file lists its layers by class.
    for layer in plan.layers.sorted(by: { $0.kind.className < $1.kind.className }) {
      let number = numbers[layer.kind.className, default: 0]
      numbers[layer.kind.className] = number + 1
      let own = number == 0 ? layer.kind.className : "\(layer.kind.className)_\(number)"
      for variable in layer.variables { keras.net["\(names(layer.name) ?? own).\(variable.keras)"] = variable.source }
    }
    return (keras, torch)
  }

  @Test(arguments: [("lenet5", 10), ("lenet5", 84), ("resnet18", 5)])
  func found(_ name: String, _ classes: Int) throws {
    let (keras, torch) = try keras(name, classes: classes)
    #expect(keras.net.keys.allSatisfy { torch[$0] == nil })
    let model = try #require(try KerasModel(keras))
    #expect(model.description == "\(name), \(classes) classes" && keras.fittingModel == model.description)
    let net = try model.snapshot.loaded().net
    #expect(net.map(\.name) == Array(torch.keys))
    for (name, tensor) in torch { #expect(net[name]?.isIdentical(to: tensor) == true, "\(name)") }
    #expect(try KerasModel(keras, model: name)?.description == model.description)
    #expect(try KerasModel(keras, model: "alexnet") == nil)
    #expect(throws: (any Error).self) { try KerasModel(keras, model: "alexnett") }
  }

  /// Names that say which layer is meant count for more than the order.
  @Test func named() throws {
    // In another order than the graph has: names sort otherwise.
    let (keras, torch) = try keras("resnet18", classes: 5) { $0.replacing(".", with: "_") }
    var shuffled = keras
    shuffled.net = OrderedDictionary(uniqueKeysWithValues: keras.net.sorted { $0.key > $1.key })
    let net = try #require(try KerasModel(shuffled)).snapshot.loaded().net
    for (name, tensor) in torch { #expect(net[name]?.isIdentical(to: tensor) == true, "\(name)") }
  }

  @Test func others() throws {
    var (keras, _) = try keras("lenet5", classes: 10)
    keras.net["conv2d.kernel"] = keras.net["conv2d_1.kernel"]
    #expect(try KerasModel(keras) == nil)
    #expect(try KerasModel(LazySnapshot(net: ["fc.weight": TensorSource(Tensor(zeros: [2, 2]))])) == nil)
  }
}
