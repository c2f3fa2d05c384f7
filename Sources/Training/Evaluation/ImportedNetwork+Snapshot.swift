import Architecture
public import Checkpoint
public import Datasets
import Foundation
import Layers
public import ONNX
import Tensors
public import Zoo

extension ImportedNetwork {
  /// The model as a checkpoint that holds everything itself: the graph is among the arguments of its architecture.
  /// - Parameters:
  ///   - name: What the architecture is called.
  ///   - file: The file that it comes from.
  ///   - classNames: The names of the classes, where the file does not say them.
  /// - Throws: ``TrainingError`` when there are not as many names as classes, and for images of other channels than 1 or 3.
  public func checkpoint(named name: String, from file: CheckpointFile, classNames: [String]? = nil) throws
    -> LazySnapshot
  {
    guard [1, 3].contains(graph.inputChannels) else {
      throw TrainingError(
        .mismatch, at: file.path.terminalEscaped,
        "takes images of \(graph.inputChannels) channels; zoo reads images of 1 channel (grey) or 3 (RGB)")
    }
    let definition = GraphDefinition(
      summary: "imported from ONNX; \(classes) classes", source: "imported from ONNX", inputSize: inputSize,
      classes: classes, evaluation: preset, graph: graph)
    let entry = try definition.entry(named: name)
    var snapshot = LazySnapshot(net: net)
    snapshot.metadata.architecture = name
    snapshot.metadata.arguments = try JSONValue(encoding: entry.defaultArguments)
    if let preprocessing {
      snapshot.metadata.preprocessing = try JSONValue(parsing: preprocessing.json)
    }
    let names = classNames ?? self.classNames
    guard names.isEmpty || names.count == classes else {
      throw TrainingError(
        .mismatch, "\(names.count) names are given for a network of \(classes) classes; each output needs one name")
    }
    snapshot.metadata.classNames = names
    snapshot.metadata.provenance = [["imported_from": "onnx", "bytes": .integer(file.contents.byteCount)]]
    return snapshot
  }

  /// Why preprocessing that the file has is not taken, a line fit for a terminal; `nil` when it is, or it has none.
  public var preprocessingNote: String? {
    guard properties["preprocessing"] != nil else { return nil }
    guard let stated else { return "the file's 'preprocessing' cannot be read as zoo's, and is left out" }
    guard let preprocessing else {
      return
        "the file's 'preprocessing' is for images of another kind, of \(stated.channels)x\(stated.outputSize), and is left out"
    }
    return preprocessing.outputSize == stated.outputSize
      ? nil
      : "the file's 'preprocessing' is for images of \(stated.outputSize); with the same margins it is taken for "
        + "\(preprocessing.outputSize)"
  }

  /// How images are prepared, as a model that zoo exported says it, for images of the network's size; `nil` for models of
  /// other programs, and where it is for images of other channels.
  public var preprocessing: Preprocessing? {
    guard let stated, stated.channels == graph.inputChannels else { return nil }
    return try? stated.scaled(to: ImageSize(inputSize))
  }

  /// What the file has for preprocessing; `nil` when it cannot be read.
  private var stated: Preprocessing? { properties["preprocessing"].flatMap { try? Preprocessing(json: $0) } }

  /// The names of the classes, as a model that zoo exported says them; none when they are not as many as the classes.
  private var classNames: [String] { statedNames.flatMap { $0.count == classes ? $0 : nil } ?? [] }

  /// What the file has for names of the classes; `nil` when it is no list of texts.
  private var statedNames: [String]? {
    properties["class_names"].flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) }
  }

  /// Why names of classes that the file has are not taken, a line fit for a terminal; `nil` when they are, or it has none.
  public var classNamesNote: String? {
    guard properties["class_names"] != nil, classNames.isEmpty else { return nil }
    let reason =
      statedNames.map { "are \($0.count) for \(classes) outputs" } ?? "cannot be read as a JSON list of texts"
    return "the file's 'class_names' \(reason), and are left out; a file for '--class-indices' says the names"
  }

  /// How images are prepared for models that do not say it: what most models of images of this size are evaluated with.
  public var preset: EvaluationPreset {
    let isColored = graph.inputChannels == 3
    let half = Array(repeating: 0.5, count: graph.inputChannels)
    return EvaluationPreset(
      resize: isColored ? .shortSide((inputSize * 8 + 3) / 7) : .squash(inputSize), crop: inputSize,
      mean: isColored ? EvaluationPreset.imagenet.mean : half, std: isColored ? EvaluationPreset.imagenet.std : half)
  }
}
