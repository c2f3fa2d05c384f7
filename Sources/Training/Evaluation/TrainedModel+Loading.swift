import Architecture
import Checkpoint
import Datasets
public import Engine
import Foundation
import Layers
import Tensors
public import Zoo

extension TrainedModel {
  /// Reads a checkpoint.
  /// - Parameters:
  ///   - path: A checkpoint file.
  ///   - weights: Which of the file's weights.
  ///   - model: The architecture of a bare weights file, which does not say it itself; the one that its tensors fit unless
  ///     given. Otherwise it must be the checkpoint's.
  ///   - classes: The classes of a bare weights file; those of its last layer unless given.
  ///   - published: What torchvision says of the file's weights: images are prepared so, unless the file says
  ///     otherwise, and the model turns them where these weights need that.
  ///   - device: Where to compute.
  ///   - options: How to compute.
  /// - Throws: An error that names the file: it is damaged, says no architecture, or holds other tensors than the
  ///   architecture has (all of them listed).
  public static func load(
    _ path: String, weights: Weights = .net, model: String? = nil, classes: Int? = nil,
    published: PublishedWeights? = nil, device: Device = .cpu, options: ExecutionOptions = ExecutionOptions()
  ) throws -> TrainedModel {
    let snapshot = try weights.read(path).inTodaysWords
    let (entry, arguments) = try architecture(
      of: LazySnapshot(snapshot), path: path, model: model, classes: classes, published: published)
    let graph = try entry.build(arguments)
    let network = try Network(graph, device: device, options: options)
    try network.load(
      snapshot.turned(for: graph, inputSize: entry.inputSize(with: arguments)).net, of: entry, from: path)
    try checkNames(of: snapshot, arguments, path: path)
    return TrainedModel(
      entry: entry, arguments: arguments, network: network,
      preprocessing: try preprocessing(
        of: snapshot, or: published?.evaluation ?? entry.evaluation(with: arguments), channels: graph.inputChannels),
      classNames: snapshot.classNames)
  }

  /// Refuses a file with more or fewer names than classes.
  static func checkNames(of snapshot: Snapshot, _ arguments: ModelArguments, path: String) throws(TrainingError) {
    guard snapshot.classNames.isEmpty || snapshot.classNames.count == arguments.numClasses else {
      throw TrainingError(
        .mismatch, at: path.terminalEscaped,
        "holds \(snapshot.classNames.count) class names for a network of \(arguments.numClasses) classes; "
          + "the file contradicts itself")
    }
  }

  /// The model that a file says, or that its tensors are of.
  static func architecture(
    of lazy: LazySnapshot, path: String, model: String?, classes: Int?, published: PublishedWeights? = nil
  ) throws -> (ModelEntry, ModelArguments) {
    let snapshot = lazy.metadata
    if let name = snapshot.architecture {
      // A file of the architecture may be named too.
      if let model, model != name, try !ModelEntry.isPath(model) || ModelEntry.named(model).name != name {
        throw TrainingError(
          .mismatch, at: path.terminalEscaped,
          "is a checkpoint of '\(name.terminalEscaped)', not of '\(model.terminalEscaped)'")
      }
      var stored: ModelArguments?
      if snapshot.arguments != .null {
        stored = try snapshot.arguments.decoded(of: "arguments", in: path, keys: .useDefaultKeys)
      }
      let entry = try ModelEntry.named(name, definition: stored?.definition)
      let arguments = stored ?? entry.defaultArguments
      if let classes, classes != arguments.numClasses {
        throw TrainingError(
          .mismatch, at: path.terminalEscaped,
          "has \(arguments.numClasses) classes, not \(classes); train with '--classes \(classes)' for another number")
      }
      return (entry, arguments)
    }
    // A file of weights alone says what it is by the names and shapes of its tensors.
    let fit = model == nil ? lazy.fit : nil
    guard let entry = try model.map({ try ModelEntry.named($0) }) ?? fit?.entry else {
      throw TrainingError(
        .mismatch, at: path.terminalEscaped,
        "holds weights but not the name of their architecture, and they fit none exactly; say it with '--model NAME' "
          + "('zoo list' shows all), which lists what does not fit"
          + (path.lowercased().hasSuffix(".onnx")
            ? "; 'zoo import' makes a checkpoint of the whole graph of an ONNX file" : ""))
    }
    var arguments = fit?.arguments ?? entry.defaultArguments
    if fit == nil {
      let shapes = Dictionary(lazy.netShapes.map { ($0.name, $0.shape) }) { first, _ in first }
      let graph = try entry.build()
      // Inference needs no auxiliary heads, so a file may do without.
      let heads = graph.auxiliaryNames
      if !heads.isEmpty, heads.allSatisfy({ shapes[$0] == nil }) { arguments.auxLogits = false }
      arguments.numClasses = graph.classes(in: shapes) ?? arguments.numClasses
      arguments.imageSize = entry.imageSize(of: graph, in: shapes)
    }
    if let classes { arguments.numClasses = classes }
    if published?.transformsInput == true { arguments.transformInput = true }
    return (entry, arguments)
  }

  /// What a file says of its images, or else a preset.
  static func preprocessing(
    of snapshot: Snapshot, or preset: EvaluationPreset, channels: Int
  ) throws -> Preprocessing {
    if snapshot.preprocessing != .null { return try Preprocessing(json: snapshot.preprocessing.text()) }
    return try Preprocessing(preset, channels: channels)
  }
}

extension TrainedModel {
  /// Which weights of a file are meant.
  public enum Weights: Sendable, Hashable {
    /// The network's own.
    case net
    /// Their exponential moving average, as training keeps it with an ``AverageSettings/decay``, timm under
    /// `state_dict_ema` and torchvision's scripts under `model_ema`.
    case average

    /// The file with these weights for its net.
    fileprivate func read(_ path: String) throws -> Snapshot {
      guard self == .average else { return try Snapshot.read(path, .withoutOptimizer) }
      return try open(path).loaded()
    }

    /// The same with tensors that are read when they are asked for.
    func open(_ path: String) throws -> LazySnapshot {
      let snapshot = try CheckpointFile(opening: path).snapshot()
      return self == .average ? try snapshot.averaged(from: path) : snapshot
    }
  }
}

extension LazySnapshot {
  /// The same with its average of weights for the net.
  /// - Throws: ``TrainingError`` when there is none.
  func averaged(from path: String) throws(TrainingError) -> LazySnapshot {
    guard let averaged else {
      throw TrainingError(
        .mismatch, at: path.terminalEscaped,
        "holds no average of its weights; use the weights themselves, without '--ema'")
    }
    return averaged
  }
}

extension Network {
  /// Takes averages of a file.
  /// - Throws: ``TrainingError`` with every tensor that is missing, unexpected or of another shape.
  func loadAverage(_ state: StateDict, from path: String) throws {
    do throws(EngineError) {
      try loadAverage(state)
    } catch {
      guard error.code == .state else { throw error }
      throw TrainingError(
        .mismatch, at: path.terminalEscaped, "does not hold the average that training goes on with: \(error.message)")
    }
  }

  /// Takes the tensors of a file.
  /// - Throws: ``TrainingError`` with every tensor that is missing, unexpected or of another shape.
  /// When they are those of another model of the registry, the error says so.
  func load(_ state: StateDict, of model: ModelEntry, from path: String) throws {
    do throws(EngineError) {
      try load(state)
    } catch {
      guard error.code == .state else { throw error }
      throw TrainingError(
        .mismatch, at: path.terminalEscaped,
        "does not hold the tensors of '\(model.name)': \(error.message.terminalEscaped)"
          + (Registry.advice(for: state, insteadOf: model).map { "\n" + $0 } ?? ""))
    }
  }
}

extension Preprocessing {
  /// What the registry says that a model's evaluation does.
  init(_ preset: EvaluationPreset, channels: Int) throws(DatasetsError) {
    let interpolation = Interpolation(rawValue: preset.interpolation.rawValue) ?? .bilinear
    let target: Resize.Target =
      switch preset.resize {
      case .shortSide(let side): .shorterSide(side)
      case .squash(let side): .exactly(ImageSize(side))
      }
    try self.init(
      mode: channels == 1 ? .gray : .rgb,
      [
        .resize(Resize(target, interpolation: interpolation)), .centerCrop(CenterCrop(ImageSize(preset.crop))),
        .toTensor,
        .normalize(mean: preset.mean, std: preset.std),
      ])
  }
}
