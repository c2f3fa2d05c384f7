import OrderedCollections
public import Tensors

/// Turns nets of Keras into PyTorch's words: names of variables, and the order of axes.
///
/// Nothing of this is exact about meaning: a net gives the same outputs only when its layers do the same. Keras' batch
/// normalisation adds 1e-3 to the variance by default, PyTorch's 1e-5; 'same' padding of strided convolutions is another in
/// both.
public enum KerasLayouts {
  /// Whether a net is in Keras' words, as files of Keras are.
  public static func isKeras(_ snapshot: LazySnapshot) -> Bool {
    let words: Set = ["kernel", "gamma", "moving_mean", "depthwise_kernel", "embeddings"]
    return snapshot.net.keys.contains { words.contains(KerasPlan.split($0).own) }
  }

  /// Turns a net by rules, when nothing is known of its architecture: layers keep their names.
  ///
  /// A linear layer behind a Flatten takes its inputs in Keras' order still: only the architecture tells their extents.
  public static func torch(_ snapshot: LazySnapshot) -> LazySnapshot {
    var turns: OrderedDictionary<String, Turn> = [:]
    for (name, source) in snapshot.net {
      let (module, own) = KerasPlan.split(name)
      let (word, layout) = meaning(own, source.shape)
      turns[name] = Turn(name: KerasPlan.join(module, word), layout: layout)
    }
    return applied(turns, to: snapshot)
  }

  /// Turns a net into that of a known architecture.
  ///
  /// A layer of the same name, or of that with `_` for dots, is the one that is meant. Keras numbers all others within their
  /// class, so that each class is matched by itself: each layer of the architecture gets the first layer left whose tensors
  /// have its shapes. What fits nowhere keeps its name and place at the end; what
  /// the architecture expects and no layer has stays missing, but counts of batches, which Keras does not have, are 0.
  /// - Parameters:
  ///   - expected: The names and shapes of the architecture's tensors, in order.
  ///   - hints: What the shapes do not tell.
  public static func torch(
    _ snapshot: LazySnapshot, expected: [(name: String, shape: Shape)], hints: KerasHints = KerasHints()
  ) -> LazySnapshot {
    var layers = modules(snapshot.net.map { (name: $0.key, value: $0.value) })
    var turns: OrderedDictionary<String, Turn> = [:]
    var counts: OrderedDictionary<String, TensorSource> = [:]
    let wantedModules = modules(expected.map { (name: $0.name, value: $0.shape) })
    let named = Set(wantedModules.map { plainName($0.module) })
    for (module, tensors) in wantedModules {
      let own = OrderedDictionary(uniqueKeysWithValues: tensors.map { ($0.own, $0.value) })
      let wanted = own.filter { $0.key != batchCount }
      let name = KerasPlan.join(module, "weight")
      let fits = layers.indices.filter { index in
        let layer = layers[index]
        return layer.tensors.count == wanted.count
          && layer.tensors.allSatisfy { tensor in
            let (word, layout) = meaning(tensor.own, tensor.value.shape, name, hints)
            return wanted[word] != nil && layout.torch(tensor.value)?.shape == wanted[word]
          }
      }
      let match =
        fits.first { plainName(layers[$0].module) == plainName(module) }
        ?? fits.first { !named.contains(plainName(layers[$0].module)) } ?? fits.first
      guard let match else { continue }
      let found = layers.remove(at: match)
      for tensor in found.tensors {
        let (word, layout) = meaning(tensor.own, tensor.value.shape, name, hints)
        turns[KerasPlan.join(found.module, tensor.own)] = Turn(name: KerasPlan.join(module, word), layout: layout)
      }
      if own[batchCount] != nil {
        counts[KerasPlan.join(module, batchCount)] = TensorSource(Tensor(scalar: Int64(0)))
      }
    }
    var result = applied(turns, to: snapshot)
    result.net.merge(counts) { first, _ in first }
    let order = Dictionary(expected.enumerated().map { ($0.element.name, $0.offset) }) { first, _ in first }
    result.net.sort { (order[$0.key] ?? .max) < (order[$1.key] ?? .max) }
    return result
  }

  /// What becomes of a tensor.
  private struct Turn {
    let name: String
    let layout: KerasLayout
  }

  /// Turns tensors, and with each of them what the optimizer keeps for it.
  private static func applied(_ turns: OrderedDictionary<String, Turn>, to snapshot: LazySnapshot) -> LazySnapshot {
    var result = snapshot
    var taken: OrderedSet<String> = []
    result.net = [:]
    result.optimizerState = [:]
    for (name, source) in snapshot.net {
      guard let turn = turns[name], let turned = turn.layout.torch(source), taken.append(turn.name).inserted else {
        result.net[name] = source
        result.optimizerState[name] = snapshot.optimizerState[name]
        continue
      }
      result.net[turn.name] = turned
      result.optimizerState[turn.name] = snapshot.optimizerState[name]?.mapValues { slot in
        slot.shape == source.shape ? turn.layout.torch(slot) ?? slot : slot
      }
    }
    let groups = snapshot.metadata.optimizer?.groups ?? []
    for (index, group) in groups.enumerated() {
      let parameters = group.parameters.map { turns[$0]?.name ?? $0 }
      result.metadata.optimizer?.groups[index].parameters = parameters
    }
    return result
  }

  /// PyTorch's count of the batches that a batch normalisation has seen.
  private static let batchCount = "num_batches_tracked"

  /// A name without what people put in place of dots.
  private static func plainName(_ module: String) -> String { String(module.map { $0 == "." ? "_" : $0 }) }

  /// Tensors by the name of their module, in order.
  private static func modules<Part>(
    _ tensors: [(name: String, value: Part)]
  ) -> [(module: String, tensors: [(own: String, value: Part)])] {
    var modules: OrderedDictionary<String, [(own: String, value: Part)]> = [:]
    for tensor in tensors {
      let (module, own) = KerasPlan.split(tensor.name)
      modules[module, default: []].append((own, tensor.value))
    }
    return modules.map { ($0.key, $0.value) }
  }

  /// What a variable of Keras is called in PyTorch, and how it is turned.
  /// - Parameter name: The name of the weights that it is to become, for the hints.
  private static func meaning(
    _ own: String, _ shape: Shape, _ name: String = "", _ hints: KerasHints = KerasHints()
  ) -> (word: String, layout: KerasLayout) {
    switch own {
    case "kernel":
      if let image = hints.flattened[name] {
        return ("weight", .flattened(channels: image.channels, height: image.height, width: image.width))
      }
      if shape.rank == 4, let multiplier = hints.depthwise[name], shape[3] == multiplier {
        return ("weight", .depthwise(multiplier: multiplier))
      }
      return ("weight", shape.rank == 4 ? .convolution : shape.rank == 2 ? .dense : .same)
    case "depthwise_kernel" where shape.rank == 4: return ("weight", .depthwise(multiplier: max(1, shape[3])))
    case "gamma", "embeddings": return ("weight", .same)
    case "beta": return ("bias", .same)
    case "moving_mean": return ("running_mean", .same)
    case "moving_variance": return ("running_var", .same)
    default: return (own, .same)
    }
  }
}
