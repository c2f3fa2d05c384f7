import Layers

/// RegNets (Radosavovic, Kosaraju, Girshick, He & Dollár 2020, "Designing network design spaces"): bottlenecks of one group
/// width, in four stages whose widths grow along a quantised line. RegNetX has plain ones, RegNetY squeeze and excitation.
///
/// The variants stand in `RegNet+Models.swift`.
struct RegNet {
  /// The blocks of each stage: the paper's dᵢ.
  let depths: [Int]
  /// The channels of each stage: the paper's wᵢ.
  let widths: [Int]
  /// The channels of one group of the 3×3 convolutions, or all where there are fewer: the paper's g.
  let groupWidth: Int
  /// Whether the blocks have squeeze and excitation, to a quarter of the channels that enter them.
  let squeezes: Bool

  @Sendable
  func network(_ configuration: ModelConfiguration) -> any Module {
    let scheme: InitScheme = configuration.initWeights ?? true ? .kaimingConvWeightSmallLinear : .torchDefault
    let style = ConvStyle(initializer: scheme.conv)
    let stem = 32
    return Sequential([
      "stem": Conv2dNormActivation(configuration.inputChannels, stem, stride: 2, activation: .relu, style: style),
      "trunk_output": Trunk(regNet: self, channels: stem, style: style),
      "avgpool": AdaptiveAvgPool2d(1),
      "flatten": Flatten(),
      "fc": Linear(widths.last ?? stem, configuration.numClasses, initializer: scheme.linear),
    ])
  }
}

/// The stages, called `block1` to `block4`, of which the blocks are called `block1-0` and so on.
private struct Trunk: Module {
  let regNet: RegNet
  /// The channels that enter it.
  let channels: Int
  let style: ConvStyle

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    var (value, channels) = (input, channels)
    for (index, (depth, width)) in zip(regNet.depths, regNet.widths).enumerated() {
      let name = "block\(index + 1)"
      for position in 0..<depth {
        let block = Block(
          channels: channels, outChannels: width, stride: position == 0 ? 2 : 1,
          groups: width / min(regNet.groupWidth, width), squeezed: regNet.squeezes ? channels / 4 : nil, style: style)
        value = block.emit(into: &builder, at: path.child(name).child("\(name)-\(position)"), input: value)
        channels = width
      }
    }
    return value
  }
}

/// ReLU(shortcut + f(x)), where f is 1×1, 3×3 in groups, perhaps squeeze and excitation, and 1×1, all of one width.
private struct Block: Module {
  let channels: Int
  let outChannels: Int
  let stride: Int
  let groups: Int
  /// The channels between the two layers of squeeze and excitation, `nil` for none.
  let squeezed: Int?
  let style: ConvStyle

  /// The shortcut first, unlike ``Residual``: so stand the parameters of both in torchvision's files.
  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    var shortcut = input
    if stride > 1 || channels != outChannels {
      let projection = Conv2dNormActivation(
        channels, outChannels, kernel: 1, stride: stride, activation: nil, style: style)
      shortcut = projection.emit(into: &builder, at: path.child("proj"), input: input)
    }
    let body = transform.emit(into: &builder, at: path.child("f"), input: input)
    let sum = builder.add(.add, at: path, inputs: [shortcut, body])
    return ReLU().emit(into: &builder, at: path.child("activation"), input: sum)
  }

  private var transform: Sequential {
    let (a, b, c) = (
      Conv2dNormActivation(channels, outChannels, kernel: 1, activation: .relu, style: style),
      Conv2dNormActivation(
        outChannels, outChannels, stride: stride, groups: groups, activation: .relu, style: style),
      Conv2dNormActivation(outChannels, outChannels, kernel: 1, activation: nil, style: style)
    )
    guard let squeezed else { return Sequential(["a": a, "b": b, "c": c]) }
    let se = SqueezeExcitation(outChannels, squeezed: squeezed, initializer: style.initializer)
    return Sequential(["a": a, "b": b, "se": se, "c": c])
  }
}
