public import Checkpoint
import OrderedCollections
import Tensors
import Zoo

extension LazySnapshot {
  /// The same net in the words of today's models, when it is in those of an older PyTorch or torchvision; otherwise as it
  /// is.
  ///
  /// - torchvision's published DenseNets say `denselayer1.norm.1.weight` where the network says
  ///   `denselayer1.norm1.weight`.
  /// - torchvision's published vision transformers say `mlp.linear_1` and `mlp.linear_2` where the network says `mlp.0` and
  ///   `mlp.3`.
  /// - Batch normalisation counts its batches since PyTorch 0.4.1. Files from before have no `num_batches_tracked`; PyTorch
  ///   lets it be 0 then, unless the file says that the module's version is 2.
  public var inTodaysWords: LazySnapshot {
    guard !KerasLayouts.isKeras(self) else { return self }
    let names = net.keys.map { Self.todaysName(of: $0) }
    // Two tensors of one name are an error that the names as they are tell better.
    guard Set(names).count == names.count else { return self }
    let known = Set(names)
    var renamed = OrderedDictionary<String, TensorSource>()
    for (name, source) in zip(names, net.values) {
      renamed[name] = source
      guard let module = name.removing(suffix: ".running_var"), known.contains("\(module).running_mean"),
        !known.contains("\(module).num_batches_tracked"), metadata.moduleVersions[module] ?? 1 < 2
      else { continue }
      renamed["\(module).num_batches_tracked"] = TensorSource(Tensor([Int64(0)], shape: []))
    }
    guard renamed.keys != net.keys else { return self }
    var snapshot = self
    snapshot.net = renamed
    snapshot.optimizerState = OrderedDictionary(
      optimizerState.map { (Self.todaysName(of: $0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
    return snapshot
  }

  /// The same in today's words when it is a model of the registry then; otherwise as it is: what is unknown is not to be
  /// changed.
  public var withOldModelRenamed: LazySnapshot {
    let renamed = inTodaysWords
    return renamed.net.keys != net.keys && Registry.fitting(renamed.netShapes) != nil ? renamed : self
  }

  /// `….denselayer3.norm1.weight` for `….denselayer3.norm.1.weight`, `….encoder_layer_2.mlp.3.bias` for
  /// `….encoder_layer_2.mlp.linear_2.bias`, and any other name as it is.
  private static func todaysName(of name: String) -> String {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    if parts.count >= 4, parts[parts.count - 3] == "mlp", parts[parts.count - 4].hasPrefix("encoder_layer_"),
      let number = ["linear_1": "0", "linear_2": "3"][parts[parts.count - 2]]
    {
      parts[parts.count - 2] = Substring(number)
      return parts.joined(separator: ".")
    }
    guard parts.count >= 4, ["1", "2"].contains(parts[parts.count - 2]),
      ["norm", "relu", "conv"].contains(parts[parts.count - 3]), parts[parts.count - 4].hasPrefix("denselayer")
    else { return name }
    let number = parts.remove(at: parts.count - 2)
    parts[parts.count - 2] += number
    return parts.joined(separator: ".")
  }
}

extension Snapshot {
  /// As ``LazySnapshot/inTodaysWords``.
  var inTodaysWords: Snapshot {
    get throws {
      let lazy = LazySnapshot(self)
      let renamed = lazy.inTodaysWords
      return renamed.net.keys == lazy.net.keys ? self : try renamed.loaded()
    }
  }
}

extension String {
  fileprivate func removing(suffix: String) -> String? {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : nil
  }
}
