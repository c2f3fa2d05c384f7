import Architecture
public import Checkpoint
import Layers
import Tensors
import Zoo

/// A net in Keras' words that is a model of the registry.
public struct KerasModel {
  let entry: ModelEntry
  let classes: Int
  let graph: Graph
  /// The same net in the model's words and order of axes.
  public let snapshot: LazySnapshot

  /// `alexnet, 10 classes`
  public var description: String { "\(entry.name), \(classes) classes" }

  /// Finds the model whose layers a net has.
  /// - Parameters:
  ///   - snapshot: A net in Keras' words.
  ///   - model: The only model to try; all of the registry unless given.
  /// - Returns: `nil` when the net is not in Keras' words, or is none of the models.
  /// - Throws: When there is no such model.
  public init?(_ snapshot: LazySnapshot, model: String? = nil) throws {
    guard KerasLayouts.isKeras(snapshot) else { return nil }
    let entries = try model.map { [try ModelEntry.named($0)] } ?? Registry.models
    for entry in entries {
      // How many tensors there are does not depend on the classes: few models are left to try.
      guard let usual = try? entry.build(entry.defaultArguments), usual.namesInKeras == snapshot.netShapes.count else {
        continue
      }
      for classes in Self.outputs(of: snapshot) {
        var arguments = entry.defaultArguments
        arguments.numClasses = classes
        guard let graph = try? entry.build(arguments) else { continue }
        let turned = KerasLayouts.torch(
          snapshot, expected: graph.parameters.map { ($0.name, $0.shape) },
          hints: KerasHints(graph, inputSize: entry.inputSize))
        // It is in the order of the graph, what fits nowhere at the end.
        guard turned.netShapes.elementsEqual(graph.parameters, by: { $0.name == $1.name && $0.shape == $1.shape })
        else {
          continue
        }
        (self.entry, self.classes, self.graph, self.snapshot) = (entry, classes, graph, turned)
        return
      }
    }
    return nil
  }

  /// How many outputs the last layer may have: those of any layer that could be the last, since files of Keras do not say
  /// which one is.
  private static func outputs(of snapshot: LazySnapshot) -> [Int] {
    let kernels = snapshot.netShapes.filter { $0.name.hasSuffix("kernel") }.map(\.shape)
    let linear = kernels.filter { $0.rank == 2 }.map { $0[1] }
    let outputs = linear.isEmpty ? kernels.filter { $0.rank == 4 }.map { $0[3] } : linear
    var found: [Int] = []
    for output in outputs.reversed() where !found.contains(output) { found.append(output) }
    return found
  }
}

extension Graph {
  /// How many of the tensors Keras has too: all but counts of batches.
  fileprivate var namesInKeras: Int { parameters.count { !$0.name.hasSuffix("num_batches_tracked") } }
}
