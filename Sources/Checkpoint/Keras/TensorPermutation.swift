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
    return TensorSource(result, dtype: source.dtype, accessing: { access in applied(to: try source.tensor(access)) })
  }

  /// The permuted tensor.
  func applied(to tensor: Tensor) -> Tensor {
    tensor.withUnsafeBytes { input in
      Tensor(result, dtype: tensor.dtype) { output in
        switch tensor.dtype.size {
        case 1: permute(input, output, as: UInt8.self)
        case 2: permute(input, output, as: UInt16.self)
        case 4: permute(input, output, as: UInt32.self)
        case 8: permute(input, output, as: UInt64.self)
        default: permute(input, output, as: SIMD2<UInt64>.self)
        }
      }
    }
  }

  private func permute<Word: BitwiseCopyable>(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, as type: Word.Type
  ) {
    guard !output.isEmpty, let source = input.baseAddress, let target = output.baseAddress else { return }
    let size = MemoryLayout<Word>.size
    var strides = [Int](repeating: size, count: view.count)
    for axis in view.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * view[axis + 1] }
    let extents = axes.map { view[$0] }
    let steps = axes.map { strides[$0] }
    guard let inner = extents.last, let innerStep = steps.last else { return output.copyMemory(from: input) }
    var position = [Int](repeating: 0, count: extents.count - 1)
    var (start, written) = (0, 0)
    while written < output.count {
      var from = start
      for _ in 0..<inner {
        target.storeBytes(
          of: source.loadUnaligned(fromByteOffset: from, as: Word.self), toByteOffset: written, as: Word.self)
        from += innerStep
        written += size
      }
      var axis = position.count - 1
      while axis >= 0 {
        position[axis] += 1
        start += steps[axis]
        if position[axis] < extents[axis] { break }
        start -= steps[axis] * extents[axis]
        position[axis] = 0
        axis -= 1
      }
    }
  }
}
