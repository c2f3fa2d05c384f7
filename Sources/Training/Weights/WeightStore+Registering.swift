public import Checkpoint
import Layers
import OrderedCollections
import Tensors
import Zoo

extension WeightStore {
  /// Registers a file of weights, after a look at what it holds.
  ///
  /// The model is the one that is given, that the file says, that torchvision publishes under the file's name or digest, or
  /// that the tensors fit. All tensors must be the model's.
  /// - Parameters:
  ///   - path: A checkpoint file of any format that holds everything itself.
  ///   - name: What it will be called; `MODEL@TAG` for torchvision's files and the file's name for others unless given.
  ///   - model: The architecture.
  ///   - classes: The classes; those of the last layer unless given.
  ///   - replaces: Whether a name that is there may get other weights.
  /// - Returns: What is registered now, and a description of its model: `resnet18, 1000 classes`.
  /// - Throws: An error that names the file: it is damaged, has not the digest that its name says, or holds other tensors
  ///   than the model has (all of them listed, and which model they fit).
  public func register(
    _ path: String, named name: String? = nil, model: String? = nil, classes: Int? = nil, replaces: Bool = false
  ) throws -> (weights: RegisteredWeights, description: String) {
    let sha256 = try FileDigest.sha256(of: path)
    let published = try Registry.publishedFile(at: path, sha256: sha256) ?? Registry.published(sha256: sha256)
    if let model, let published, published.entry.name != model {
      throw TrainingError(
        .mismatch, at: path.terminalEscaped,
        "is torchvision's file of '\(published.entry.name)', not of '\(model.terminalEscaped)'")
    }
    try Self.checkIsWhole(path)
    let stored = try StoredModel(opening: path, model: model ?? published?.entry.name, classes: classes)
    try stored.check(path: path)
    let namesItself = try CheckpointFile(opening: path).snapshot().metadata.architecture != nil
    guard stored.entry.definition == nil || namesItself else {
      throw TrainingError(
        .mismatch, at: path.terminalEscaped,
        "holds no architecture, and that of '\(stored.entry.name)' is a file of its own, which can change: checkpoints of a "
          + "training hold both and can be registered; this file works by its path, with '--model \(model?.terminalEscaped ?? "FILE.yaml")'"
      )
    }
    let weights = try add(
      path, named: try name ?? published?.name ?? Self.name(of: path), model: stored.entry.name,
      classes: stored.arguments.numClasses, fileName: published?.weights.file, replaces: replaces)
    return (weights, "\(stored.entry.name), \(stored.arguments.numClasses) classes")
  }

  /// Refuses files whose tensors lie in other files.
  private static func checkIsWhole(_ path: String) throws {
    guard try CheckpointFile(opening: path).isWhole else {
      throw TrainingError(
        .mismatch, at: path.terminalEscaped,
        "has tensors in other files; 'zoo convert' makes one file of them, which can be registered")
    }
  }

  /// What a file's weights are called unless the user says it.
  private static func name(of path: String) throws -> String {
    var name = path.split(separator: "/").last.map(String.init) ?? path
    let endings = [
      ".weights.h5", ".h5", ".hdf5", ".keras", ".pth", ".pt", ".bin", ".safetensors", ".npz", ".onnx", ".tar",
    ]
    while let ending = endings.first(where: { name.lowercased().hasSuffix($0) && name.count > $0.count }) {
      name.removeLast(ending.count)
    }
    return name
  }
}

extension StoredModel {
  /// Refuses tensors that are not those of the model.
  /// - Throws: ``TrainingError`` with all that are missing, unexpected and of another shape, and the model that they fit.
  func check(path: String) throws {
    let found = Dictionary(uniqueKeysWithValues: net.map { ($0.key, $0.value.shape) })
    let mismatches = Mismatches(found: Array(net.keys), shapes: found, expected: graph.stateShapes)
    guard !mismatches.isEmpty else { return }
    let advice = Registry.advice(for: net.map { (name: $0.key, shape: $0.value.shape) }, insteadOf: entry)
    throw TrainingError(
      .mismatch, at: path.terminalEscaped,
      "does not hold the tensors of '\(entry.name)'\n\(mismatches.summary)" + (advice.map { "\n" + $0 } ?? ""))
  }
}
