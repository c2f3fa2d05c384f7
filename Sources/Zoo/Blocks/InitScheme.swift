import Layers

/// How the convolutions and the fully connected layers of a family start.
struct InitScheme: Sendable {
  let conv: LayerInitializer
  let linear: LayerInitializer

  /// PyTorch's defaults for each layer.
  static let torchDefault = InitScheme(conv: .torchDefault, linear: .torchDefault)

  /// kaiming_normal by fan_out for convolutions, PyTorch's default for fully connected layers: torchvision's ResNet.
  static let kaimingConv = InitScheme(conv: kaimingFanOut, linear: .torchDefault)

  /// kaiming_normal by fan_out for convolutions, N(0, 0.01²) for fully connected layers, biases 0: torchvision's VGG
  /// and MobileNets.
  static let kaimingConvSmallLinear = InitScheme(
    conv: kaimingFanOut, linear: LayerInitializer(weight: .normal(std: 0.01), bias: .constant(0)))

  /// kaiming_uniform by fan_in for convolutions, biases 0: torchvision's SqueezeNet.
  static let heUniform = InitScheme(
    conv: LayerInitializer(weight: .kaimingUniform(.fanIn, gain: 2.0.squareRoot()), bias: .constant(0)),
    linear: .torchDefault)

  /// kaiming_normal by fan_out for convolutions, U(±1/√classes) for the fully connected layer, biases 0: torchvision's
  /// EfficientNet.
  static let kaimingConvUniformLinear = InitScheme(
    conv: kaimingFanOut,
    linear: LayerInitializer(weight: .kaimingUniform(.fanOut, gain: (1.0 / 3).squareRoot()), bias: .constant(0)))

  /// As VGG's, but for the biases of convolutions, which keep PyTorch's default: torchvision's RegNet.
  static let kaimingConvWeightSmallLinear = InitScheme(
    conv: LayerInitializer(weight: kaimingFanOut.weight), linear: kaimingConvSmallLinear.linear)

  /// N(0, 0.02²) cut off far outside, biases 0: ConvNeXt.
  static let truncatedNormal: InitScheme = {
    let layer = LayerInitializer(weight: .truncatedNormal(std: 0.02), bias: .constant(0))
    return InitScheme(conv: layer, linear: layer)
  }()

  /// He et al. 2015 with the gain of a ReLU.
  private static let kaimingFanOut = LayerInitializer(
    weight: .kaimingNormal(.fanOut, gain: 2.0.squareRoot()), bias: .constant(0))
}
