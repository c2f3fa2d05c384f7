import Datasets
import Engine
import Layers
import Zoo

extension TrainingSettings {
  /// The same settings with the largest batch size whose training stays within a memory, as ``TrainingMemory`` counts it:
  /// what the process itself and the decoding of images take comes on top.
  ///
  /// Programs are compiled and none is run. Sizes above 8 are multiples of 8.
  /// - Parameter byteCount: The bound.
  /// - Throws: ``TrainingError`` when not even one image fits, or whatever is wrong with the settings.
  public func fitting(byteCount: Int) throws -> TrainingSettings { try fitting(byteCount: byteCount, entry: nil) }

  /// The same with a model that need not be the registry's.
  func fitting(byteCount: Int, entry: ModelEntry?) throws -> TrainingSettings {
    var settings = self
    // The data is listed once: large folders take long.
    var data: TrainingData?
    /// What a training with so many images takes, and how many images there are.
    func measure(_ size: Int) throws -> (byteCount: Int, images: Int) {
      settings.batchSize = size
      let preparation = try Preparation(settings, entry: entry, data: data)
      data = preparation.data
      let program = try preparation.network().trainingProgram(
        batchSize: min(size, preparation.loader.dataset.count), inputSize: Pair(preparation.inputSize))
      // Of batches that are learned by heart there are as many as their size asks for.
      return (TrainingMemory(preparation, program).total, preparation.data.training.count)
    }
    // Batch normalisation may need two images.
    let smallest = try measure(2)
    guard smallest.byteCount <= byteCount else {
      throw TrainingError(
        .settings,
        "training '\(model)' takes \(smallest.byteCount >> 20) MiB with batches of two images, and \(byteCount >> 20) MiB are "
          + "allowed; allow more, or take a smaller --input-size or model")
    }
    var (fits, exceeds) = (2, min(smallest.images, Self.largestBatch) + 1)
    while fits + Self.grain(fits) < exceeds {
      // Doubling first: most of the range is never looked at.
      let middle = fits * 2 < exceeds ? fits * 2 : (fits + exceeds) / 2
      let size = max(middle / Self.grain(middle) * Self.grain(middle), fits + Self.grain(fits))
      if try measure(size).byteCount <= byteCount { fits = size } else { exceeds = size }
    }
    settings.batchSize = fits
    return settings
  }

  private static let largestBatch = 65_536

  private static func grain(_ size: Int) -> Int { size < 8 ? 1 : 8 }
}
