/// ReLU(body(x) + shortcut(x)) (He et al. 2016).
///
/// Body and shortcut stand at the block's own path, as in torchvision's blocks; so give their children names:
/// ```swift
/// Residual(
///   Sequential(["conv1": …, "bn1": …, "relu": ReLU(), "conv2": …, "bn2": …]),
///   shortcut: Sequential(["downsample": Sequential { …; … }]))
/// ```
public struct Residual: Module {
  private let body: any Module
  private let shortcut: any Module
  private let rectified: Bool

  /// A block.
  /// - Parameters:
  ///   - body: What the block computes.
  ///   - shortcut: What brings the input to the body's shape; the input itself unless given.
  ///   - rectified: Whether a ReLU, called `relu`, follows the sum.
  public init(_ body: some Module, shortcut: (any Module)? = nil, rectified: Bool = true) {
    self.body = body
    self.shortcut = shortcut ?? Sequential([])
    self.rectified = rectified
  }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let main = body.emit(into: &builder, at: path, input: input)
    let short = shortcut.emit(into: &builder, at: path, input: input)
    let sum = builder.add(.add, at: path, inputs: [main, short])
    return rectified ? ReLU().emit(into: &builder, at: path.child("relu"), input: sum) : sum
  }
}
