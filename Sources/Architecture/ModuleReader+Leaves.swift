import Layers
import Tensors

extension ModuleReader {
  /// A module without others inside.
  func leaf(
    _ call: Call, _ scope: Scope, input: Shape, at path: ModulePath
  ) throws(Problem) -> (built: Built, parameterCount: Int) {
    let module = try module(call, Arguments(call: call, scope: scope), input, path)
    let shape: Shape
    let parameterCount: Int
    do throws(LayersError) {
      (shape, parameterCount) = try module.result(for: input, at: path)
    } catch {
      throw Problem(call.place, error.description)
    }
    return (Built(module: module, output: shape), parameterCount)
  }

  private func module(
    _ call: Call, _ arguments: Arguments, _ input: Shape, _ path: ModulePath
  ) throws(Problem) -> any Module {
    if let activation = Activation.allCases.first(where: { $0.className == call.name }) { return activation }
    switch call.name {
    case "Conv2d": return try convolution(arguments, input, path)
    case "Linear":
      let features = try self.features(input, call, path)
      try arguments.check("in_features", is: features, "which come in")
      return Linear(
        features, try arguments.required("out_features"), bias: try arguments.flag("bias") ?? true,
        initializer: initializers.linear)
    case "BatchNorm2d":
      let channels = try channels(input, call, path)
      try arguments.check("num_features", is: channels, "the channels that come in")
      return BatchNorm2d(
        channels, epsilon: try arguments.number("eps") ?? 1e-5, momentum: try arguments.number("momentum") ?? 0.1)
    case "LayerNorm":
      let features = try self.features(input, call, path)
      try arguments.check("normalized_shape", is: features, "the last axis of what comes in")
      return LayerNorm(features, epsilon: try arguments.number("eps") ?? 1e-5)
    case "LayerNorm2d":
      let channels = try channels(input, call, path)
      try arguments.check("num_channels", is: channels, "the channels that come in")
      return LayerNorm2d(channels, epsilon: try arguments.number("eps") ?? 1e-5)
    case "LocalResponseNorm":
      return LocalResponseNorm(
        try arguments.required("size"), alpha: try arguments.number("alpha") ?? 1e-4,
        beta: try arguments.number("beta") ?? 0.75, k: try arguments.number("k") ?? 1)
    case "MaxPool2d":
      return MaxPool2d(
        try arguments.requiredPair("kernel_size"), stride: try arguments.pair("stride"),
        padding: try arguments.pair("padding", atLeast: 0) ?? 0, dilation: try arguments.pair("dilation") ?? 1,
        ceilMode: try arguments.flag("ceil_mode") ?? false)
    case "AvgPool2d":
      return AvgPool2d(
        try arguments.requiredPair("kernel_size"), stride: try arguments.pair("stride"),
        padding: try arguments.pair("padding", atLeast: 0) ?? 0, ceilMode: try arguments.flag("ceil_mode") ?? false,
        countIncludePad: try arguments.flag("count_include_pad") ?? true)
    case "AdaptiveAvgPool2d": return AdaptiveAvgPool2d(try arguments.requiredPair("output_size"))
    case "Dropout": return Dropout(try arguments.number("p") ?? 0.5)
    case "StochasticDepth":
      guard let probability = try arguments.number("p") else { throw arguments.missing("p") }
      return StochasticDepth(probability)
    case "Flatten": return Flatten()
    case "Identity": return Sequential([])
    case "ZeroPad2d": return ZeroPad2d(try arguments.sides("padding"))
    case "ChannelShuffle": return ChannelShuffle(groups: try arguments.required("groups"))
    case "Permute": return Permute(try arguments.axes("dims"))
    case "MultiheadAttention":
      let features = try tokenFeatures(input, call, path)
      try arguments.check("embed_dim", is: features, "the features of a token that comes in")
      let heads = try arguments.required("num_heads")
      guard features.isMultiple(of: heads) else {
        throw Problem(
          call.place,
          "\(path): \(heads) heads cannot share \(features) features; the number of features must be a multiple")
      }
      return MultiheadAttention(features, heads: heads)
    case "ClassToken": return ClassToken(try tokenFeatures(input, call, path))
    case "PositionEmbedding":
      guard input.rank == 2 else {
        throw Problem(
          call.place,
          "\(path): \(call.name) takes tokens [N, T, D], but its input is \(Self.text(input)): put ClassToken before")
      }
      return PositionEmbedding(
        tokens: try bounded(input[0], "tokens", call, path), try bounded(input[1], "features", call, path))
    case "FirstToken":
      guard input.rank == 2 else {
        throw Problem(call.place, "\(path): \(call.name) takes tokens [N, T, D], but its input is \(Self.text(input))")
      }
      return FirstToken()
    default: throw unknown(call.name, call.place)
    }
  }

  private func convolution(
    _ arguments: Arguments, _ input: Shape, _ path: ModulePath
  ) throws(Problem) -> any Module {
    let channels = try channels(input, arguments.call, path)
    try arguments.check("in_channels", is: channels, "the channels that come in")
    let kernel = try arguments.requiredPair("kernel_size")
    let dilation = try arguments.pair("dilation") ?? 1
    return Conv2d(
      channels, try arguments.required("out_channels"), kernel: kernel, stride: try arguments.pair("stride") ?? 1,
      padding: try arguments.convolutionPadding(kernel: kernel, dilation: dilation) ?? 0, dilation: dilation,
      groups: try arguments.integer("groups") ?? 1, bias: try arguments.flag("bias") ?? true,
      initializer: initializers.conv)
  }

  /// The channels of an image that comes in.
  private func channels(_ input: Shape, _ call: Call, _ path: ModulePath) throws(Problem) -> Int {
    guard input.rank == 3, !isChannelsLast else {
      throw Problem(
        call.place,
        "\(path): \(call.name) takes an image [N, C, H, W], but its input is \(Self.text(input))"
          + (input.rank == 3 ? ", with channels last\(channelsLastAdvice)" : ""))
    }
    return try bounded(input[0], "channels", call, path)
  }

  /// The last axis of what comes in, where that is no image that should be flattened.
  private func features(_ input: Shape, _ call: Call, _ path: ModulePath) throws(Problem) -> Int {
    guard let last = input.dimensions.last, input.rank == 1 || call.name != "Linear" || input[input.rank - 1] > 1 else {
      throw Problem(
        call.place,
        "\(path): \(call.name) takes features [N, ..., I], but its input is \(Self.text(input)): put Flatten before")
    }
    return try bounded(last, "features", call, path)
  }

  /// The features of tokens [T, D] or of a map of them [H, W, D].
  private func tokenFeatures(_ input: Shape, _ call: Call, _ path: ModulePath) throws(Problem) -> Int {
    guard let last = input.dimensions.last, input.rank == 2 || input.rank == 3 && isChannelsLast else {
      throw Problem(
        call.place,
        "\(path): \(call.name) takes tokens [N, T, D] or a map of them [N, H, W, D], but its input is "
          + "\(Self.text(input))\(input.rank == 3 ? ", an image: put '{Permute: [0, 2, 3, 1]}' before" : "")")
    }
    return try bounded(last, "features", call, path)
  }

  private func bounded(_ count: Int, _ what: String, _ call: Call, _ path: ModulePath) throws(Problem) -> Int {
    guard count <= Arguments.mostFeatures else {
      throw Problem(call.place, "\(path): \(count) \(what) come in; at most \(Arguments.mostFeatures) can")
    }
    return count
  }

  /// `[1, 64, 2, 2]`: a shape as a batch of one image.
  static func text(_ shape: Shape) -> String { Shape([1] + shape.dimensions).description }
}
