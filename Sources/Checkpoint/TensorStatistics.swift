public import Tensors

/// What the numbers of a tensor are like.
///
/// Of complex tensors, real and imaginary parts count as numbers of their own; `false` and `true` count as 0 and 1.
public struct TensorStatistics: Sendable, Hashable {
  /// The numbers that are infinite or not a number; the rest of the statistics is without them.
  public private(set) var nonFiniteCount = 0
  /// The finite numbers.
  public private(set) var finiteCount = 0
  /// The smallest number; `nil` when there is none.
  public private(set) var minimum: Double?
  /// The largest number; `nil` when there is none.
  public private(set) var maximum: Double?
  /// The mean; `nil` when there is no number.
  public private(set) var mean: Double?
  /// The standard deviation of the numbers as a whole population (divided by their count); `nil` when there is none.
  public private(set) var standardDeviation: Double?

  /// Statistics in double precision, in two passes over the tensor, which is looked at piece by piece.
  public init(of tensor: Tensor) {
    var (sum, low, high) = (0.0, Double.infinity, -Double.infinity)
    tensor.forEachBlock { block in
      for value in block {
        guard value.isFinite else {
          nonFiniteCount += 1
          continue
        }
        finiteCount += 1
        sum += value
        low = min(low, value)
        high = max(high, value)
      }
    }
    guard finiteCount > 0 else { return }
    // The sum of numbers near the largest double may overflow; the mean is then said to be infinite.
    let mean = sum / Double(finiteCount)
    var squares = 0.0
    tensor.forEachBlock { block in
      for value in block where value.isFinite { squares += (value - mean) * (value - mean) }
    }
    minimum = low
    maximum = high
    self.mean = mean
    standardDeviation = (squares / Double(finiteCount)).squareRoot()
  }
}
