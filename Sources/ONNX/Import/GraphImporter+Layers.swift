import Checkpoint
import Layers
import Tensors

extension GraphImporter {
  /// A convolution. Padding that differs from side to side is zeros before it.
  mutating func convolution(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    let weight = try constant(node, 1, "weights")
    let bias = node.inputs.count > 2 && !node.inputs[2].isEmpty ? try constant(node, 2, "a bias") : nil
    var input = try value(node)
    let shape = weight.shape
    guard shape.rank == 4, shapes[input].rank == 3 else {
      throw Untranslatable("has weights \(shape); zoo's convolutions are of two dimensions: [O, C, kh, kw]")
    }
    let groups = node.integer("group") ?? 1
    guard bias.map({ $0.shape == [shape[0]] }) ?? true else {
      throw Untranslatable("has a bias \(bias?.shape ?? []) for \(shape[0]) channels; one number for each is expected")
    }
    guard groups >= 1, groups <= shapes[input][0] else { throw Untranslatable("has \(groups) groups") }
    let window = try ImportedWindow(node, kernel: Pair(shape[2], shape[3]), over: shapes[input])
    var padding = Pair(window.top, window.left)
    if !window.isSymmetric {
      input = try emit(.zeroPad2d(window.sides), [input], at: node)
      padding = 0
    }
    let attributes = Conv2dAttributes(
      inChannels: shape[1] * groups, outChannels: shape[0], kernel: window.kernel, stride: window.stride,
      padding: padding, dilation: window.dilation, groups: groups, bias: bias != nil)
    return .value(try emit(.conv2d(attributes), [input], at: node, [weight] + (bias.map { [$0] } ?? [])))
  }

  /// α·A·B + β·C with a matrix of weights B.
  mutating func gemm(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    guard node.integer("transA") ?? 0 == 0, node.number("alpha") ?? 1 == 1, node.number("beta") ?? 1 == 1 else {
      throw Untranslatable("is a Gemm with transA, alpha or beta; zoo has x·W + b")
    }
    var weight = try constant(node, 1, "weights")
    if node.integer("transB") ?? 0 == 0 { weight.isTransposed.toggle() }
    let bias = node.inputs.count > 2 && !node.inputs[2].isEmpty ? try constant(node, 2, "a bias") : nil
    return try linear(node, weight, bias)
  }

  /// A product with a matrix of weights, [I, O].
  mutating func matrixProduct(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    var weight = try constant(node, 1, "weights")
    weight.isTransposed.toggle()
    return try linear(node, weight, nil)
  }

  /// - Parameter weight: [O, I] as it is meant.
  private mutating func linear(
    _ node: OnnxGraph.Node, _ weight: ImportedValue.Constant, _ bias: ImportedValue.Constant?
  ) throws(Untranslatable) -> ImportedValue {
    let input = try value(node)
    guard weight.shape.rank == 2,
      bias.map({ $0.shape.count == weight.shape[0] && $0.shape.dimensions.last ?? 1 == weight.shape[0] }) ?? true
    else {
      throw Untranslatable("has weights \(weight.shape); a matrix and one number for each output are expected")
    }
    let operation = Operation.linear(inFeatures: weight.shape[1], outFeatures: weight.shape[0], bias: bias != nil)
    return .value(try emit(operation, [input], at: node, [weight] + (bias.map { [$0] } ?? [])))
  }

  /// Batch normalisation by its running statistics.
  mutating func batchNorm(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    guard node.integer("training_mode") ?? 0 == 0 else {
      throw Untranslatable("is in training mode; export the model in evaluation mode")
    }
    var parameters: [ImportedValue.Constant?] = []
    for position in 1...4 { parameters.append(try constant(node, position, "statistics")) }
    let features = parameters[0]?.shape.count ?? 0
    guard parameters.allSatisfy({ $0?.shape == [features] }) else {
      throw Untranslatable("has statistics of several lengths")
    }
    let momentum = min(max(1 - (node.number("momentum") ?? 0.9), 0), 1)
    let operation = Operation.batchNorm2d(
      features: features, epsilon: node.number("epsilon") ?? 1e-5, momentum: (momentum * 1e6).rounded() / 1e6)
    return .value(try emit(operation, [value(node)], at: node, parameters + [nil]))
  }

  /// Normalisation along the last axis.
  mutating func layerNorm(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    let input = try value(node)
    let axis = node.integer("axis") ?? -1
    let weight = try constant(node, 1, "weights")
    guard axis == -1 || axis == shapes[input].rank, weight.shape.rank == 1, node.inputs.count > 2 else {
      throw Untranslatable("normalises along other axes than the last, or has no bias; zoo's LayerNorm has both")
    }
    let bias = try constant(node, 2, "a bias")
    guard bias.shape == weight.shape else {
      throw Untranslatable("has weights \(weight.shape) and a bias \(bias.shape); one length is expected of both")
    }
    let operation = Operation.layerNorm(features: weight.shape.count, epsilon: node.number("epsilon") ?? 1e-5)
    return .value(try emit(operation, [input], at: node, [weight, bias]))
  }

  mutating func localResponseNorm(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    guard let size = node.integer("size"), size > 0, !size.isMultiple(of: 2) else {
      throw Untranslatable("sums over an even number of channels, of which zoo takes others than ONNX does")
    }
    let operation = Operation.localResponseNorm(
      size: size, alpha: node.number("alpha") ?? 1e-4, beta: node.number("beta") ?? 0.75, k: node.number("bias") ?? 1)
    return .value(try emit(operation, [value(node)], at: node))
  }

  // MARK: - Pools

  mutating func maxPool(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    guard node.integer("storage_order") ?? 0 == 0, node.outputs.count == 1 else {
      throw Untranslatable("gives indices beside its maxima")
    }
    var input = try value(node)
    let window = try ImportedWindow(node, over: shapes[input])
    if let pool = window.pool(over: shapes[input]) { return .value(try emit(.maxPool2d(pool), [input], at: node)) }
    // Zeros are never the largest of what a ReLU gives, or only where zero is.
    guard nonnegative[input] else { throw Untranslatable(window.excuse) }
    let wanted = window.counts(over: shapes[input])
    input = try emit(.zeroPad2d(window.sides), [input], at: node)
    let pool = PoolAttributes(
      kernel: window.kernel, stride: window.stride, dilation: window.dilation, ceilMode: window.ceils)
    let result = try emit(.maxPool2d(pool), [input], at: node)
    guard shapes[result].dimensions.dropFirst() == [wanted.height, wanted.width] else {
      throw Untranslatable(window.excuse)
    }
    return .value(result)
  }

  mutating func averagePool(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    var input = try value(node)
    let window = try ImportedWindow(node, over: shapes[input])
    guard window.dilation == 1 else {
      throw Untranslatable("is an average pool with dilation, which zoo does not have")
    }
    let countsPadding = node.integer("count_include_pad") ?? 0 == 1
    if !countsPadding || window.isSymmetric {
      guard let pool = window.pool(over: shapes[input]) else { throw Untranslatable(window.excuse) }
      // Without padding both count the same.
      let counts = countsPadding || pool.padding == 0
      return .value(try emit(.avgPool2d(pool, countIncludePad: counts), [input], at: node))
    }
    guard !window.ceils else { throw Untranslatable(window.excuse) }
    input = try emit(.zeroPad2d(window.sides), [input], at: node)
    let pool = PoolAttributes(kernel: window.kernel, stride: window.stride)
    return .value(try emit(.avgPool2d(pool, countIncludePad: true), [input], at: node))
  }

  mutating func globalPool(_ node: OnnxGraph.Node, isMaximum: Bool) throws(Untranslatable) -> ImportedValue {
    let input = try value(node)
    let image = shapes[input]
    guard image.rank == 3 else { throw Untranslatable("is a pool over \([1] + image.dimensions), which is no image") }
    return .value(
      try emit(
        isMaximum
          ? .maxPool2d(PoolAttributes(kernel: Pair(image[1], image[2]))) : .adaptiveAvgPool2d(output: 1), [input],
        at: node))
  }
}

/// How a convolution's or a pool's window slides, as a node says it.
struct ImportedWindow {
  let kernel, stride, dilation: Pair
  let top, left, bottom, right: Int
  /// Whether the number of windows rounds up.
  let ceils: Bool

  /// - Parameters:
  ///   - kernel: The window, where weights say it.
  ///   - image: [C, H, W].
  init(_ node: OnnxGraph.Node, kernel known: Pair? = nil, over image: Shape) throws(Untranslatable) {
    func pair(_ name: String, _ usual: Pair?) throws(Untranslatable) -> Pair {
      guard let numbers = node.integers(name) else {
        guard let usual else { throw Untranslatable("has no attribute '\(name)'") }
        return usual
      }
      guard numbers.count == 2, numbers.allSatisfy({ (1...Int(Int32.max)).contains($0) }) else {
        throw Untranslatable("has \(name) \(numbers.prefix(8)); two positive numbers are expected")
      }
      return Pair(numbers[0], numbers[1])
    }
    guard image.rank == 3 else { throw Untranslatable("takes \([1] + image.dimensions), which is no image") }
    kernel = try pair("kernel_shape", known)
    if let known, known != kernel { throw Untranslatable("has kernel_shape \(kernel), and weights of \(known)") }
    stride = try pair("strides", 1)
    dilation = try pair("dilations", 1)
    ceils = node.integer("ceil_mode") ?? 0 == 1
    switch node.word("auto_pad") ?? "NOTSET" {
    case "NOTSET", "":
      let pads = node.integers("pads") ?? [0, 0, 0, 0]
      guard pads.count == 4, pads.allSatisfy({ (0...1 << 20).contains($0) }) else {
        throw Untranslatable("has pads \(pads.prefix(8)); four numbers from 0 are expected")
      }
      (top, left, bottom, right) = (pads[0], pads[1], pads[2], pads[3])
    case "VALID": (top, left, bottom, right) = (0, 0, 0, 0)
    case "SAME_UPPER":
      let (rows, columns) = Self.same(kernel, stride, dilation, image)
      (top, left, bottom, right) = (rows / 2, columns / 2, rows - rows / 2, columns - columns / 2)
    case "SAME_LOWER":
      let (rows, columns) = Self.same(kernel, stride, dilation, image)
      (top, left, bottom, right) = (rows - rows / 2, columns - columns / 2, rows / 2, columns / 2)
    case let other: throw Untranslatable("has auto_pad '\(other.prefix(32).description.terminalEscaped)'")
    }
  }

  /// The padding of both ends with which there is a window for each stride.
  private static func same(_ kernel: Pair, _ stride: Pair, _ dilation: Pair, _ image: Shape) -> (Int, Int) {
    func padding(_ extent: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> Int {
      let count = (extent + stride - 1) / stride
      return max((count - 1) * stride + dilation * (kernel - 1) + 1 - extent, 0)
    }
    return (
      padding(image[1], kernel.height, stride.height, dilation.height),
      padding(image[2], kernel.width, stride.width, dilation.width)
    )
  }

  var isSymmetric: Bool { top == bottom && left == right }
  var sides: Sides { Sides(left: left, right: right, top: top, bottom: bottom) }

  /// Why a pool is not zoo's.
  var excuse: String {
    "pads by \([top, left, bottom, right]) (top, left, bottom, right), for which zoo has no pool that gives the same"
  }

  /// How many windows there are along each axis; 0 when not one fits.
  func counts(over image: Shape) -> Pair { counts(over: image, bottom: bottom, right: right, ceils: ceils) }

  /// The same with other padding at the ends, and rounded otherwise.
  private func counts(over image: Shape, bottom: Int, right: Int, ceils: Bool) -> Pair {
    func count(_ extent: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ begin: Int, _ end: Int) -> Int {
      let room = extent + begin + end - dilation * (kernel - 1) - 1
      guard room >= 0 else { return 0 }
      let count = (ceils ? (room + stride - 1) / stride : room / stride) + 1
      return ceils && (count - 1) * stride >= extent + begin ? count - 1 : count
    }
    return Pair(
      count(image[1], kernel.height, stride.height, dilation.height, top, bottom),
      count(image[2], kernel.width, stride.width, dilation.width, left, right))
  }

  /// zoo's pool with as many windows that begin at the same places: what pads the ends never counts, so that only the
  /// number of windows says how much there is. `nil` when there is none.
  func pool(over image: Shape) -> PoolAttributes? {
    let wanted = counts(over: image)
    guard top <= kernel.height / 2, left <= kernel.width / 2 else { return nil }
    for rounds in ceils ? [true, false] : [false, true] {
      let found = counts(over: image, bottom: top, right: left, ceils: rounds)
      if found == wanted, wanted.height > 0, wanted.width > 0 {
        return PoolAttributes(
          kernel: kernel, stride: stride, padding: Pair(top, left), dilation: dilation, ceilMode: rounds)
      }
    }
    return nil
  }
}
