public import OrderedCollections
import Tensors

/// A ``Snapshot`` of any format whose tensors may still stand in their file: what conversions go through.
public struct LazySnapshot: Sendable {
  /// Everything but tensors: its `net` and its optimizer's `state` are empty.
  public var metadata: Snapshot
  /// The parameters and buffers by state-dict name, in the order of the file.
  public var net: OrderedDictionary<String, TensorSource>
  /// Parameter name → slot name → tensor, as ``OptimizerSnapshot/state``.
  public var optimizerState: OrderedDictionary<String, OrderedDictionary<String, TensorSource>>
  /// What else the file holds and a snapshot has no place for, by name: `.dictionary` of text keys, or `.null`.
  /// `.tensor(i)` means ``otherTensors``.
  public var others: Value
  /// The tensors of ``others``, each with its path there joined by dots.
  public var otherTensors: OrderedDictionary<String, TensorSource>

  /// A snapshot of a net alone.
  public init(net: OrderedDictionary<String, TensorSource>) {
    metadata = Snapshot(net: [:])
    self.net = net
    optimizerState = [:]
    others = .null
    otherTensors = [:]
  }
}
