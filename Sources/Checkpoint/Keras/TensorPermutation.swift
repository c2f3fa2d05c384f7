import Tensors

/// The elements of a tensor in another order of axes: it is seen with `view` as its extents, its axes are put in the order
/// of `axes`, and the result has the extents `result`.
struct TensorPermutation: Sendable, Hashable {
  let view: [Int]
  let axes: [Int]
  let result: Shape

  /// - Parameter result: The extents; those of the permuted axes unless given.
  init(_ view: [Int], _ axes: [Int], result: [Int]? = nil) {
    precondition(axes.sorted() == Array(view.indices), "\(axes) are no axes of \(view)")
    self.view = view
    self.axes = axes
    self.result = Shape(result ?? axes.map { view[$0] })
    precondition(self.result.count == Shape(view).count, "\(self.result) has other elements than \(view)")
  }

  /// The way back to the extents that there were before.
  func inverse(to shape: Shape) -> TensorPermutation {
    var back = axes
    for (place, axis) in axes.enumerated() { back[axis] = place }
    return TensorPermutation(axes.map { view[$0] }, back, result: shape.dimensions)
  }

  /// A source of the permuted tensor.
  func applied(to source: TensorSource) -> TensorSource {
    precondition(source.shape.count == result.count, "\(source.shape) has other elements than \(view)")
    return TensorSource(
      result, dtype: source.dtype,
      accessing: { access in
        guard source.isStreamed else { return applied(to: try source.tensor(access)) }
        return try Tensor(result, dtype: source.dtype) { bytes in
          var turned = TurnedElements(
            extents: view, strides: targetStrides, elementSize: source.dtype.size, into: bytes)
          try source.forEachPiece(access) { turned.add($0) }
        }
      })
  }

  /// Elements of the result from one to the next along each axis of the view.
  private var targetStrides: [Int] {
    var strides = [Int](repeating: 1, count: view.count)
    var step = 1
    for axis in axes.reversed() {
      strides[axis] = step
      step *= max(view[axis], 1)
    }
    return strides
  }

  /// The permuted tensor.
  func applied(to tensor: Tensor) -> Tensor {
    var strides = [Int](repeating: 1, count: view.count)
    for axis in view.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * view[axis + 1] }
    let copy = StridedCopy(rowMajor: axes.map { view[$0] }, from: axes.map { strides[$0] })
    return tensor.withUnsafeBytes { input in
      Tensor(result, dtype: tensor.dtype) { output in
        guard let from = input.baseAddress, let to = output.baseAddress, !output.isEmpty else { return }
        copy.run(elementSize: tensor.dtype.size, from: from, to: to)
      }
    }
  }
}
