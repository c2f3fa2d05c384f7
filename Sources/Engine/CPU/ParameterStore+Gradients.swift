import CKernels
import Tensors

/// Gradients that are kept from batch to batch, each in its parameter's home.
extension ParameterStore {
  /// The sum of a parameter's gradients since the last update.
  func gradientSum(of index: Int) throws(EngineError) -> Memory {
    let entry = entries[index]
    guard let home = entry.home else { preconditionFailure("a gradient has a home") }
    if let sum = entry.gradient { return sum }
    let sum = try Memory(byteCount: home.byteCount)
    entry.gradient = sum
    return sum
  }

  /// Adds a gradient in the home's layout to the sum, or begins the sum with it.
  func keep(_ gradient: UnsafePointer<Float>, of index: Int, isFirst: Bool, threads: Int) throws(EngineError) {
    let sum = try gradientSum(of: index)
    if isFirst {
      zk_copy(gradient, sum.floats, sum.floatCount, Int32(threads))
    } else {
      zk_add(sum.floats, gradient, sum.floats, sum.floatCount, 0, Int32(threads))
    }
  }

  /// Updates every parameter that has a gradient by its sum.
  /// - Parameters:
  ///   - divisor: What sums are divided by first.
  ///   - clipping: What is done to the quotients.
  func update(
    _ updates: Updates, dividingBy divisor: Double, clipping: GradientClipping?, threads: Int
  ) throws(EngineError) -> UpdateResult {
    var scale = 1 / divisor
    var norm: Double?
    if case .norm(let limit) = clipping {
      let squares = entries.reduce(0) { sum, entry in
        guard let gradient = entry.gradient else { return sum }
        return sum + zk_sum_of_squares(gradient.floats, gradient.floatCount, Int32(threads))
      }
      let length = scale * squares.squareRoot()
      norm = length
      guard length.isFinite else { return UpdateResult(gradientNorm: norm) }
      scale *= min(1, limit / (length + 1e-6))
    }
    for (index, entry) in entries.enumerated() {
      guard let gradient = entry.gradient, let parameter = entry.value.memory else { continue }
      let update = updates[index]
      var rest = Float(scale)
      if case .value(let limit) = clipping {
        zk_clip(gradient.floats, gradient.floatCount, rest, Float(limit), Int32(threads))
        rest = 1
      }
      update.apply(
        gradient.floats, scaledBy: rest, to: parameter.floats, state: try state(of: index, for: update.rule),
        count: gradient.floatCount, threads: threads)
    }
    touch()
    return UpdateResult(gradientNorm: norm)
  }
}
