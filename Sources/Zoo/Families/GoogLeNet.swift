import Layers

/// GoogLeNet (Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke & Rabinovich 2015, "Going deeper with
/// convolutions"): nine Inception modules, and two auxiliary classifiers that help training.
///
/// torchvision's layout and names: with batch normalisation, without the response normalisation of the paper, and with
/// 3×3 kernels where the paper has 5×5.
struct GoogLeNet {
  static let models = [
    ModelEntry(
      name: "googlenet", family: "googlenet",
      summary: "GoogLeNet, 9 Inception modules; with batch norm and two auxiliary heads of loss weight 0.3.",
      source: "Szegedy et al. 2015, arXiv:1409.4842", dropout: 0.2, hasInputTransform: true,
      hasAuxiliaryHeads: true,
      publishedWeights: [
        PublishedWeights(file: "googlenet-1378be20.pth", top1: 69.778, top5: 89.53, transformsInput: true)
      ], module: { GoogLeNet(configuration: $0) })
  ]

  /// "the total loss of the auxiliary classifiers is weighted by 0.3" (section 5).
  private static let auxiliaryWeight = 0.3
  /// The dropout before an auxiliary classifier.
  private static let auxiliaryDropout = 0.7

  let configuration: ModelConfiguration

  private var initializer: LayerInitializer {
    configuration.initWeights ?? true ? LayerInitializer(weight: .truncatedNormal(std: 0.01)) : .torchDefault
  }
}

extension GoogLeNet: Module {
  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let first = Sequential([
      "transform_input": InputTransform(isOn: configuration.transformsInput),
      "conv1": conv(configuration.inputChannels, 64, kernel: 7, stride: 2),
      "maxpool1": MaxPool2d(3, stride: 2, ceilMode: true),
      "conv2": conv(64, 64, kernel: 1),
      "conv3": conv(64, 192, kernel: 3),
      "maxpool2": MaxPool2d(3, stride: 2, ceilMode: true),
      "inception3a": inception(192, 64, (96, 128), (16, 32), 32),
      "inception3b": inception(256, 128, (128, 192), (32, 96), 64),
      "maxpool3": MaxPool2d(3, stride: 2, ceilMode: true),
      "inception4a": inception(480, 192, (96, 208), (16, 48), 64),
    ])
    let second = Sequential([
      "inception4b": inception(512, 160, (112, 224), (24, 64), 64),
      "inception4c": inception(512, 128, (128, 256), (24, 64), 64),
      "inception4d": inception(512, 112, (144, 288), (32, 64), 64),
    ])
    let third = Sequential([
      "inception4e": inception(528, 256, (160, 320), (32, 128), 128),
      "maxpool4": MaxPool2d(2, stride: 2, ceilMode: true),
      "inception5a": inception(832, 256, (160, 320), (32, 128), 128),
      "inception5b": inception(832, 384, (192, 384), (48, 128), 128),
    ])
    let after4a = first.emit(into: &builder, at: path, input: input)
    let after4d = second.emit(into: &builder, at: path, input: after4a)
    let features = third.emit(into: &builder, at: path, input: after4d)
    // The state dict has the heads here.
    for (name, channels, value) in [("aux1", 512, after4a), ("aux2", 528, after4d)]
    where configuration.hasAuxiliaryHeads {
      let logits = auxiliaryHead(channels).emit(into: &builder, at: path.child(name), input: value)
      builder.addAuxiliary(logits, lossWeight: Self.auxiliaryWeight)
    }
    let head = Sequential([
      "avgpool": AdaptiveAvgPool2d(1),
      "flatten": Flatten(),
      "dropout": Dropout(configuration.dropout),
      "fc": Linear(1024, configuration.numClasses, initializer: initializer),
    ])
    return head.emit(into: &builder, at: path, input: features)
  }

  /// An Inception module: 1×1, 3×3 and again 3×3 convolutions and a pooling side by side, those with fewer channels
  /// before them.
  /// - Parameters:
  ///   - second: The channels of the second branch, before and after its 3×3 convolution.
  ///   - third: Those of the third.
  private func inception(
    _ channels: Int, _ first: Int, _ second: (Int, Int), _ third: (Int, Int), _ pooled: Int
  ) -> Concat {
    Concat([
      "branch1": conv(channels, first, kernel: 1),
      "branch2": Sequential {
        conv(channels, second.0, kernel: 1)
        conv(second.0, second.1, kernel: 3)
      },
      "branch3": Sequential {
        conv(channels, third.0, kernel: 1)
        conv(third.0, third.1, kernel: 3)
      },
      "branch4": Sequential {
        MaxPool2d(3, stride: 1, padding: 1, ceilMode: true)
        conv(channels, pooled, kernel: 1)
      },
    ])
  }

  /// A classifier on features from inside the network.
  private func auxiliaryHead(_ channels: Int) -> Sequential {
    Sequential([
      "avgpool": AdaptiveAvgPool2d(4),
      "conv": conv(channels, 128, kernel: 1),
      "flatten": Flatten(),
      "fc1": Linear(128 * 4 * 4, 1024, initializer: initializer),
      "relu": ReLU(),
      "dropout": Dropout(configuration.givenDropout ?? Self.auxiliaryDropout),
      "fc2": Linear(1024, configuration.numClasses, initializer: initializer),
    ])
  }

  /// Keeps the size at stride 1.
  private func conv(_ inChannels: Int, _ outChannels: Int, kernel: Int, stride: Pair = 1) -> BasicConv2d {
    BasicConv2d(
      inChannels, outChannels, kernel: Pair(kernel), stride: stride, padding: Pair(kernel / 2),
      initializer: initializer)
  }
}
