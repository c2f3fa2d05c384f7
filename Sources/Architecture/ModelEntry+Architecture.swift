import Checkpoint
import Layers
public import Zoo

extension ModelEntry {
  /// The model that a user names: one of the registry, or that of a YAML file or a checkpoint whose path is given.
  ///
  /// What has a slash or ends in `.yaml`, `.yml` or `.h5` is a path; what ends in `.h5` is a checkpoint.
  /// - Throws: `ZooError` that names the nearest models, ``ArchitectureError`` that names the line of the file.
  public static func named(_ name: String) throws -> ModelEntry {
    guard isPath(name) else { return try Registry.model(named: name) }
    if CheckpointFormat(fileName: name) == .native { return try ModelEntry(checkpoint: name) }
    return try ModelEntry(architectureFile: name)
  }

  /// The model that a checkpoint names, from the registry or from the architecture that it holds.
  /// - Parameter definition: `ModelArguments.definition` of the checkpoint.
  /// - Throws: `ZooError` when there is no such model, ``ArchitectureError`` when what the checkpoint holds is none.
  public static func named(_ name: String, definition: String?) throws -> ModelEntry {
    guard let definition else { return try Registry.model(named: name) }
    // It reaches the terminal; files of YAML may be called almost anything, so no more is asked of it.
    guard !name.isEmpty, name == name.terminalEscaped else {
      throw ZooError(.argument, "'\(name.terminalEscaped)' cannot be the name of an architecture")
    }
    if GraphDefinition.isOne(definition) {
      return try GraphDefinition(text: definition, name: name).entry(named: name, definition: definition)
    }
    return try ModelEntry(architecture: definition, name: name, path: "the architecture of '\(name)'")
  }

  /// Whether a model is named by its file.
  public static func isPath(_ name: String) -> Bool {
    name.contains("/") || name.hasSuffix(".yaml") || name.hasSuffix(".yml")
      || CheckpointFormat(fileName: name) == .native
  }

  /// Reads a file.
  /// - Throws: ``ArchitectureError`` with the line that is wrong, and what it should be.
  public init(architectureFile path: String) throws {
    let bytes: [UInt8]
    do {
      bytes = try PublishedFile.read(path, atMost: YAMLText.mostBytes)
    } catch let error as CheckpointError where error.code == .invalid {
      throw ArchitectureError(
        path, Problem(nil, "an architecture is at most \(YAMLText.mostBytes >> 10) KiB of YAML: \(error.message)"))
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ArchitectureError(path, Problem(nil, "is not UTF-8; expected YAML"))
    }
    let file = path.split(separator: "/").last.map(String.init) ?? path
    let stem = String(file.prefix { $0 != "." })
    let name = stem.map { character in
      character.isASCII && (character.isLetter || character.isNumber || character == "-") ? String(character) : "_"
    }.joined()
    let isTaken = Registry.models.contains { $0.name == name }
    try self.init(architecture: text, name: isTaken || name.isEmpty ? "my_\(name)" : name, path: path)
  }

  /// Reads a text.
  /// - Parameters:
  ///   - name: What the model is called where the text does not say so.
  ///   - path: What errors call the text.
  /// - Throws: ``ArchitectureError`` with the line that is wrong.
  public init(architecture text: String, name: String, path: String) throws {
    let architecture: ArchitectureText
    do throws(Problem) {
      architecture = try ArchitectureText(text, name: name)
    } catch {
      throw ArchitectureError(path, error)
    }
    self.init(
      name: architecture.name, family: "own", summary: architecture.summary, source: architecture.source,
      inputSize: architecture.inputSize, inputChannels: architecture.inputChannels, numClasses: architecture.classes,
      evaluation: architecture.evaluation, statesEvaluation: architecture.statesEvaluation, definition: text
    ) { configuration throws(ZooError) in
      do throws(Problem) {
        return try architecture.module(
          inputChannels: configuration.inputChannels, classes: configuration.numClasses,
          usesOwnInitializers: configuration.initWeights ?? true)
      } catch {
        throw ZooError(.argument, model: architecture.name, error.description)
      }
    }
  }
}
