extension Operation {
  /// Checks what does not depend on the input.
  func checkAttributes() throws(Misfit) {
    switch self {
    case .conv2d(let attributes): try attributes.check()
    case .maxPool2d(let attributes): try attributes.check()
    case .avgPool2d(let attributes, _):
      try attributes.check()
      guard attributes.dilation == 1 else {
        throw Misfit(.argument, "average pooling knows no dilation, but \(attributes.dilation) is asked for")
      }
    case .adaptiveAvgPool2d(let output): try Layers.check("the output size", output, atLeast: 1)
    case .zeroPad2d(let sides):
      for (name, value) in [
        ("left", sides.left), ("right", sides.right), ("top", sides.top), ("bottom", sides.bottom),
      ] { try Layers.check("the padding at the \(name)", value, atLeast: 0) }
    case .linear(let inFeatures, let outFeatures, _):
      try Layers.check("the number of input features", inFeatures, atLeast: 1)
      try Layers.check("the number of output features", outFeatures, atLeast: 1)
    case .batchNorm2d(let features, let epsilon, let momentum):
      try Layers.check("the number of features", features, atLeast: 1)
      guard epsilon > 0, epsilon.isFinite else {
        throw Misfit(.argument, "epsilon is \(epsilon), but must be a positive number")
      }
      guard (0...1).contains(momentum) else {
        throw Misfit(.argument, "momentum is \(momentum), but must be in 0...1")
      }
    case .localResponseNorm(let size, let alpha, let beta, let k):
      try Layers.check("the number of channels to sum over", size, atLeast: 1)
      guard [alpha, beta, k].allSatisfy(\.isFinite) else {
        throw Misfit(.argument, "alpha \(alpha), beta \(beta) and k \(k) must be finite")
      }
    case .layerNorm(let features, let epsilon):
      try Layers.check("the number of features", features, atLeast: 1)
      guard epsilon > 0, epsilon.isFinite else {
        throw Misfit(.argument, "epsilon is \(epsilon), but must be a positive number")
      }
    case .layerScale(let features): try Layers.check("the number of features", features, atLeast: 1)
    case .permute(let order):
      guard !order.isEmpty, order.sorted() == Array(order.indices) else {
        throw Misfit(.argument, "\(order) is no order of axes; each of 0 to n - 1 must stand in it once")
      }
    case .narrow(let axis, let start, let count):
      try Layers.check("the axis", axis, atLeast: 0)
      try Layers.check("the start", start, atLeast: 0)
      try Layers.check("the number of elements", count, atLeast: 1)
    case .channelShuffle(let groups): try Layers.check("the number of groups", groups, atLeast: 1)
    case .padChannels(let before, let after):
      try Layers.check("the number of channels before", before, atLeast: 0)
      try Layers.check("the number of channels after", after, atLeast: 0)
    case .channelAffine(let scale, let shift):
      guard scale.count == shift.count, (scale + shift).allSatisfy(\.isFinite) else {
        throw Misfit(.argument, "scale \(scale) and shift \(shift) must hold one finite number for each channel")
      }
    case .stochasticDepth(let probability):
      guard (0..<1).contains(probability) else {
        throw Misfit(
          .argument, "the probability of stochastic depth is \(probability), but must be at least 0 and below 1")
      }
    case .dropout(let probability):
      guard (0..<1).contains(probability) else {
        throw Misfit(.argument, "the dropout probability is \(probability), but must be at least 0 and below 1")
      }
    case .classToken(let features): try Layers.check("the number of features", features, atLeast: 1)
    case .positionEmbedding(let tokens, let features):
      try Layers.check("the number of tokens", tokens, atLeast: 1)
      try Layers.check("the number of features", features, atLeast: 1)
    case .padTokens(let multiple): try Layers.check("the multiple", multiple, atLeast: 1)
    case .attention(let attributes): try attributes.check()
    case .activation, .flatten, .add, .multiply, .concat, .cropTokens, .mergePatches: break
    }
  }
}

extension Conv2dAttributes {
  fileprivate func check() throws(Misfit) {
    try Layers.check("the number of input channels", inChannels, atLeast: 1)
    try Layers.check("the number of output channels", outChannels, atLeast: 1)
    try Layers.check("the kernel", kernel, atLeast: 1)
    try Layers.check("the stride", stride, atLeast: 1)
    try Layers.check("the padding", padding, atLeast: 0)
    try Layers.check("the dilation", dilation, atLeast: 1)
    try Layers.check("the number of groups", groups, atLeast: 1)
    guard inChannels.isMultiple(of: groups), outChannels.isMultiple(of: groups) else {
      throw Misfit(
        .argument, "\(groups) groups must divide both \(inChannels) input and \(outChannels) output channels")
    }
  }
}

extension PoolAttributes {
  fileprivate func check() throws(Misfit) {
    try Layers.check("the kernel", kernel, atLeast: 1)
    try Layers.check("the stride", stride, atLeast: 1)
    try Layers.check("the padding", padding, atLeast: 0)
    try Layers.check("the dilation", dilation, atLeast: 1)
    // As in PyTorch, whatever the dilation.
    guard padding.height <= kernel.height / 2, padding.width <= kernel.width / 2 else {
      throw Misfit(.argument, "padding \(padding) is more than half of kernel \(kernel)")
    }
  }
}
