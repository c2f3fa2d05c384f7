import Layers
import Tensors

extension GraphEmitter {
  /// Elements of an axis that follow each other.
  mutating func narrow(_ node: Graph.Node, axis: Int, start: Int, count: Int) -> String {
    let starts = integers([start], "\(node.name).starts")
    let ends = integers([start + count], "\(node.name).ends")
    let axes = integers([axis + 1], "\(node.name).axes")
    return add("Slice", [input(node), starts, ends, axes], at: node.name)
  }

  /// Groups of channels as an axis of their own, which then goes behind the channels of a group.
  mutating func channelShuffle(_ node: Graph.Node, _ groups: Int) -> String {
    let image = inputShape(node)
    let (channels, extents) = (image[0], Array(image.dimensions.dropFirst()))
    // 0 is the batch, whatever it is.
    let apart = integers([0, groups, channels / groups] + extents, "\(node.name).groups")
    let together = integers([0, channels] + extents, "\(node.name).channels")
    let grouped = add("Reshape", [input(node), apart], at: "\(node.name).grouped")
    let turned = add("Transpose", [grouped], [.ints("perm", [0, 2, 1, 3, 4])], at: "\(node.name).turned")
    return add("Reshape", [turned, together], at: node.name)
  }

  /// A constant number for each channel of an image: [C, 1, 1].
  mutating func perChannel(_ numbers: [Double], _ name: String) -> String {
    constant(Tensor(numbers.map(Float.init), shape: [numbers.count, 1, 1]), called: name)
  }
}
