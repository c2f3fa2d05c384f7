import ArgumentParser
import Checkpoint
import Training

/// In whose words the layers of a net are: what their tensors are called, and how their axes are ordered.
enum LayerWords: String, ExpressibleByArgument, CaseIterable {
  case torch
  case keras

  /// A net of Keras in PyTorch's words, as far as that is known or asked for; any other net as it is.
  /// - Parameters:
  ///   - model: The model that it is; the first that has its layers unless given.
  ///   - words: What is asked for; without, what is none of the models stays as it is, with a note.
  /// - Throws: ``CommandError`` when it is not the model that is given.
  static func turned(_ snapshot: LazySnapshot, model: String?, to words: LayerWords?) throws -> LazySnapshot {
    guard KerasLayouts.isKeras(snapshot) else {
      guard model == nil, words == nil else {
        throw CommandError("the file has no layers of Keras; --model and --layout say what becomes of those")
      }
      return snapshot
    }
    if words == .keras, model == nil { return snapshot }
    if let found = try KerasModel(snapshot, model: model) {
      Output.note("the layers are those of \(found.description): they take its names and its order of axes")
      return found.snapshot
    }
    if let model { throw CommandError("the layers of the file are not those of '\(model)', of any number of classes") }
    if words == .torch {
      Output.note(
        "the layers are turned by rules: behind a Flatten, the inputs of a linear layer stay in Keras' order")
      return KerasLayouts.torch(snapshot)
    }
    Output.note(
      "the layers are those of no model that 'zoo list' shows: names and the order of axes stay Keras' "
        + "(--layout torch turns them by rules)")
    return snapshot
  }
}
