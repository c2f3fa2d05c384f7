/// Names of registered weights: they become names of files, and stand where checkpoints are asked for.
enum WeightName {
  /// Refuses what cannot be a name, and says why.
  static func check(_ name: String) throws {
    guard let problem = problem(name) else { return }
    throw CheckpointError(.invalid, "'\(name.terminalEscaped)' cannot be the name of weights: \(problem)")
  }

  /// What is wrong with a name, or `nil`.
  static func problem(_ name: String) -> String? {
    let parts = name.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2 else { return "it holds '@' more than once" }
    for part in parts {
      if let problem = RunName.problem(part) {
        return parts.count == 1 ? problem : "'\(part.terminalEscaped)' is no part of one: \(problem)"
      }
    }
    if parts.count == 2, CheckpointLabel(parts[1]) != nil {
      return "'@\(parts[1])' stands for a checkpoint of a run"
    }
    // Room for the ending of the file that says what they are.
    return name.utf8.count > RunName.longest ? "it is longer than \(RunName.longest) bytes" : nil
  }
}
