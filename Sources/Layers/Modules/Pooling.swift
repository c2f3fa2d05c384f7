/// The largest element of each window of [N, C, H, W], padding counting as −∞: PyTorch's `nn.MaxPool2d`.
public struct MaxPool2d: Module {
  private let attributes: PoolAttributes

  /// Pooling with a window.
  /// - Parameters:
  ///   - stride: The kernel unless given.
  ///   - padding: At most half the kernel.
  ///   - ceilMode: Whether the output size rounds up; a last window that would start in the padding beyond the input
  ///     is left out.
  public init(
    _ kernel: Pair, stride: Pair? = nil, padding: Pair = 0, dilation: Pair = 1, ceilMode: Bool = false
  ) {
    attributes = PoolAttributes(
      kernel: kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode)
  }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    builder.add(.maxPool2d(attributes), at: path, inputs: [input])
  }
}

/// The mean of each window of [N, C, H, W]: PyTorch's `nn.AvgPool2d`.
public struct AvgPool2d: Module {
  private let attributes: PoolAttributes
  private let countIncludePad: Bool

  /// Pooling with a window.
  /// - Parameters:
  ///   - stride: The kernel unless given.
  ///   - padding: At most half the kernel; counts as zeros.
  ///   - ceilMode: As in ``MaxPool2d``.
  ///   - countIncludePad: Whether padding counts in the number that the sum is divided by.
  public init(
    _ kernel: Pair, stride: Pair? = nil, padding: Pair = 0, ceilMode: Bool = false, countIncludePad: Bool = true
  ) {
    attributes = PoolAttributes(kernel: kernel, stride: stride, padding: padding, ceilMode: ceilMode)
    self.countIncludePad = countIncludePad
  }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    builder.add(.avgPool2d(attributes, countIncludePad: countIncludePad), at: path, inputs: [input])
  }
}

/// The mean of each of a fixed number of bins of [N, C, H, W]: PyTorch's `nn.AdaptiveAvgPool2d`.
///
/// Along an axis of extent n that becomes m, bin i covers [⌊i·n/m⌋, ⌈(i+1)·n/m⌉).
public struct AdaptiveAvgPool2d: Module {
  private let output: Pair

  /// Pooling to [N, C, output.height, output.width].
  public init(_ output: Pair) { self.output = output }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    builder.add(.adaptiveAvgPool2d(output: output), at: path, inputs: [input])
  }
}
