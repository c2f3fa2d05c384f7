/// EfficientNetV2 (Tan & Le 2021, "EfficientNetV2: Smaller models and faster training"): the first stages have fused blocks,
/// which modern processors run faster. The figures are the paper's table 4 and its authors' code.
enum EfficientNetV2 {
  static let models = [
    entry(
      "s", stem: 24,
      [
        .init(.fusedMBConv, expansion: 1, stride: 1, channels: 24, count: 2),
        .init(.fusedMBConv, expansion: 4, stride: 2, channels: 48, count: 4),
        .init(.fusedMBConv, expansion: 4, stride: 2, channels: 64, count: 4),
        .init(.mbConv, expansion: 4, stride: 2, channels: 128, count: 6),
        .init(.mbConv, expansion: 6, stride: 1, channels: 160, count: 9),
        .init(.mbConv, expansion: 6, stride: 2, channels: 256, count: 15),
      ], dropout: 0.2,
      PublishedWeights(
        file: "efficientnet_v2_s-dd5fe13b.pth", top1: 84.228, top5: 96.878,
        evaluation: .imagenet(resize: 384, crop: 384))),
    entry(
      "m", stem: 24,
      [
        .init(.fusedMBConv, expansion: 1, stride: 1, channels: 24, count: 3),
        .init(.fusedMBConv, expansion: 4, stride: 2, channels: 48, count: 5),
        .init(.fusedMBConv, expansion: 4, stride: 2, channels: 80, count: 5),
        .init(.mbConv, expansion: 4, stride: 2, channels: 160, count: 7),
        .init(.mbConv, expansion: 6, stride: 1, channels: 176, count: 14),
        .init(.mbConv, expansion: 6, stride: 2, channels: 304, count: 18),
        .init(.mbConv, expansion: 6, stride: 1, channels: 512, count: 5),
      ], dropout: 0.3,
      PublishedWeights(
        file: "efficientnet_v2_m-dc08266a.pth", top1: 85.112, top5: 97.156,
        evaluation: .imagenet(resize: 480, crop: 480))),
    entry(
      "l", stem: 32,
      [
        .init(.fusedMBConv, expansion: 1, stride: 1, channels: 32, count: 4),
        .init(.fusedMBConv, expansion: 4, stride: 2, channels: 64, count: 7),
        .init(.fusedMBConv, expansion: 4, stride: 2, channels: 96, count: 7),
        .init(.mbConv, expansion: 4, stride: 2, channels: 192, count: 10),
        .init(.mbConv, expansion: 6, stride: 1, channels: 224, count: 19),
        .init(.mbConv, expansion: 6, stride: 2, channels: 384, count: 25),
        .init(.mbConv, expansion: 6, stride: 1, channels: 640, count: 7),
      ], dropout: 0.4,
      PublishedWeights(
        file: "efficientnet_v2_l-59c71312.pth", top1: 85.808, top5: 97.788,
        evaluation: EvaluationPreset(
          resize: .shortSide(480), crop: 480, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], interpolation: .bicubic))),
  ]

  private static func entry(
    _ size: String, stem: Int, _ stages: [EfficientNet.Stage], dropout: Double, _ weights: PublishedWeights
  ) -> ModelEntry {
    let crop = weights.evaluation.crop
    return ModelEntry(
      name: "efficientnet_v2_\(size)", family: "efficientnet",
      summary: "EfficientNetV2-\(size.uppercased()) for \(crop) pixels; fused blocks come first.",
      source: "Tan & Le 2021, arXiv:2104.00298", inputSize: crop, dropout: dropout, evaluation: weights.evaluation,
      publishedWeights: [weights],
      module: EfficientNet(stem: stem, stages: stages, width: 1280, epsilon: 1e-3).network)
  }
}
