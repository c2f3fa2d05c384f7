import Checkpoint
import Layers
import Tensors
import Zoo

/// The tensors of a file that a training begins from, matched by name and shape with those of its network.
struct StartingWeights {
  /// What is taken from the file, in the order of the network.
  private(set) var loaded: [String] = []
  /// What begins as without a file: the name, its shape, and the shape under that name in the file.
  private(set) var new: [(name: String, shape: Shape, stored: Shape?)] = []
  /// Names of the file that the network does not have.
  private(set) var skipped: [String] = []
  private let path: String
  private let net: [String: TensorSource]
  private let graph: Graph
  private let entry: ModelEntry
  /// What the file's classes are called, where it says so.
  private let classNames: [String]

  /// Whether it is the file's average of weights that is taken.
  private let isAverage: Bool

  /// Matches a file of any format; tensors are not read yet.
  /// - Parameter takesAverage: Whether the average of weights is taken where the file holds one.
  /// - Throws: ``TrainingError`` when none of the network's weights is in the file.
  init(_ path: String, takesAverage: Bool = true, for graph: Graph, of entry: ModelEntry) throws {
    let opened = try CheckpointFile(opening: path).snapshot()
    let averaged = takesAverage ? opened.averaged : nil
    isAverage = averaged != nil
    let snapshot = try Self.torch(averaged ?? opened, graph, entry).inTodaysWords
    let stored = snapshot.netSources
    net = Dictionary(stored) { first, _ in first }
    (self.path, self.graph, self.entry, classNames) = (path, graph, entry, snapshot.metadata.classNames)
    for parameter in graph.parameters {
      if let source = net[parameter.name], source.shape == parameter.shape,
        source.dtype == parameter.dtype || (source.dtype.isFloatingPoint && parameter.dtype.isFloatingPoint)
      {
        loaded.append(parameter.name)
      } else {
        new.append((parameter.name, parameter.shape, net[parameter.name]?.shape))
      }
    }
    let names = Set(graph.parameters.map(\.name))
    skipped = stored.map(\.name).filter { !names.contains($0) }
    let weights = Set(graph.parameters.filter { $0.role == .trainable && $0.shape.rank > 1 }.map(\.name))
    guard loaded.contains(where: weights.contains) else {
      throw TrainingError(
        .mismatch, at: path.terminalEscaped,
        "has no weights for '\(entry.name)': of its \(net.count) tensors (such as "
          + stored.prefix(3).map { "'\($0.name.terminalEscaped)' \($0.source.shape)" }.joined(separator: ", ")
          + ") none has the name and shape of one of the network's \(graph.parameters.count) (such as "
          + graph.parameters.prefix(3).map { "'\($0.name)' \($0.shape)" }.joined(separator: ", ")
          + "); 'zoo convert --rename' changes names")
    }
  }

  /// The net in the words of PyTorch, when it comes from Keras.
  private static func torch(_ snapshot: LazySnapshot, _ graph: Graph, _ entry: ModelEntry) throws -> LazySnapshot {
    guard KerasLayouts.isKeras(snapshot) else { return snapshot }
    if let model = try KerasModel(snapshot, model: entry.name) { return model.snapshot }
    return KerasLayouts.torch(
      snapshot, expected: graph.parameters.map { ($0.name, $0.shape) },
      hints: KerasHints(graph, inputSize: entry.inputSize))
  }

  /// Every tensor of the network: the file's, or those of `initial`.
  func state(initial: StateDict) throws -> StateDict {
    var state = initial
    for name in loaded {
      guard let source = net[name], let dtype = state[name]?.dtype else { continue }
      // Types were matched before.
      guard let converted = try source.tensor().converted(to: dtype) else { continue }
      guard converted.overflowCount == 0 else {
        throw TrainingError(
          .mismatch, at: path.terminalEscaped,
          "holds numbers in '\(name.terminalEscaped)' that are too large for \(dtype.rawValue)")
      }
      state[name] = converted.tensor
    }
    return state
  }

  /// What a user should know, one sentence each.
  /// - Parameter classNames: Of the data.
  func notices(classNames: [String]) -> [String] {
    // The store's own folders, called by digests, tell a user nothing.
    let parts = path.split(separator: "/")
    let isRegistered =
      parts.count > 1 && parts[parts.count - 2].count == 64 && parts[parts.count - 2].allSatisfy(\.isHexDigit)
    let place = (isRegistered ? String(parts[parts.count - 1]) : path).terminalEscaped
    var notices = ["\(place): loaded \(loaded.count) of \(graph.parameters.count) tensors"]
    if isAverage { notices[0] += " from its average of weights ('--no-weights-ema' takes the weights themselves)" }
    let converted = loaded.filter { name in net[name].map { $0.dtype.isFloatingPoint && $0.dtype != .float32 } ?? false
    }
    if let first = converted.first, let dtype = net[first]?.dtype {
      notices[0] += ", \(converted.count) of them converted from \(dtype.rawValue)"
    }
    if !new.isEmpty {
      notices.append(
        "new \(Self.list(new.map { "\($0.name) \($0.shape)" + ($0.stored.map { " (\($0) in the file)" } ?? "") }))")
    }
    if !skipped.isEmpty || new.contains(where: { $0.stored != nil }),
      let advice = Registry.advice(for: net.map { (name: $0.key, shape: $0.value.shape) }, insteadOf: entry)
    {
      notices.append(advice)
    }
    if !skipped.isEmpty { notices.append("not in the network \(Self.list(skipped.map(\.terminalEscaped)))") }
    let isHeadLoaded = graph.parameters.last { $0.role == .trainable }.map { loaded.contains($0.name) } ?? false
    if isHeadLoaded, !self.classNames.isEmpty, self.classNames != classNames {
      notices.append(
        "the file's last layer is for other classes ('\(self.classNames[0].terminalEscaped)', …) and was loaded all the "
          + "same, since it has as many")
    }
    return notices
  }

  /// So many names are shown.
  private static let shown = 12

  private static func list(_ names: [String]) -> String {
    "(\(names.count)): " + names.prefix(shown).joined(separator: ", ") + (names.count > shown ? ", …" : "")
  }
}
