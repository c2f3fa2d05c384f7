import Layers

/// A convolution with a bias, batch normalisation if asked for, and a ReLU, as neighbours in a `Sequential`.
///
/// The convolution keeps its bias beside batch normalisation, although it has no effect there: torchvision's `vgg*_bn` do,
/// and their published files hold it.
@ModuleListBuilder
func convNormReLU(
  _ inChannels: Int, _ outChannels: Int, kernel: Pair, stride: Pair = 1, padding: Pair = 0, batchNorm: Bool,
  scheme: InitScheme
) -> [any Module] {
  Conv2d(inChannels, outChannels, kernel: kernel, stride: stride, padding: padding, initializer: scheme.conv)
  if batchNorm { BatchNorm2d(outChannels) }
  ReLU()
}
