/// What one training step saw, computed before the update.
public struct StepResult: Sendable, Hashable {
  /// The reduced loss; not finite when training has diverged, or where the mean is that of ignored images alone, and then
  /// nothing was updated.
  public let loss: Double
  /// The sum of the images' losses.
  public let lossSum: Double
  /// What the mean divides ``lossSum`` by: the sum of the weights of the labels that are not ignored, or with
  /// probabilities the number of images.
  public let weight: Double
  /// How many images are not ignored.
  public let counted: Int
  /// How many of these had their label, or the largest of their probabilities, as the largest logit.
  public let correct: Int
}
