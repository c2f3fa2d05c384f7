import Checkpoint
public import Zoo

extension ModelEntry {
  /// The model that a native checkpoint holds: one of the registry, or what the file describes itself.
  /// - Throws: `CheckpointError` when there is no such file, `ZooError` and ``ArchitectureError`` when it tells no model.
  public init(checkpoint path: String) throws {
    let metadata = try CheckpointFile(opening: path).snapshot().metadata
    guard let name = metadata.architecture else {
      throw ZooError(
        .unknownModel,
        "'\(path.terminalEscaped)' does not say which model it holds; name the model, and give the file to '--weights'")
    }
    self = try .named(name, definition: metadata.arguments["definition"]?.string)
  }
}
