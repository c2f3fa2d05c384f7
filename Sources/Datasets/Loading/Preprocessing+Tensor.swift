public import Tensors

extension Preprocessing {
  /// Reads an image file as the input of a network: [1, C, H, W], float32.
  ///
  /// Random steps, which prediction should not have, draw from a fixed seed.
  /// - Throws: ``DatasetsError`` that names the file.
  public func tensor(ofImageAt path: String) throws(DatasetsError) -> Tensor { tensor(of: try Image(contentsOf: path)) }

  /// An image as the input of a network: [1, C, H, W], float32.
  public func tensor(of image: Image) -> Tensor {
    tensor(of: image, random: RandomSource(seed: 0, purpose: .augmentation))
  }

  /// The same with random parameters from `random`.
  public func tensor(of image: Image, random: RandomSource) -> Tensor {
    var processor = SampleProcessor(self)
    return Tensor([1, channels, outputSize.height, outputSize.width], dtype: .float32) { bytes in
      guard let target = bytes.bindMemory(to: Float.self).baseAddress else { return }
      processor.process(image, random: random, into: target)
    }
  }
}
