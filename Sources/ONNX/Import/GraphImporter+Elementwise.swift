import Checkpoint
import Layers
import Tensors

extension GraphImporter {
  /// A function of each element. What was only permuted before is permuted behind it: permutations that undo each other
  /// then meet, and vanish.
  mutating func elementwise(
    _ operation: Operation, _ inputs: [Int], at node: OnnxGraph.Node
  ) throws(Untranslatable) -> ImportedValue {
    let producers = inputs.map { producer($0) }
    guard case .permute(let order)? = producers.first??.operation,
      producers.allSatisfy({ $0?.operation == .permute(order: order) })
    else { return .value(try emit(operation, inputs, at: node)) }
    let inner = producers.compactMap { $0?.inputs[0] }
    return .value(try permuted(try emit(operation, inner, at: node), order, at: node))
  }

  /// A value with its axes in another order.
  mutating func permuted(_ value: Int, _ order: [Int], at node: OnnxGraph.Node) throws(Untranslatable) -> Int {
    if order == Array(order.indices) { return value }
    if let before = producer(value), case .permute(let first) = before.operation, first.count == order.count {
      return try permuted(before.inputs[0], order.map { first[$0] }, at: node)
    }
    return try emit(.permute(order: order), [value], at: node)
  }

  mutating func activation(_ node: OnnxGraph.Node, _ function: Activation) throws(Untranslatable) -> ImportedValue {
    try elementwise(.activation(function), [value(node)], at: node)
  }

  /// Clip between 0 and 6 or 0 and infinity; of (x + 3) it is a part of hard functions.
  mutating func clip(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    let low = try number(node, input: 1, attribute: "min") ?? -.infinity
    let high = try number(node, input: 2, attribute: "max") ?? .infinity
    let isOpen = high >= Double(Float.greatestFiniteMagnitude)
    if case .affine(let base, let scale, let shift)? = operand(node, 0), scale.count == 1, shift.count == 1, low == 0 {
      // 6·ReLU6(x + 3)/6, and the same divided by 6.
      for (factor, offset, top) in [(1.0, 3.0, 6.0), (1.0 / 6, 0.5, 1.0)]
      where Self.isNear(scale[0], factor) && Self.isNear(shift[0], offset) && high == top {
        let hard = try elementwise(.activation(.hardSigmoid), [base], at: node)
        return try affine(hard, scale: [top], shift: [0], at: node)
      }
    }
    guard low == 0, high == 6 || isOpen else {
      throw Untranslatable("clips to \(low)...\(high); zoo has ReLU6, which clips to 0...6, and ReLU")
    }
    return try activation(node, isOpen ? .relu : .relu6)
  }

  /// max(0, min(1, α·x + β)).
  mutating func hardSigmoid(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    let alpha = node.number("alpha") ?? 0.2
    let beta = node.number("beta") ?? 0.5
    let input = try value(node)
    guard !Self.isNear(alpha, 1.0 / 6) || !Self.isNear(beta, 0.5) else {
      return try elementwise(.activation(.hardSigmoid), [input], at: node)
    }
    let scaled = try affine(.value(input), scale: [6 * alpha], shift: [6 * (beta - 0.5)], at: node)
    return try elementwise(.activation(.hardSigmoid), [materialized(scaled, at: node)], at: node)
  }

  /// erf(x/√2) of what was divided by √2.
  mutating func erf(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    guard case .affine(let base, let scale, let shift)? = operand(node, 0), scale.count == 1, shift == [0],
      Self.isNear(scale[0], 0.5.squareRoot())
    else { throw Untranslatable("is an Erf that is no part of a GELU") }
    return .erf(base, scale: 1, shift: 0)
  }

  /// The exact GELU of newer operators.
  mutating func gelu(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    guard node.word("approximate") ?? "none" == "none" else {
      throw Untranslatable("is GELU approximated by tanh; zoo has the exact one")
    }
    return try activation(node, .gelu)
  }

  static func isNear(_ number: Double, _ expected: Double) -> Bool {
    abs(number - expected) <= 1e-5 * max(1, abs(expected))
  }

  // MARK: - Sums and products

  /// scale·x + shift of what stands for a value.
  mutating func affine(
    _ value: ImportedValue, scale: [Double], shift: [Double], at node: OnnxGraph.Node
  ) throws(Untranslatable) -> ImportedValue {
    func combined(_ first: [Double], _ second: [Double], _ body: (Double, Double) -> Double) -> [Double] {
      let count = max(first.count, second.count)
      return (0..<count).map { body(first[first.count == 1 ? 0 : $0], second[second.count == 1 ? 0 : $0]) }
    }
    switch value {
    case .affine(let base, let a, let b):
      try keep(channelNumbers: 2 * [a.count, b.count, scale.count, shift.count].reduce(0, max))
      let product = combined(a, scale, *)
      let sum = combined(combined(b, scale, *), shift, +)
      let isIdentity = product.allSatisfy { Self.isNear($0, 1) } && sum.allSatisfy { abs($0) <= 1e-9 }
      return isIdentity ? .value(base) : .affine(base, scale: product, shift: sum)
    case .erf(let base, let a, let b):
      guard scale.count == 1, shift.count == 1 else { throw Untranslatable("scales an Erf that is no part of a GELU") }
      return .erf(base, scale: a * scale[0], shift: b * scale[0] + shift[0])
    default:
      try keep(channelNumbers: scale.count + shift.count)
      return .affine(try materialized(value, at: node), scale: scale, shift: shift)
    }
  }

  /// Add, Sub, Mul or Div.
  mutating func arithmetic(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    guard let first = operand(node, 0), let second = operand(node, 1) else {
      throw Untranslatable("has fewer than two inputs")
    }
    if let left = integers(of: first), let right = integers(of: second) {
      return .integers(try arithmetic(node.kind, left, right))
    }
    switch (first, second) {
    case (.constant, .constant): throw Untranslatable("computes with two tensors of the file, which zoo does not")
    case (_, .constant(let constant)): return try arithmetic(node, first, constant, isReversed: false)
    case (.constant(let constant), _): return try arithmetic(node, second, constant, isReversed: true)
    default: return try arithmetic(node, first, second)
    }
  }

  /// With a tensor of the file.
  /// - Parameter isReversed: Whether the tensor comes first.
  private mutating func arithmetic(
    _ node: OnnxGraph.Node, _ operand: ImportedValue, _ constant: ImportedValue.Constant, isReversed: Bool
  ) throws(Untranslatable) -> ImportedValue {
    if let found = try weighted(node, operand, constant) { return found }
    if let found = try channelsLast(node, operand, constant, isReversed: isReversed) { return found }
    guard let (numbers, shape) = numbers(of: .constant(constant)), !numbers.isEmpty else {
      throw Untranslatable(
        "computes with the tensor '\(constant.name.terminalEscaped)' \(constant.shape), which zoo does not")
    }
    var factors = numbers
    if numbers.count > 1 {
      // One number for each channel: [C, 1, 1], perhaps behind extents of 1.
      let index = try materialized(operand, at: node)
      let image = shapes[index]
      let extents = shape.dimensions.drop { $0 == 1 }
      guard image.rank == 3, extents == [image[0], 1, 1] || image[0] == 1 && extents.isEmpty else {
        throw Untranslatable(
          "computes with a tensor \(shape) and a value \([1] + image.dimensions); zoo takes a number or one for each channel"
        )
      }
    }
    switch (node.kind, isReversed) {
    case ("Add", _): return try affine(operand, scale: [1], shift: factors, at: node)
    case ("Sub", false): return try affine(operand, scale: [1], shift: factors.map { -$0 }, at: node)
    case ("Sub", true): return try affine(operand, scale: [-1], shift: factors, at: node)
    case ("Mul", _): break
    case ("Div", false):
      guard factors.allSatisfy({ $0 != 0 }) else { throw Untranslatable("divides by zero") }
      factors = factors.map { 1 / $0 }
    default: throw Untranslatable("divides a constant by a value, which zoo does not")
    }
    return try affine(operand, scale: factors, shift: [0], at: node)
  }

  /// With one number for each channel of an image that was turned to [H, W, C]: the same before it was turned.
  private mutating func channelsLast(
    _ node: OnnxGraph.Node, _ operand: ImportedValue, _ constant: ImportedValue.Constant, isReversed: Bool
  ) throws(Untranslatable) -> ImportedValue? {
    let index: Int
    var before: (scale: [Double], shift: [Double])?
    switch operand {
    case .value(let value): index = value
    case .affine(let value, let scale, let shift) where scale.count == 1 && shift.count == 1:
      (index, before) = (value, (scale, shift))
    default: return nil
    }
    guard let turn = producer(index), case .permute([1, 2, 0]) = turn.operation,
      constant.shape.count > 1, constant.shape.dimensions.drop(while: { $0 == 1 }) == [shapes[turn.inputs[0]][0]],
      !constant.isTransposed
    else { return nil }
    var upright = constant
    upright.view = [constant.shape.count, 1, 1]
    let inner = turn.inputs[0]
    let result = try arithmetic(
      node, before.map { .affine(inner, scale: $0.scale, shift: $0.shift) } ?? .value(inner), upright,
      isReversed: isReversed)
    return .value(try permuted(try materialized(result, at: node), [1, 2, 0], at: node))
  }

  /// The last steps of layers that are made of a product and a sum with weights; `nil` when it is none.
  private mutating func weighted(
    _ node: OnnxGraph.Node, _ operand: ImportedValue, _ constant: ImportedValue.Constant
  ) throws(Untranslatable) -> ImportedValue? {
    let extents = constant.shape.dimensions.drop { $0 == 1 }
    switch (node.kind, operand) {
    case ("Add", .variance(let index, let epsilon)) where constant.shape.count == 1:
      guard let more = numbers(of: .constant(constant))?.values.first else { return nil }
      return .variance(index, epsilon: epsilon + more)
    case ("Mul", .normalized(let index, let epsilon, nil)) where extents == [shapes[index].dimensions.last ?? 0]:
      return .normalized(index, epsilon: epsilon, weight: constant)
    case ("Add", .normalized(let index, let epsilon, let weight?)) where extents == [weight.shape.count]:
      let features = constant.shape.count
      return .value(try emit(.layerNorm(features: features, epsilon: epsilon), [index], at: node, [weight, constant]))
    case ("Add", .value(let index)):
      guard let layer = producer(index) else { return nil }
      let weight = layer.parameters.first.map {
        ImportedValue.Constant(source: sources[index - 1][0], name: $0)
      }
      switch layer.operation {
      case .linear(let inFeatures, let outFeatures, false)
      where extents == [outFeatures] || outFeatures == 1 && constant.shape.count == 1 && constant.shape.rank <= 2:
        return .value(
          try emit(
            .linear(inFeatures: inFeatures, outFeatures: outFeatures, bias: true), layer.inputs, at: node,
            [weight, constant]))
      case .conv2d(let old) where !old.bias && extents == [old.outChannels, 1, 1]:
        let attributes = Conv2dAttributes(
          inChannels: old.inChannels, outChannels: old.outChannels, kernel: old.kernel, stride: old.stride,
          padding: old.padding, dilation: old.dilation, groups: old.groups, bias: true)
        return .value(try emit(.conv2d(attributes), layer.inputs, at: node, [weight, constant]))
      default: return nil
      }
    case ("Mul", .value(let index)) where index > 0 && shapes[index].rank == 3 && constant.shape.count > 1:
      guard extents == [shapes[index][0], 1, 1] else { return nil }
      return .value(try emit(.layerScale(features: shapes[index][0]), [index], at: node, [constant]))
    default: return nil
    }
  }

  /// Of two values of the network.
  private mutating func arithmetic(
    _ node: OnnxGraph.Node, _ first: ImportedValue, _ second: ImportedValue
  ) throws(Untranslatable) -> ImportedValue {
    switch (node.kind, first, second) {
    case ("Sub", .value(let index), .mean(let other)) where index == other: return .centred(index)
    case ("Mul", .centred(let index), .centred(let other)) where index == other: return .squares(index)
    case ("Div", .centred(let index), .deviation(let other, let epsilon)) where index == other:
      return .normalized(index, epsilon: epsilon, weight: nil)
    case ("Mul", _, _):
      if let gated = try gated(node, first, second) { return gated }
      if let gated = try gated(node, second, first) { return gated }
    default: break
    }
    let (left, right) = (try materialized(first, at: node), try materialized(second, at: node))
    switch node.kind {
    case "Add":
      guard shapes[left] == shapes[right] else {
        throw Untranslatable(
          "adds \([1] + shapes[left].dimensions) and \([1] + shapes[right].dimensions); zoo adds equal shapes")
      }
      return try elementwise(.add, [left, right], at: node)
    case "Mul":
      if shapes[left] == shapes[right] { return try elementwise(.multiply, [left, right], at: node) }
      // The gate comes second.
      let isTurned = shapes[left].rank == 3 && shapes[left].dimensions == [shapes[left][0], 1, 1]
      return .value(try emit(.multiply, isTurned ? [right, left] : [left, right], at: node))
    default: throw Untranslatable("is a \(node.kind) of two values, which zoo does not compute")
    }
  }

  /// x times a function of x that is one function together: SiLU, hard swish, GELU.
  private mutating func gated(
    _ node: OnnxGraph.Node, _ value: ImportedValue, _ gate: ImportedValue
  ) throws(Untranslatable) -> ImportedValue? {
    let base: Int
    var scale = 1.0
    switch value {
    case .value(let index): base = index
    case .affine(let index, let factors, let shift) where factors.count == 1 && shift == [0]:
      (base, scale) = (index, factors[0])
    default: return nil
    }
    var function: Activation?
    switch gate {
    case .erf(let index, let factor, let shift)
    where index == base && abs(factor - shift) <= 1e-5 * abs(factor) && factor != 0:
      // ½·x·(1 + erf(x/√2)) is GELU.
      function = .gelu
      scale *= 2 * factor
    case .value(let index): function = self.function(index, of: base)
    case .affine(let index, let factors, let shift) where factors.count == 1 && shift == [0]:
      function = self.function(index, of: base)
      scale *= factors[0]
    default: break
    }
    guard let function else { return nil }
    let result = try elementwise(.activation(function), [base], at: node)
    return Self.isNear(scale, 1) ? result : try affine(result, scale: [scale], shift: [0], at: node)
  }

  /// The function that a value times a function of it is.
  private func function(_ gate: Int, of value: Int) -> Activation? {
    guard let function = producer(gate) else { return nil }
    // Behind a permutation the same functions of the same values are meant.
    var (inner, base) = (function, value)
    if case .permute(let order) = function.operation, let before = producer(function.inputs[0]) {
      guard let own = producer(value), own.operation == .permute(order: order) else { return nil }
      (inner, base) = (before, own.inputs[0])
    }
    guard inner.inputs == [base] else { return nil }
    switch inner.operation {
    case .activation(.sigmoid): return .silu
    case .activation(.hardSigmoid): return .hardSwish
    default: return nil
    }
  }
}
