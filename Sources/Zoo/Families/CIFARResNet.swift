import Layers

/// The residual networks for small images of He, Zhang, Ren & Sun 2016, "Deep residual learning for image recognition",
/// section 4.2: 6n + 2 layers in three stages of n basic blocks each.
///
/// Shortcuts have no parameters (option A): where a stage halves the image and doubles the channels, they take every other
/// pixel and add channels of zeros. Names are those of the PyTorch version that keeps these shortcuts and is most used
/// (Idelbayev's `pytorch_resnet_cifar10`): torchvision's, but the last layer is called `linear`; like there, half of the
/// new channels stand before the old ones and half after them.
struct CIFARResNet {
  /// The paper's n.
  let blocksPerStage: Int

  /// The channels of the stages.
  private static let widths = [16, 32, 64]

  static let models = [3, 5, 7, 9, 18].map { count in
    ModelEntry(
      name: "resnet\(6 * count + 2)", family: "resnet",
      summary: "ResNet, \(3 * count) basic blocks, 32x32; of 16, 32 and 64 channels, shortcuts without parameters.",
      source: "He et al. 2016, arXiv:1512.03385", inputSize: 32, numClasses: 10,
      evaluation: .squashed(to: 32, channels: 3), module: CIFARResNet(blocksPerStage: count).network)
  }

  @Sendable
  private func network(_ configuration: ModelConfiguration) -> any Module {
    // He et al. 2015, by fan_in; the bias of `linear` keeps PyTorch's default.
    let initializer =
      configuration.initWeights ?? true
      ? LayerInitializer(weight: .kaimingNormal(.fanIn, gain: 2.0.squareRoot())) : .torchDefault
    var channels = Self.widths[0]
    let stages = Self.widths.map { width in
      let blocks = (0..<blocksPerStage).map { _ in
        defer { channels = width }
        return block(from: channels, to: width, initializer)
      }
      return Sequential(blocks)
    }
    return Sequential([
      "conv1": conv(configuration.inputChannels, channels: Self.widths[0], initializer),
      "bn1": BatchNorm2d(Self.widths[0]),
      "relu": ReLU(),
      "layer1": stages[0],
      "layer2": stages[1],
      "layer3": stages[2],
      "avgpool": AdaptiveAvgPool2d(1),
      "flatten": Flatten(),
      "linear": Linear(channels, configuration.numClasses, initializer: initializer),
    ])
  }

  private func block(from channels: Int, to width: Int, _ initializer: LayerInitializer) -> Residual {
    let added = width - channels
    let subsampled = Sequential {
      AvgPool2d(1, stride: 2)
      PadChannels(before: added / 2, after: added - added / 2)
    }
    let body = Sequential([
      "conv1": conv(channels, channels: width, stride: added == 0 ? 1 : 2, initializer),
      "bn1": BatchNorm2d(width),
      "relu": ReLU(),
      "conv2": conv(width, channels: width, initializer),
      "bn2": BatchNorm2d(width),
    ])
    return Residual(body, shortcut: added == 0 ? nil : Sequential(["shortcut": subsampled]))
  }

  private func conv(
    _ inChannels: Int, channels: Int, stride: Pair = 1, _ initializer: LayerInitializer
  ) -> Conv2d {
    Conv2d(inChannels, channels, kernel: 3, stride: stride, padding: 1, bias: false, initializer: initializer)
  }
}
