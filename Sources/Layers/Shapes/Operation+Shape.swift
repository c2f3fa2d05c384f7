import Tensors

extension Operation {
  /// The shape of the result for inputs of shapes without the batch axis.
  /// - Throws: ``Misfit`` when the attributes make no sense, or the inputs do not fit them.
  func resultShape(of inputs: [Shape]) throws(Misfit) -> Shape {
    try checkAttributes()
    switch self {
    case .add: return try sumShape(inputs)
    case .multiply: return try productShape(inputs)
    case .concat: return try concatenatedShape(inputs)
    case .cropTokens: return try croppedShape(inputs)
    default: break
    }
    guard inputs.count == 1, let input = inputs.first else {
      throw Misfit(.argument, "takes one input, not \(inputs.count)")
    }
    switch self {
    case .conv2d(let attributes):
      try requireChannels(attributes.inChannels, of: input)
      let size = try slide(
        attributes.kernel, stride: attributes.stride, padding: attributes.padding, dilation: attributes.dilation,
        over: input)
      return try checkedShape([attributes.outChannels, size.height, size.width])
    case .zeroPad2d(let sides):
      try requireImage(input)
      return try checkedShape([
        input[0], input[1] + sides.top + sides.bottom, input[2] + sides.left + sides.right,
      ])
    case .linear(let inFeatures, let outFeatures, _):
      try requireLast(inFeatures, of: input)
      return try checkedShape(input.dimensions.dropLast() + [outFeatures])
    case .layerNorm(let features, _):
      try requireLast(features, of: input)
      return input
    case .batchNorm2d(let features, _, _), .layerScale(let features):
      try requireChannels(features, of: input)
      return input
    case .localResponseNorm:
      try requireImage(input)
      return input
    case .maxPool2d(let attributes), .avgPool2d(let attributes, _):
      try requireImage(input)
      let size = try slide(
        attributes.kernel, stride: attributes.stride, padding: attributes.padding, dilation: attributes.dilation,
        ceilMode: attributes.ceilMode, over: input)
      return try checkedShape([input[0], size.height, size.width])
    case .adaptiveAvgPool2d(let output):
      try requireImage(input)
      return try checkedShape([input[0], output.height, output.width])
    case .flatten:
      return try checkedShape([input.count])
    case .permute(let order):
      guard order.count == input.rank else {
        throw Misfit(.shape, "orders \(order.count) axes, but its input is \(input.asBatchOfOne)")
      }
      return Shape(order.map { input[$0] })
    case .narrow(let axis, let start, let count):
      guard axis < input.rank, start + count <= input[axis] else {
        throw Misfit(
          .shape,
          "takes elements \(start) to \(start + count - 1) of axis \(axis + 1), but its input is \(input.asBatchOfOne)")
      }
      var extents = input.dimensions
      extents[axis] = count
      return Shape(extents)
    case .channelShuffle(let groups):
      try requireImage(input)
      guard input[0].isMultiple(of: groups) else {
        throw Misfit(.shape, "shuffles \(groups) groups, which must divide the channels of \(input.asBatchOfOne)")
      }
      return input
    case .padChannels(let before, let after):
      try requireImage(input)
      return try checkedShape([before + input[0] + after] + input.dimensions.dropFirst())
    case .channelAffine(let scale, _):
      try requireChannels(scale.count, of: input)
      return input
    case .classToken(let features):
      try requireLast(features, of: input)
      guard input.rank >= 2 else { throw Misfit(.shape, "takes tokens, but its input is \(input.asBatchOfOne)") }
      return try checkedShape([1 + checkedShape([input.count / features])[0], features])
    case .positionEmbedding(let tokens, let features):
      guard input.rank == 2, input[1] == features else {
        throw Misfit(.shape, "takes tokens [N, \(tokens), \(features)], but its input is \(input.asBatchOfOne)")
      }
      guard input[0] == tokens else {
        throw Misfit(
          .inputSize, "has positions for \(tokens) tokens, but the image gives \(input.asBatchOfOne)")
      }
      return input
    case .padTokens(let multiple):
      try requireMap(input)
      return try checkedShape([
        roundUp(input[0], to: multiple.height), roundUp(input[1], to: multiple.width), input[2],
      ])
    case .mergePatches:
      try requireMap(input)
      return try checkedShape([roundUp(input[0], to: 2) / 2, roundUp(input[1], to: 2) / 2, 4 * input[2]])
    case .attention(let attributes): return try attributes.resultShape(of: input)
    case .activation, .dropout, .stochasticDepth, .add, .multiply, .concat, .cropTokens:
      return input
    }
  }

  private func croppedShape(_ inputs: [Shape]) throws(Misfit) -> Shape {
    guard inputs.count == 2 else { throw Misfit(.argument, "takes two inputs, not \(inputs.count)") }
    let (input, like) = (inputs[0], inputs[1])
    try requireMap(input)
    try requireMap(like)
    guard like[0] <= input[0], like[1] <= input[1] else {
      throw Misfit(.shape, "cannot cut \(input.asBatchOfOne) to the larger \(like.asBatchOfOne)")
    }
    return [like[0], like[1], input[2]]
  }

  private func requireLast(_ features: Int, of input: Shape) throws(Misfit) {
    guard input.rank == 1 || input.rank > 1 && input.dimensions.last == features else {
      throw Misfit(.shape, "takes \(features) features, but its input is \(input.asBatchOfOne): flatten it before")
    }
    guard input.dimensions.last == features else {
      throw Misfit(.shape, "takes \(features) features, but its input is \(input.asBatchOfOne)")
    }
  }

  private func requireMap(_ input: Shape) throws(Misfit) {
    guard input.rank == 3 else {
      throw Misfit(.shape, "takes a map of tokens [N, H, W, D], but its input is \(input.asBatchOfOne)")
    }
  }

  private func requireImage(_ input: Shape) throws(Misfit) {
    guard input.rank == 3 else {
      throw Misfit(.shape, "takes an image [N, C, H, W], but its input is \(input.asBatchOfOne)")
    }
  }

  private func requireChannels(_ channels: Int, of input: Shape) throws(Misfit) {
    try requireImage(input)
    guard input[0] == channels else {
      throw Misfit(.shape, "takes \(channels) channels, but its input is \(input.asBatchOfOne)")
    }
  }

  /// Height and width of what a window gives on an image.
  private func slide(
    _ kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, ceilMode: Bool = false, over input: Shape
  ) throws(Misfit) -> Pair {
    let rows = Window(
      kernel: kernel.height, stride: stride.height, padding: padding.height, dilation: dilation.height,
      ceilMode: ceilMode)
    let columns = Window(
      kernel: kernel.width, stride: stride.width, padding: padding.width, dilation: dilation.width, ceilMode: ceilMode)
    guard let height = rows.count(along: input[1]), let width = columns.count(along: input[2]) else {
      let dilated = dilation == 1 ? "" : " with dilation \(dilation)"
      let padded = padding == 0 ? "" : " with padding \(padding)"
      throw Misfit(.inputSize, "kernel \(kernel)\(dilated) does not fit \(input.asBatchOfOne)\(padded)")
    }
    return Pair(height, width)
  }

  private func sumShape(_ inputs: [Shape]) throws(Misfit) -> Shape {
    guard inputs.count == 2 else { throw Misfit(.argument, "adds two inputs, not \(inputs.count)") }
    guard inputs[0] == inputs[1] else {
      throw Misfit(
        .shape, "cannot add \(inputs[0].asBatchOfOne) and \(inputs[1].asBatchOfOne): both need one shape")
    }
    return inputs[0]
  }

  private func productShape(_ inputs: [Shape]) throws(Misfit) -> Shape {
    guard inputs.count == 2 else { throw Misfit(.argument, "multiplies two inputs, not \(inputs.count)") }
    let (first, second) = (inputs[0], inputs[1])
    guard first == second || first.rank == 3 && second == [first[0], 1, 1] else {
      throw Misfit(
        .shape,
        "cannot multiply \(first.asBatchOfOne) by \(second.asBatchOfOne): both need one shape, or the second one number "
          + "for each channel")
    }
    return first
  }

  private func concatenatedShape(_ inputs: [Shape]) throws(Misfit) -> Shape {
    guard let first = inputs.first else { throw Misfit(.argument, "has nothing to concatenate") }
    let rest = first.dimensions.dropFirst()
    guard first.rank >= 1, inputs.allSatisfy({ $0.rank == first.rank && $0.dimensions.dropFirst() == rest }) else {
      let shapes = inputs.map(\.asBatchOfOne).joined(separator: " and ")
      throw Misfit(.shape, "cannot concatenate \(shapes): all axes but the channels must agree")
    }
    var channels = 0
    for input in inputs { channels = try checkedShape([channels + input[0]])[0] }
    return try checkedShape([channels] + rest)
  }
}
