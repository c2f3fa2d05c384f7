import Architecture
public import Checkpoint
import Foundation
import Layers
import Tensors
import Zoo

extension Graph {
  /// The outputs of a net of these tensors: those of the last layer, whose bias or weights come last in the network.
  func classes(in shapes: [String: Shape]) -> Int? {
    parameters.last { $0.role == .trainable }.flatMap { shapes[$0.name]?.dimensions.first }
  }

  /// The names of the parameters that only training needs: those of auxiliary heads.
  var auxiliaryNames: Set<String> {
    let inference = inferenceNodes
    let heads = nodes.indices.filter { !inference.contains($0) }
    return Set(heads.flatMap { nodes[$0].parameters }.map { parameters[$0].name })
  }
}

extension ModelEntry {
  /// The size of the images that a net of these tensors is for, by its learned positions: one for each patch, and one more.
  /// `nil` when it is the model's own, or not a size.
  /// - Parameter graph: The network for images of the model's own size.
  func imageSize(of graph: Graph, in shapes: [String: Shape]) -> Int? {
    guard hasImageSize else { return nil }
    for node in graph.nodes {
      guard case .positionEmbedding(let tokens, _) = node.operation, let index = node.parameters.first,
        let shape = shapes[graph.parameters[index].name], shape.rank == 3, (2...1 << 24).contains(shape.dimensions[1])
      else { continue }
      let side = Int(Double(shape.dimensions[1] - 1).squareRoot())
      let usualSide = Int(Double(tokens - 1).squareRoot())
      guard side * side == shape.dimensions[1] - 1, side != usualSide else { return nil }
      let (size, isTooLarge) = side.multipliedReportingOverflow(by: inputSize / usualSide)
      return isTooLarge ? nil : size
    }
    return nil
  }
}

extension LazySnapshot {
  /// The registry's model whose parameters and buffers have the names and shapes of this net, with the number of classes
  /// that its last layer has, or whose layers a net of Keras has: `alexnet, 10 classes`. `nil` when there is none.
  public var fittingModel: String? { fit.map { "\($0.entry.name), \($0.arguments.numClasses) classes" } }

  /// The same as what it is made of.
  var fit: (entry: ModelEntry, arguments: ModelArguments, graph: Graph)? {
    if let keras = try? KerasModel(self) {
      var arguments = keras.entry.defaultArguments
      arguments.numClasses = keras.classes
      return (keras.entry, arguments, keras.graph)
    }
    return Registry.fitting(inTodaysWords.netShapes)
  }
}

extension LazySnapshot {
  /// The model that the file names, from the registry or from the architecture that it holds, and what it is built with, when
  /// that can be read; `nil` when the file names none that there is.
  var namedModel: (entry: ModelEntry, arguments: ModelArguments?)? {
    guard let name = metadata.architecture else { return nil }
    var stored: ModelArguments?
    if metadata.arguments != .null {
      stored = try? metadata.arguments.decoded(of: "arguments", in: "", keys: .useDefaultKeys)
      guard stored != nil else { return (try? Registry.model(named: name)).map { ($0, nil) } }
    }
    guard let entry = try? ModelEntry.named(name, definition: stored?.definition) else { return nil }
    return (entry, stored ?? entry.defaultArguments)
  }
}

extension Registry {
  /// The model that has exactly these tensors, in any order, its arguments then, and its graph.
  static func fitting(
    _ tensors: [(name: String, shape: Shape)]
  ) -> (entry: ModelEntry, arguments: ModelArguments, graph: Graph)? {
    let shapes = Dictionary(tensors.map { ($0.name, $0.shape) }) { first, _ in first }
    for entry in models {
      for auxLogits in entry.hasAuxiliaryHeads ? [nil, false] : [nil] {
        var arguments = entry.defaultArguments
        arguments.auxLogits = auxLogits
        // Which tensors there are does not depend on the classes: few models are built a second time.
        guard let usual = try? entry.build(arguments), usual.parameters.count == shapes.count,
          usual.parameters.allSatisfy({ shapes[$0.name] != nil }), let classes = usual.classes(in: shapes)
        else { continue }
        arguments.numClasses = classes
        arguments.imageSize = entry.imageSize(of: usual, in: shapes)
        let isUsual = classes == entry.numClasses && arguments.imageSize == nil
        let graph = isUsual ? usual : try? entry.build(arguments)
        guard let graph, graph.parameters.allSatisfy({ shapes[$0.name] == $0.shape }) else { continue }
        return (entry, arguments, graph)
      }
    }
    return nil
  }

  /// Which other model the tensors are those of that are not a model's; `nil` when they fit none.
  static func advice(for state: StateDict, insteadOf model: ModelEntry) -> String? {
    advice(for: state.map { (name: $0.name, shape: $0.tensor.shape) }, insteadOf: model)
  }

  /// The same of names and shapes.
  static func advice(for tensors: [(name: String, shape: Shape)], insteadOf model: ModelEntry) -> String? {
    guard let fit = fitting(tensors) else { return nil }
    if fit.entry.name == model.name, let size = fit.arguments.imageSize {
      return "its tensors are those of the model for images of \(size) pixels: choose '--input-size \(size)'"
    }
    guard fit.entry.name != model.name else { return nil }
    return "its tensors are those of '\(fit.entry.name)' with \(fit.arguments.numClasses) classes: choose that model"
  }
}
