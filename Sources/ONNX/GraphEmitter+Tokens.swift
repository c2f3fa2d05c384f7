import Layers
import Tensors

extension GraphEmitter {
  /// A token before all others: both get zeros where the other is, so that their sum is one after the other for any batch.
  mutating func classToken(_ node: Graph.Node, _ features: Int) -> String {
    let path = node.name
    let count = inputShape(node).count / features
    let tokens = reshape(input(node), [count, features], at: "\(path).tokens")
    let before = integers([0, 1, 0, 0, 0, 0], "\(path).pads_before")
    let behind = integers([0, 0, 0, 0, count, 0], "\(path).pads_behind")
    let others = add("Pad", [tokens, before], at: "\(path).others")
    let token = add("Pad", [parameter(parameters(node)[0]), behind], at: "\(path).token")
    return add("Add", [others, token], at: path)
  }

  /// Zeros below and on the right of a map [N, H, W, D].
  mutating func padTokens(_ node: Graph.Node, to shape: Shape) -> String {
    padTokens(input(node), from: inputShape(node), to: shape, at: node.name)
  }

  private mutating func padTokens(_ value: String, from shape: Shape, to larger: Shape, at path: String) -> String {
    let (rows, columns) = (larger[0] - shape[0], larger[1] - shape[1])
    guard rows > 0 || columns > 0 else { return value }
    return add("Pad", [value, integers([0, 0, 0, 0, 0, rows, columns, 0], "\(path).pads")], at: path)
  }

  /// Of the first map as much as the second is large.
  mutating func cropTokens(_ node: Graph.Node) -> String {
    let like = shapes[node.output.index]
    guard like != inputShape(node) else { return input(node) }
    return slice(input(node), axes: [1, 2], from: [0, 0], to: [like[0], like[1]], at: node.name)
  }

  /// Four neighbours as one token: the upper left, the lower left, the upper right and the lower right one.
  mutating func mergePatches(_ node: Graph.Node) -> String {
    let (shape, path) = (inputShape(node), node.name)
    let even: Shape = [(shape[0] + 1) / 2 * 2, (shape[1] + 1) / 2 * 2, shape[2]]
    let map = padTokens(input(node), from: shape, to: even, at: "\(path).even")
    let parts = [(0, 0), (1, 0), (0, 1), (1, 1)].map { row, column in
      slice(
        map, axes: [1, 2], from: [row, column], to: [even[0], even[1]], steps: [2, 2],
        at: "\(path).part_\(row)_\(column)")
    }
    return add("Concat", parts, [.int("axis", -1)], at: path)
  }

  // MARK: - Shapes

  /// The same elements under other extents; the batch stays, whatever it is.
  mutating func reshape(_ value: String, _ extents: [Int], at path: String) -> String {
    add("Reshape", [value, integers([0] + extents, "\(path).shape")], at: path)
  }

  mutating func transpose(_ value: String, _ order: [Int], at path: String) -> String {
    add("Transpose", [value], [.ints("perm", order)], at: path)
  }

  /// Parts of axes, the batch counted.
  mutating func slice(
    _ value: String, axes: [Int], from starts: [Int], to ends: [Int], steps: [Int]? = nil, at path: String
  ) -> String {
    let ranges = [
      integers(starts, "\(path).starts"), integers(ends, "\(path).ends"), integers(axes, "\(path).axes"),
    ]
    return add("Slice", [value] + ranges + (steps.map { [integers($0, "\(path).steps")] } ?? []), at: path)
  }
}
