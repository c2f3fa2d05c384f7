/// How long a training will still take, from what its parts took so far.
struct TimeLeft {
  /// Images of one epoch of training, and of one validation.
  let trainingImages: Int
  let validationImages: Int
  let epochs: Int
  /// Measured seconds of a whole validation with its saving; `nil` before the first.
  var validationSeconds: Double?

  /// Seconds to the end of training.
  /// - Parameters:
  ///   - epoch: The current one, from 1.
  ///   - imagesDone: Training images of this epoch that are done.
  ///   - imagesPerSecond: The rate of training.
  /// - Returns: `nil` while there is no rate.
  func seconds(epoch: Int, imagesDone: Int, imagesPerSecond: Double) -> Double? {
    guard imagesPerSecond > 0 else { return nil }
    let images = trainingImages - imagesDone + (epochs - epoch) * trainingImages
    // Until it is measured: inference is about a third of the work of training.
    let validation = validationSeconds ?? Double(validationImages) / (3 * imagesPerSecond)
    return Double(images) / imagesPerSecond + Double(epochs - epoch + 1) * validation
  }
}
