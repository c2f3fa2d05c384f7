import Tensors

extension AttentionAttributes {
  /// Checks what does not depend on the input.
  func check() throws(Misfit) {
    try Layers.check("the number of heads", heads, atLeast: 1)
    try Layers.check("the number of features of a head", headFeatures, atLeast: 1)
    if case .dotProduct(let scale) = similarity, !scale.isFinite {
      throw Misfit(.argument, "the scale is \(scale), but must be finite")
    }
    if case .network(let hidden) = positionBias {
      try Layers.check("the number of hidden features", hidden, atLeast: 1)
    }
    guard let extents = groupExtents else {
      guard positionBias == .none else {
        throw Misfit(.argument, "a position bias needs windows or a grid; attention over a whole image has none")
      }
      return
    }
    // The bias has a number for each pair of tokens.
    guard (1...1024).contains(extents.height), (1...1024).contains(extents.width) else {
      throw Misfit(.argument, "groups are \(extents) tokens, but each side must be in 1...1024")
    }
    if case .network = positionBias, extents.height < 2 || extents.width < 2 {
      throw Misfit(.argument, "groups are \(extents) tokens, but a network of relative positions needs at least 2x2")
    }
    if case .windows(let size, let shift) = span {
      guard (0..<size.height).contains(shift.height), (0..<size.width).contains(shift.width) else {
        throw Misfit(.argument, "the shift is \(shift), but must be at least 0 and smaller than the window of \(size)")
      }
    }
  }

  /// The shape of the result for queries, keys and values of a shape.
  func resultShape(of input: Shape) throws(Misfit) -> Shape {
    let all = try checkedShape([3, heads, headFeatures]).count
    let features = all / 3
    guard input.rank >= 2, input.dimensions.last == all else {
      throw Misfit(
        .shape, "takes queries, keys and values of \(features) features each, but its input is \(input.asBatchOfOne)")
    }
    if let extents = groupExtents {
      guard input.rank == 3 else {
        throw Misfit(.shape, "takes a map of tokens [N, H, W, D], but its input is \(input.asBatchOfOne)")
      }
      guard input[0].isMultiple(of: extents.height), input[1].isMultiple(of: extents.width) else {
        throw Misfit(.inputSize, "groups of \(extents) tokens do not tile \(input.asBatchOfOne)")
      }
    }
    return try checkedShape(input.dimensions.dropLast() + [features])
  }

  /// The tokens of a group.
  /// - Parameter output: The shape of the result.
  func groupSize(of output: Shape) -> Int {
    if let extents = groupExtents { return extents.height * extents.width }
    return output.count / (heads * headFeatures)
  }

  /// The multiply-accumulates of the position bias, or `nil` on overflow.
  var biasWork: Int? {
    guard case .network(let hidden) = positionBias, let extents = groupExtents else { return 0 }
    return Shape(checking: [2 * extents.height - 1, 2 * extents.width - 1, hidden, 2 + heads])?.count
  }
}
