import Layers

/// Inception v3 (Szegedy, Vanhoucke, Ioffe, Shlens & Wojna 2016, "Rethinking the Inception architecture for computer
/// vision"): large kernels taken apart into small and into one-sided ones, and an auxiliary classifier.
/// torchvision's layout and names.
struct InceptionV3 {
  static let models = [
    ModelEntry(
      name: "inception_v3", family: "inception",
      summary: "Inception v3, 11 modules; with an auxiliary head of loss weight 0.4.",
      source: "Szegedy et al. 2016, arXiv:1512.00567", inputSize: 299, dropout: 0.5, hasInputTransform: true,
      hasAuxiliaryHeads: true,
      evaluation: preset,
      publishedWeights: [
        PublishedWeights(
          file: "inception_v3_google-0cc3c7bd.pth", top1: 77.294, top5: 93.45, evaluation: preset,
          transformsInput: true)
      ], module: { InceptionV3(configuration: $0) })
  ]

  private static let preset = EvaluationPreset.imagenet(resize: 342, crop: 299)

  /// That of the authors' code; the paper gives none.
  private static let auxiliaryWeight = 0.4

  let configuration: ModelConfiguration

  /// A normal distribution cut off at ±2.
  private func initializer(std: Double = 0.1) -> LayerInitializer {
    configuration.initWeights ?? true ? LayerInitializer(weight: .truncatedNormal(std: std)) : .torchDefault
  }
}

extension InceptionV3: Module {
  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let trunk = Sequential([
      "transform_input": InputTransform(isOn: configuration.transformsInput),
      "Conv2d_1a_3x3": conv(configuration.inputChannels, 32, 3, stride: 2),
      "Conv2d_2a_3x3": conv(32, 32, 3),
      "Conv2d_2b_3x3": conv(32, 64, 3, padding: 1),
      "maxpool1": MaxPool2d(3, stride: 2),
      "Conv2d_3b_1x1": conv(64, 80, 1),
      "Conv2d_4a_3x3": conv(80, 192, 3),
      "maxpool2": MaxPool2d(3, stride: 2),
      "Mixed_5b": moduleA(192, pooled: 32),
      "Mixed_5c": moduleA(256, pooled: 64),
      "Mixed_5d": moduleA(288, pooled: 64),
      "Mixed_6a": moduleB(288),
      "Mixed_6b": moduleC(768, inner: 128),
      "Mixed_6c": moduleC(768, inner: 160),
      "Mixed_6d": moduleC(768, inner: 160),
      "Mixed_6e": moduleC(768, inner: 192),
    ])
    let rest = Sequential([
      "Mixed_7a": moduleD(768),
      "Mixed_7b": moduleE(1280),
      "Mixed_7c": moduleE(2048),
      "avgpool": AdaptiveAvgPool2d(1),
      "dropout": Dropout(configuration.dropout),
      "flatten": Flatten(),
      "fc": Linear(2048, configuration.numClasses, initializer: initializer()),
    ])
    let features = trunk.emit(into: &builder, at: path, input: input)
    if configuration.hasAuxiliaryHeads {
      let logits = auxiliaryHead.emit(into: &builder, at: path.child("AuxLogits"), input: features)
      builder.addAuxiliary(logits, lossWeight: Self.auxiliaryWeight)
    }
    return rest.emit(into: &builder, at: path, input: features)
  }

  /// A classifier on the features of 17×17. torchvision means `conv1` to start with a deviation of 0.01, but says so where
  /// its constructor does not look: the convolution starts as all others.
  private var auxiliaryHead: Sequential {
    Sequential([
      "avg_pool": AvgPool2d(5, stride: 3),
      "conv0": conv(768, 128, 1),
      "conv1": conv(128, 768, 5),
      "adaptive_avg_pool": AdaptiveAvgPool2d(1),
      "flatten": Flatten(),
      "fc": Linear(768, configuration.numClasses, initializer: initializer(std: 0.001)),
    ])
  }

  /// 1×1, 5×5, two 3×3, and a pooling.
  private func moduleA(_ channels: Int, pooled: Int) -> Beside {
    Beside([
      Sequential(["branch1x1": conv(channels, 64, 1)]),
      Sequential(["branch5x5_1": conv(channels, 48, 1), "branch5x5_2": conv(48, 64, 5, padding: 2)]),
      Sequential([
        "branch3x3dbl_1": conv(channels, 64, 1),
        "branch3x3dbl_2": conv(64, 96, 3, padding: 1),
        "branch3x3dbl_3": conv(96, 96, 3, padding: 1),
      ]),
      pooling(channels, to: pooled),
    ])
  }

  /// Half the size: 3×3, two 3×3, and a pooling, all of stride 2.
  private func moduleB(_ channels: Int) -> Beside {
    Beside([
      Sequential(["branch3x3": conv(channels, 384, 3, stride: 2)]),
      Sequential([
        "branch3x3dbl_1": conv(channels, 64, 1),
        "branch3x3dbl_2": conv(64, 96, 3, padding: 1),
        "branch3x3dbl_3": conv(96, 96, 3, stride: 2),
      ]),
      Sequential(["max_pool": MaxPool2d(3, stride: 2)]),
    ])
  }

  /// 1×1, one and two 7×7 taken apart into 1×7 and 7×1, and a pooling.
  private func moduleC(_ channels: Int, inner: Int) -> Beside {
    Beside([
      Sequential(["branch1x1": conv(channels, 192, 1)]),
      Sequential([
        "branch7x7_1": conv(channels, inner, 1),
        "branch7x7_2": row(inner, inner, 7),
        "branch7x7_3": column(inner, 192, 7),
      ]),
      Sequential([
        "branch7x7dbl_1": conv(channels, inner, 1),
        "branch7x7dbl_2": column(inner, inner, 7),
        "branch7x7dbl_3": row(inner, inner, 7),
        "branch7x7dbl_4": column(inner, inner, 7),
        "branch7x7dbl_5": row(inner, 192, 7),
      ]),
      pooling(channels, to: 192),
    ])
  }

  /// Half the size: 3×3, a 7×7 taken apart before 3×3, and a pooling, all of stride 2.
  private func moduleD(_ channels: Int) -> Beside {
    Beside([
      Sequential(["branch3x3_1": conv(channels, 192, 1), "branch3x3_2": conv(192, 320, 3, stride: 2)]),
      Sequential([
        "branch7x7x3_1": conv(channels, 192, 1),
        "branch7x7x3_2": row(192, 192, 7),
        "branch7x7x3_3": column(192, 192, 7),
        "branch7x7x3_4": conv(192, 192, 3, stride: 2),
      ]),
      Sequential(["max_pool": MaxPool2d(3, stride: 2)]),
    ])
  }

  /// 1×1, one and two 3×3 whose last is a 1×3 and a 3×1 side by side, and a pooling.
  private func moduleE(_ channels: Int) -> Beside {
    Beside([
      Sequential(["branch1x1": conv(channels, 320, 1)]),
      Behind([
        Sequential(["branch3x3_1": conv(channels, 384, 1)]),
        Beside([
          Sequential(["branch3x3_2a": row(384, 384, 3)]),
          Sequential(["branch3x3_2b": column(384, 384, 3)]),
        ]),
      ]),
      Behind([
        Sequential(["branch3x3dbl_1": conv(channels, 448, 1), "branch3x3dbl_2": conv(448, 384, 3, padding: 1)]),
        Beside([
          Sequential(["branch3x3dbl_3a": row(384, 384, 3)]),
          Sequential(["branch3x3dbl_3b": column(384, 384, 3)]),
        ]),
      ]),
      pooling(channels, to: 192),
    ])
  }

  private func pooling(_ channels: Int, to pooled: Int) -> Sequential {
    Sequential([
      "avg_pool": AvgPool2d(3, stride: 1, padding: 1),
      "branch_pool": conv(channels, pooled, 1),
    ])
  }

  private func conv(
    _ inChannels: Int, _ outChannels: Int, _ kernel: Pair, stride: Pair = 1, padding: Pair = 0
  ) -> BasicConv2d {
    BasicConv2d(
      inChannels, outChannels, kernel: kernel, stride: stride, padding: padding, initializer: initializer())
  }

  /// 1×n that keeps the size.
  private func row(_ inChannels: Int, _ outChannels: Int, _ n: Int) -> BasicConv2d {
    conv(inChannels, outChannels, Pair(1, n), padding: Pair(0, n / 2))
  }

  /// n×1 that keeps the size.
  private func column(_ inChannels: Int, _ outChannels: Int, _ n: Int) -> BasicConv2d {
    conv(inChannels, outChannels, Pair(n, 1), padding: Pair(n / 2, 0))
  }
}

/// Modules on one input whose results are joined along the channels; all stand at the path of the whole.
private struct Beside: Module {
  let branches: [any Module]

  init(_ branches: [any Module]) { self.branches = branches }

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let results = branches.map { $0.emit(into: &builder, at: path, input: input) }
    return builder.add(.concat, at: path, inputs: results)
  }
}

/// Modules one after the other; all stand at the path of the whole.
private struct Behind: Module {
  let modules: [any Module]

  init(_ modules: [any Module]) { self.modules = modules }

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    modules.reduce(input) { $1.emit(into: &builder, at: path, input: $0) }
  }
}
