extension RegNet {
  /// Named after what one image of 224 pixels costs, in millions or billions of multiply-accumulates. Depths and widths are
  /// those that the paper's line of w₀, wₐ and wₘ gives, made multiples of the group width.
  static let models = [
    x(
      "400mf", depths: [1, 2, 7, 12], widths: [32, 64, 160, 400], groupWidth: 16,
      weights("regnet_x_400mf-adf1edd5.pth", 72.834, 90.95),
      secondWeights("regnet_x_400mf-62229a5f.pth", 74.864, 92.322)),
    x(
      "800mf", depths: [1, 3, 7, 5], widths: [64, 128, 288, 672], groupWidth: 16,
      weights("regnet_x_800mf-ad17e45c.pth", 75.212, 92.348),
      secondWeights("regnet_x_800mf-94a99ebd.pth", 77.522, 93.826)),
    x(
      "1_6gf", depths: [2, 4, 10, 2], widths: [72, 168, 408, 912], groupWidth: 24,
      weights("regnet_x_1_6gf-e3633e7f.pth", 77.04, 93.44),
      secondWeights("regnet_x_1_6gf-a12f2b72.pth", 79.668, 94.922)),
    x(
      "3_2gf", depths: [2, 6, 15, 2], widths: [96, 192, 432, 1008], groupWidth: 48,
      weights("regnet_x_3_2gf-f342aeae.pth", 78.364, 93.992),
      secondWeights("regnet_x_3_2gf-7071aa85.pth", 81.196, 95.43)),
    x(
      "8gf", depths: [2, 5, 15, 1], widths: [80, 240, 720, 1920], groupWidth: 120,
      weights("regnet_x_8gf-03ceed89.pth", 79.344, 94.686),
      secondWeights("regnet_x_8gf-2b70d774.pth", 81.682, 95.678)),
    x(
      "16gf", depths: [2, 6, 13, 1], widths: [256, 512, 896, 2048], groupWidth: 128,
      weights("regnet_x_16gf-2007eb11.pth", 80.058, 94.944),
      secondWeights("regnet_x_16gf-ba3796d7.pth", 82.716, 96.196)),
    x(
      "32gf", depths: [2, 7, 13, 1], widths: [336, 672, 1344, 2520], groupWidth: 168,
      weights("regnet_x_32gf-9d47f8d0.pth", 80.622, 95.248),
      secondWeights("regnet_x_32gf-6eb8fdc6.pth", 83.014, 96.288)),
    y(
      "400mf", depths: [1, 3, 6, 6], widths: [48, 104, 208, 440], groupWidth: 8,
      weights("regnet_y_400mf-c65dace8.pth", 74.046, 91.716),
      secondWeights("regnet_y_400mf-e6988f5f.pth", 75.804, 92.742)),
    y(
      "800mf", depths: [1, 3, 8, 2], widths: [64, 144, 320, 784], groupWidth: 16,
      weights("regnet_y_800mf-1b27b58c.pth", 76.42, 93.136),
      secondWeights("regnet_y_800mf-58fc7688.pth", 78.828, 94.502)),
    y(
      "1_6gf", depths: [2, 6, 17, 2], widths: [48, 120, 336, 888], groupWidth: 24,
      weights("regnet_y_1_6gf-b11a554e.pth", 77.95, 93.966),
      secondWeights("regnet_y_1_6gf-0d7bc02a.pth", 80.876, 95.444)),
    y(
      "3_2gf", depths: [2, 5, 13, 1], widths: [72, 216, 576, 1512], groupWidth: 24,
      weights("regnet_y_3_2gf-b5a9779c.pth", 78.948, 94.576),
      secondWeights("regnet_y_3_2gf-9180c971.pth", 81.982, 95.972)),
    y(
      "8gf", depths: [2, 4, 10, 1], widths: [224, 448, 896, 2016], groupWidth: 56,
      weights("regnet_y_8gf-d0d0e4a8.pth", 80.032, 95.048),
      secondWeights("regnet_y_8gf-dc2b1b54.pth", 82.828, 96.33)),
    y(
      "16gf", depths: [2, 4, 11, 1], widths: [224, 448, 1232, 3024], groupWidth: 112,
      weights("regnet_y_16gf-9e6ed7dd.pth", 80.424, 95.24),
      secondWeights("regnet_y_16gf-3e4a00f9.pth", 82.886, 96.328),
      swag("regnet_y_16gf_swag-43afe44d.pth", 86.012, 98.054),
      swagLinear("regnet_y_16gf_lc_swag-f3ec0043.pth", 83.976, 97.244)),
    y(
      "32gf", depths: [2, 5, 12, 1], widths: [232, 696, 1392, 3712], groupWidth: 232,
      weights("regnet_y_32gf-4dee3f7a.pth", 80.878, 95.34),
      secondWeights("regnet_y_32gf-8db6d4b5.pth", 83.368, 96.498),
      swag("regnet_y_32gf_swag-04fdfa75.pth", 86.838, 98.362),
      swagLinear("regnet_y_32gf_lc_swag-e1583746.pth", 84.622, 97.48)),
    y(
      "128gf", depths: [2, 7, 17, 1], widths: [528, 1056, 2904, 7392], groupWidth: 264,
      swag("regnet_y_128gf_swag-c8ce3e52.pth", 88.228, 98.682),
      swagLinear("regnet_y_128gf_lc_swag-cbe8ce12.pth", 86.068, 97.844)),
  ]

  private static func x(
    _ work: String, depths: [Int], widths: [Int], groupWidth: Int, _ weights: PublishedWeights...
  ) -> ModelEntry {
    RegNet(depths: depths, widths: widths, groupWidth: groupWidth, squeezes: false).entry(work, weights)
  }

  private static func y(
    _ work: String, depths: [Int], widths: [Int], groupWidth: Int, _ weights: PublishedWeights...
  ) -> ModelEntry {
    RegNet(depths: depths, widths: widths, groupWidth: groupWidth, squeezes: true).entry(work, weights)
  }

  private func entry(_ work: String, _ weights: [PublishedWeights]) -> ModelEntry {
    let evaluation = weights.first?.evaluation ?? .imagenet
    let blocks = depths.reduce(0, +)
    let title = work.replacing("_", with: ".").uppercased()
    return ModelEntry(
      name: "regnet_\(squeezes ? "y" : "x")_\(work)", family: "regnet",
      summary: "RegNet\(squeezes ? "Y" : "X")-\(title), \(blocks) blocks; "
        + (squeezes ? "bottlenecks with squeeze and excitation." : "bottlenecks of groups."),
      source: "Radosavovic et al. 2020, arXiv:2003.13678", inputSize: evaluation.crop, evaluation: evaluation,
      publishedWeights: weights, module: network)
  }

  private static func weights(_ file: String, _ top1: Double, _ top5: Double) -> PublishedWeights {
    PublishedWeights(file: file, top1: top1, top5: top5)
  }

  /// torchvision's later training recipe, evaluated at a shorter side of 232.
  private static func secondWeights(_ file: String, _ top1: Double, _ top5: Double) -> PublishedWeights {
    PublishedWeights("imagenet1k_v2", file: file, top1: top1, top5: top5, evaluation: .imagenet(resize: 232))
  }

  /// Trained on hashtags of public pictures (Singh et al. 2022, arXiv:2201.08371) and then, all layers, on ImageNet.
  private static func swag(_ file: String, _ top1: Double, _ top5: Double) -> PublishedWeights {
    PublishedWeights(
      "imagenet1k_swag_e2e_v1", file: file, top1: top1, top5: top5,
      evaluation: .imagenet(resize: 384, crop: 384, interpolation: .bicubic))
  }

  /// Trained on hashtags, and the last layer alone on ImageNet.
  private static func swagLinear(_ file: String, _ top1: Double, _ top5: Double) -> PublishedWeights {
    PublishedWeights(
      "imagenet1k_swag_linear_v1", file: file, top1: top1, top5: top5,
      evaluation: .imagenet(resize: 224, crop: 224, interpolation: .bicubic))
  }
}
