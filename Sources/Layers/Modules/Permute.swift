/// The axes in another order; the batch stays in front: torchvision's `Permute`.
public struct Permute: Module {
  private let order: [Int]

  /// Axis i of the result is axis `order[i]` of the input. Axes are counted without the batch.
  public init(_ order: [Int]) { self.order = order }

  /// [N, C, H, W] → [N, H, W, C].
  public static let channelsLast = Permute([1, 2, 0])
  /// [N, H, W, C] → [N, C, H, W].
  public static let channelsFirst = Permute([2, 0, 1])

  /// Whether it is ``channelsLast``.
  package var bringsChannelsLast: Bool { order == [1, 2, 0] }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    builder.add(.permute(order: order), at: path, inputs: [input])
  }
}
