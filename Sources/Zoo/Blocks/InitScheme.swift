import Layers

/// How the convolutions and the fully connected layers of a family start.
struct InitScheme: Sendable {
  let conv: LayerInitializer
  let linear: LayerInitializer

  /// PyTorch's defaults for each layer.
  static let torchDefault = InitScheme(conv: .torchDefault, linear: .torchDefault)

  /// kaiming_normal by fan_out for convolutions, PyTorch's default for fully connected layers: torchvision's ResNet.
  static let kaimingConv = InitScheme(conv: kaimingFanOut, linear: .torchDefault)

  /// kaiming_normal by fan_out for convolutions, N(0, 0.01²) for fully connected layers, biases 0: torchvision's VGG.
  static let kaimingConvSmallLinear = InitScheme(
    conv: kaimingFanOut, linear: LayerInitializer(weight: .normal(std: 0.01), bias: .constant(0)))

  /// kaiming_uniform by fan_in for convolutions, biases 0: torchvision's SqueezeNet.
  static let heUniform = InitScheme(
    conv: LayerInitializer(weight: .kaimingUniform(.fanIn, gain: 2.0.squareRoot()), bias: .constant(0)),
    linear: .torchDefault)

  /// He et al. 2015 with the gain of a ReLU.
  private static let kaimingFanOut = LayerInitializer(
    weight: .kaimingNormal(.fanOut, gain: 2.0.squareRoot()), bias: .constant(0))
}
