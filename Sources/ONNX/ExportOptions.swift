import Checkpoint

/// How a graph is written as ONNX.
public struct ExportOptions: Sendable, Hashable {
  /// The images that the model takes at a time.
  public enum Batch: Sendable, Hashable {
    /// So many, always.
    case fixed(Int)
    /// Any number.
    case dynamic
  }

  /// The version of the operators, in ``Opset/supported``.
  public var opset = Opset.usual
  /// The images at a time.
  public var batch = Batch.dynamic
  /// Whether batch normalisation becomes part of the convolution before it, where that has no other use.
  public var foldsBatchNorm = false
  /// Whether the model gives probabilities rather than logits.
  public var endsInSoftmax = false
  /// What the images are called.
  public var inputName = "input"
  /// What the result is called; `logits` or `probabilities` unless said.
  public var outputName: String?
  /// The bytes of a model from which on its weights go into a file beside it.
  package var largestMessage = OnnxWriter.largestMessage

  /// The usual way.
  public init() {}

  /// The name of the result.
  var output: String { outputName ?? (endsInSoftmax ? "probabilities" : "logits") }

  /// Refuses what makes no sense.
  func check() throws(ONNXError) {
    guard Opset.supported.contains(opset) else {
      throw ONNXError(
        .option,
        "opset \(opset) is not among those that zoo writes, \(Opset.supported.lowerBound) to \(Opset.supported.upperBound)"
      )
    }
    if case .fixed(let count) = batch, !(1...65_536).contains(count) {
      throw ONNXError(.option, "the batch is \(count); it must be in 1...65536, or dynamic")
    }
    for name in [inputName, output] where name.isEmpty || name.utf8.count > 200 {
      throw ONNXError(.option, "'\(name.prefix(50).description.terminalEscaped)' is no name for an input or output")
    }
    guard inputName != output else {
      throw ONNXError(.option, "input and output are both called '\(output.terminalEscaped)'; each needs its own name")
    }
  }
}
