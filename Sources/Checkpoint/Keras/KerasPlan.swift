import OrderedCollections
import Tensors

/// Where the tensors of a snapshot go in a Keras file: which layers they are, and in which order of axes they stand there.
///
/// Tensors are grouped by the name of their module. A layer is known by the names and ranks of its tensors, in PyTorch's
/// words or in Keras'; what is no layer of Keras stands beside the layers, where Keras does not look.
struct KerasPlan {
  /// A variable of a layer.
  struct Variable {
    /// Its name in the snapshot.
    let name: String
    /// Its name in Keras, `kernel`.
    let keras: String
    let layout: KerasLayout
    /// The tensor in Keras' order.
    let source: TensorSource
  }

  /// A layer with its variables in Keras' order.
  struct Layer {
    /// The name of the module, `features.0`; the user's name of the layer in Keras.
    let name: String
    let kind: KerasLayerKind
    let variables: [Variable]
  }

  /// The layers in the order of the net.
  private(set) var layers: [Layer] = []
  /// Tensors of the net that are no variable of a layer.
  private(set) var rest: OrderedDictionary<String, TensorSource> = [:]

  init(_ net: OrderedDictionary<String, TensorSource>, _ hints: KerasHints) {
    var modules: OrderedDictionary<String, OrderedDictionary<String, TensorSource>> = [:]
    for (name, source) in net {
      let (module, own) = Self.split(name)
      modules[module, default: [:]][own] = source
    }
    for module in Self.order(net.keys, hints) {
      guard let tensors = modules[module] else { continue }
      let layer = Self.layer(module, tensors, hints)
      let used = Set(layer?.variables.map(\.name) ?? [])
      if let layer { layers.append(layer) }
      for (own, source) in tensors {
        let name = Self.join(module, own)
        if !used.contains(name) { rest[name] = source }
      }
    }
  }

  /// The modules in the order of the layers. Names that are merely sorted, as safetensors of others have them, are put in the
  /// order of their numbers at least: `9` before `10`.
  private static func order(_ names: OrderedSet<String>, _ hints: KerasHints) -> [String] {
    let all = OrderedSet(names.map { split($0).module })
    let known = OrderedSet(hints.order.map { split($0).module }).filter { all.contains($0) }
    // What lies apart for its type, as counts of batches do, says nothing of the order.
    let telling = names.filter { !$0.hasSuffix("num_batches_tracked") }
    var rest = OrderedSet(telling.map { split($0).module }).union(all).subtracting(known)
    if zip(telling, telling.dropFirst()).allSatisfy({ $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      rest.sort { naturally($0, $1) }
    }
    return Array(known) + rest
  }

  /// Whether a name comes before another when runs of digits count as numbers.
  private static func naturally(_ first: String, _ second: String) -> Bool {
    func parts(_ name: String) -> [(Int, String)] {
      name.split(separator: ".").map { part in Int(part).map { ($0, "") } ?? (.max, String(part)) }
    }
    let (left, right) = (parts(first), parts(second))
    for (one, other) in zip(left, right) where one != other { return one < other }
    return left.count < right.count
  }

  static func split(_ name: String) -> (module: String, own: String) {
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return ("", name) }
    return (String(name[..<dot]), String(name[name.index(after: dot)...]))
  }

  static func join(_ module: String, _ own: String) -> String { module.isEmpty ? own : module + "." + own }

  /// The layer that a module is.
  private static func layer(
    _ module: String, _ tensors: OrderedDictionary<String, TensorSource>, _ hints: KerasHints
  ) -> Layer? {
    guard !module.isEmpty, let found = kind(module, tensors, hints) else { return nil }
    let variables = found.kind.variables.compactMap { variable -> Variable? in
      let own = found.isKeras ? variable.keras : variable.torch
      guard let source = tensors[own] else { return nil }
      // Only the weights of a layer are matrices; the other variables are the same everywhere.
      let layout = own == "weight" ? found.layout : .same
      guard let turned = layout.keras(source) else { return nil }
      return Variable(name: join(module, own), keras: variable.keras, layout: layout, source: turned)
    }
    return variables.isEmpty ? nil : Layer(name: module, kind: found.kind, variables: variables)
  }

  private static func kind(
    _ module: String, _ tensors: OrderedDictionary<String, TensorSource>, _ hints: KerasHints
  ) -> (kind: KerasLayerKind, layout: KerasLayout, isKeras: Bool)? {
    if tensors["moving_mean"] != nil { return (.batchNormalization, .same, true) }
    if tensors["running_mean"] != nil { return (.batchNormalization, .same, false) }
    if let kernel = tensors["kernel"] {
      return kernel.shape.rank == 4 ? (.convolution, .same, true) : kernel.shape.rank == 2 ? (.dense, .same, true) : nil
    }
    if tensors["depthwise_kernel"] != nil, tensors["pointwise_kernel"] == nil { return (.depthwise, .same, true) }
    if tensors["gamma"] != nil { return (.layerNormalization, .same, true) }
    if tensors["embeddings"] != nil { return (.embedding, .same, true) }
    guard let weight = tensors["weight"] else { return nil }
    let name = join(module, "weight")
    switch weight.shape.rank {
    case 4:
      if let multiplier = hints.depthwise[name] { return (.depthwise, .depthwise(multiplier: multiplier), false) }
      return (.convolution, .convolution, false)
    case 2:
      if let image = hints.flattened[name] {
        let layout = KerasLayout.flattened(channels: image.channels, height: image.height, width: image.width)
        if layout.permutation(from: weight.shape) != nil { return (.dense, layout, false) }
      }
      return (.dense, .dense, false)
    case 1: return (.layerNormalization, .same, false)
    default: return nil
    }
  }
}
