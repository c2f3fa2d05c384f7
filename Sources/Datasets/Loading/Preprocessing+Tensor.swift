public import Tensors

extension Preprocessing {
  /// Reads an image file as the input of a network: [1, C, H, W], float32.
  ///
  /// Random steps, which prediction should not have, draw from a fixed seed.
  /// - Throws: ``DatasetsError`` that names the file.
  public func tensor(ofImageAt path: String) throws(DatasetsError) -> Tensor {
    var processor = SampleProcessor(self)
    let list = ImageList(paths: [path])
    let random = RandomSource(seed: 0, purpose: .augmentation)
    return try Tensor(tensorShape, dtype: .float32) { (bytes) throws(DatasetsError) in
      guard let target = bytes.bindMemory(to: Float.self).baseAddress else { return }
      try processor.process(0, of: list, random: random, into: target)
    }
  }

  /// An image as the input of a network: [1, C, H, W], float32.
  /// - Throws: ``DatasetsError`` when the image is too small or of too extreme proportions for the steps.
  public func tensor(of image: Image) throws(DatasetsError) -> Tensor {
    try tensor(of: image, random: RandomSource(seed: 0, purpose: .augmentation))
  }

  /// The same with random parameters from `random`.
  public func tensor(of image: Image, random: RandomSource) throws(DatasetsError) -> Tensor {
    var processor = SampleProcessor(self)
    return try Tensor(tensorShape, dtype: .float32) { (bytes) throws(DatasetsError) in
      guard let target = bytes.bindMemory(to: Float.self).baseAddress else { return }
      try processor.process(image, random: random, into: target)
    }
  }

  private var tensorShape: Shape { [1, channels, outputSize.height, outputSize.width] }
}
