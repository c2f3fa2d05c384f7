import Layers
import Zoo

/// The arguments that a module takes, under PyTorch's names.
struct Signature: Sendable {
  let names: [String]
  /// How many of them can stand without their names.
  let positional: Int
  /// Whether the first argument is a list itself, or can be one.
  let beginsWithList: Bool
  /// Whether the first argument is layers, or a list of layers.
  let takesLayers: Bool

  init(_ names: [String], positional: Int? = nil, beginsWithList: Bool = false, takesLayers: Bool = false) {
    self.names = names
    self.positional = positional ?? names.count
    self.beginsWithList = beginsWithList
    self.takesLayers = takesLayers
  }

  /// What every module takes beside its own arguments.
  static let common = ["repeat", "if"]

  /// The modules of files, by name; activations are added by their class names.
  static let modules: [String: Signature] = {
    var modules: [String: Signature] = [
      "Conv2d": Signature(
        ["out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias", "in_channels"], positional: 2
      ),
      "Linear": Signature(["out_features", "bias", "in_features"], positional: 1),
      "BatchNorm2d": Signature(["num_features", "eps", "momentum"], positional: 1),
      "LayerNorm": Signature(["normalized_shape", "eps"], positional: 1),
      "LayerNorm2d": Signature(["num_channels", "eps"], positional: 1),
      "LocalResponseNorm": Signature(["size", "alpha", "beta", "k"], positional: 1),
      "MaxPool2d": Signature(["kernel_size", "stride", "padding", "dilation", "ceil_mode"], positional: 3),
      "AvgPool2d": Signature(["kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"], positional: 3),
      "AdaptiveAvgPool2d": Signature(["output_size"], beginsWithList: true),
      "Dropout": Signature(["p"]),
      "StochasticDepth": Signature(["p"]),
      "Flatten": Signature([]),
      "Identity": Signature([]),
      "ZeroPad2d": Signature(["padding"], beginsWithList: true),
      "ChannelShuffle": Signature(["groups"]),
      "Permute": Signature(["dims"], beginsWithList: true),
      "MultiheadAttention": Signature(["num_heads", "embed_dim"], positional: 1),
      "ClassToken": Signature([]),
      "PositionEmbedding": Signature([]),
      "FirstToken": Signature([]),
      "Sequential": Signature(["layers"], takesLayers: true),
      "Residual": Signature(
        ["body", "shortcut", "projection", "activation"], positional: 1, takesLayers: true),
      "LayerScale": Signature(["body", "initial"], positional: 1, takesLayers: true),
      "Concat": Signature(["branches"], takesLayers: true),
      "Add": Signature(["branches"], takesLayers: true),
      "Multiply": Signature(["branches"], takesLayers: true),
      "SqueezeExcitation": Signature(["squeeze_channels", "activation", "scale_activation"], positional: 1),
    ]
    for activation in Activation.allCases { modules[activation.className] = Signature([]) }
    return modules
  }()
}
