public import Checkpoint
import Layers
import Tensors
import Zoo

extension LazySnapshot {
  /// The registry's model whose parameters and buffers have the names and shapes of this net, with the number of classes
  /// that its last layer has, or whose layers a net of Keras has: `alexnet, 10 classes`. `nil` when there is none.
  public var fittingModel: String? { fit.map { "\($0.entry.name), \($0.classes) classes" } }

  /// The same as what it is made of.
  var fit: (entry: ModelEntry, classes: Int, graph: Graph)? {
    if let keras = try? KerasModel(self) { return (keras.entry, keras.classes, keras.graph) }
    return Registry.fitting(netShapes)
  }
}

extension Registry {
  /// The model that has exactly these tensors, how many classes its last layer then has, and its graph.
  static func fitting(
    _ tensors: [(name: String, shape: Shape)]
  ) -> (entry: ModelEntry, classes: Int, graph: Graph)? {
    let shapes = Dictionary(tensors.map { ($0.name, $0.shape) }) { first, _ in first }
    guard let classes = classes(of: tensors) else { return nil }
    for entry in models {
      var arguments = entry.defaultArguments
      arguments.numClasses = classes
      guard let graph = try? entry.build(arguments), graph.parameters.count == shapes.count else { continue }
      if graph.parameters.allSatisfy({ shapes[$0.name] == $0.shape }) { return (entry, classes, graph) }
    }
    return nil
  }

  /// The outputs of a net by its last tensor, the bias or the weights of the last layer.
  static func classes(of tensors: [(name: String, shape: Shape)]) -> Int? {
    tensors.last { $0.shape.rank > 0 }?.shape.dimensions.first
  }
}
