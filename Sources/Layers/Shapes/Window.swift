/// How a window slides along one axis: a convolution's or a pool's.
struct Window {
  let kernel: Int
  let stride: Int
  let padding: Int
  let dilation: Int
  var ceilMode = false

  /// What the kernel spans with its gaps.
  var span: Int { dilation * (kernel - 1) + 1 }

  /// The number of windows along an axis, or `nil` when not one fits.
  ///
  /// Follows PyTorch's `pooling_output_shape`: in ceil mode a last window may reach past the padded input, but is left
  /// out when it would start beyond the input and its left padding.
  func count(along extent: Int) -> Int? {
    let room = extent + 2 * padding - span + (ceilMode ? stride - 1 : 0)
    guard room >= 0 else { return nil }
    let count = room / stride + 1
    let lastStart = (count - 1) * stride
    return ceilMode && lastStart >= extent + padding ? count - 1 : count
  }
}
