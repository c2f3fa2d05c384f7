/// The first version of EfficientNet: B0, found by a search, and B1 to B7, which are B0 scaled.
enum EfficientNetV1 {
  static let models = [
    entry(
      0, width: 1, depth: 1, dropout: 0.2,
      weights("efficientnet_b0_rwightman-7f5810bc.pth", 77.692, 93.532, resize: 256, crop: 224)),
    entry(
      1, width: 1, depth: 1.1, dropout: 0.2,
      weights("efficientnet_b1_rwightman-bac287d4.pth", 78.642, 94.186, resize: 256, crop: 240),
      PublishedWeights(
        "imagenet1k_v2", file: "efficientnet_b1-c27df63c.pth", top1: 79.838, top5: 94.934,
        evaluation: .imagenet(resize: 255, crop: 240))),
    entry(
      2, width: 1.1, depth: 1.2, dropout: 0.3,
      weights("efficientnet_b2_rwightman-c35c1473.pth", 80.608, 95.31, resize: 288, crop: 288)),
    entry(
      3, width: 1.2, depth: 1.4, dropout: 0.3,
      weights("efficientnet_b3_rwightman-b3899882.pth", 82.008, 96.054, resize: 320, crop: 300)),
    entry(
      4, width: 1.4, depth: 1.8, dropout: 0.4,
      weights("efficientnet_b4_rwightman-23ab8bcd.pth", 83.384, 96.594, resize: 384, crop: 380)),
    entry(
      5, width: 1.6, depth: 2.2, dropout: 0.4,
      weights("efficientnet_b5_lukemelas-1a07897c.pth", 83.444, 96.628, resize: 456, crop: 456)),
    entry(
      6, width: 1.8, depth: 2.6, dropout: 0.5,
      weights("efficientnet_b6_lukemelas-24a108a5.pth", 84.008, 96.916, resize: 528, crop: 528)),
    entry(
      7, width: 2, depth: 3.1, dropout: 0.5,
      weights("efficientnet_b7_lukemelas-c5b4e57e.pth", 84.122, 96.908, resize: 600, crop: 600)),
  ]

  /// The paper's table 1, but for the first and the last convolution.
  private static let baseline: [EfficientNet.Stage] = [
    .init(.mbConv, expansion: 1, kernel: 3, stride: 1, channels: 16, count: 1),
    .init(.mbConv, expansion: 6, kernel: 3, stride: 2, channels: 24, count: 2),
    .init(.mbConv, expansion: 6, kernel: 5, stride: 2, channels: 40, count: 2),
    .init(.mbConv, expansion: 6, kernel: 3, stride: 2, channels: 80, count: 3),
    .init(.mbConv, expansion: 6, kernel: 5, stride: 1, channels: 112, count: 3),
    .init(.mbConv, expansion: 6, kernel: 5, stride: 2, channels: 192, count: 4),
    .init(.mbConv, expansion: 6, kernel: 3, stride: 1, channels: 320, count: 1),
  ]

  /// B0 with its channels and the blocks of each stage multiplied.
  private static func scaled(width: Double, depth: Double) -> [EfficientNet.Stage] {
    baseline.map { stage in
      .init(
        stage.block, expansion: stage.expansion, kernel: stage.kernel, stride: stage.stride,
        channels: roundedChannels(Double(stage.channels) * width),
        count: Int((Double(stage.count) * depth).rounded(.up)))
    }
  }

  private static func entry(
    _ variant: Int, width: Double, depth: Double, dropout: Double, _ weights: PublishedWeights...
  ) -> ModelEntry {
    let stages = scaled(width: width, depth: depth)
    // From B5 on torchvision keeps TensorFlow's figures for batch normalisation.
    let (epsilon, momentum) = variant < 5 ? (1e-5, 0.1) : (1e-3, 0.01)
    let network = EfficientNet(
      stem: roundedChannels(32 * width), stages: stages, width: 4 * (stages.last?.channels ?? 0), epsilon: epsilon,
      momentum: momentum)
    let evaluation = weights.first?.evaluation ?? .imagenet
    let scale = variant == 0 ? "the one to scale" : "\(width) times as wide and \(depth) times as deep as B0"
    return ModelEntry(
      name: "efficientnet_b\(variant)", family: "efficientnet",
      summary: "EfficientNet-B\(variant) for \(evaluation.crop) pixels; \(scale).",
      source: "Tan & Le 2019, arXiv:1905.11946", inputSize: evaluation.crop, dropout: dropout, evaluation: evaluation,
      publishedWeights: weights, module: network.network)
  }

  /// Weights that others trained and torchvision converted.
  private static func weights(
    _ file: String, _ top1: Double, _ top5: Double, resize: Int, crop: Int
  ) -> PublishedWeights {
    PublishedWeights(
      file: file, top1: top1, top5: top5,
      evaluation: .imagenet(resize: resize, crop: crop, interpolation: .bicubic))
  }
}
