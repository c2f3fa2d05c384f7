public import Tensors

/// Images and labels for one step.
///
/// The memory of ``images`` returns to its loader when the last copy of the tensor is gone: keep no more batches than
/// you need.
public struct Batch: Sendable {
  /// The position in the epoch, from 0.
  public let number: Int
  /// [N, C, H, W], float32, aligned to 64 bytes.
  public let images: Tensor
  /// N classes; −1 for a sample without a label.
  public let labels: [Int32]
  /// N indices into the dataset: what is shown, also where a corrupt image was replaced.
  public let indices: [Int]
  /// Images of this batch that could not be decoded and were skipped.
  public let skipped: [SkippedSample]
  /// How the images were mixed; ``labels`` are those of the images before.
  public let mixture: Mixture?

  /// N.
  public var count: Int { labels.count }

  /// How much of each class each image is, [N, classes], where images were mixed.
  /// - Parameter classes: More than the largest label.
  public func probabilities(classes: Int) -> Tensor? { mixture?.probabilities(of: labels, classes: classes) }
}

/// An image that could not be decoded.
public struct SkippedSample: Sendable, Hashable {
  /// The index in the dataset.
  public let index: Int
  /// The file and what is wrong with it.
  public let error: DatasetsError
}
