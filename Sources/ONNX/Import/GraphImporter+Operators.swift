import Checkpoint
import Layers
import Tensors

extension GraphImporter {
  /// The operators that can be translated; some only in the forms that zoo has.
  static let operators: Set<String> = [
    "Add", "AveragePool", "BatchNormalization", "Cast", "Clip", "Concat", "Constant", "ConstantOfShape", "Conv", "Div",
    "Dropout", "Erf",
    "Flatten", "Floor", "Gather", "Gelu", "Gemm", "GlobalAveragePool", "GlobalMaxPool", "HardSigmoid", "HardSwish",
    "Identity",
    "LayerNormalization", "LRN", "MatMul", "MaxPool", "Mod", "Mul", "Pad", "Pow", "ReduceMean", "Relu", "Reshape",
    "Shape",
    "Sigmoid", "Slice", "Split", "Sqrt", "Squeeze", "Sub", "Swish", "Tanh", "Transpose", "Unsqueeze",
  ]

  /// Translates a node.
  /// - Returns: What stands for its outputs.
  mutating func translate(_ node: OnnxGraph.Node) throws(Untranslatable) -> [ImportedValue] {
    switch node.kind {
    case "Conv": return [try convolution(node)]
    case "Gemm": return [try gemm(node)]
    case "MatMul": return [try matrixProduct(node)]
    case "BatchNormalization": return [try batchNorm(node)]
    case "LayerNormalization": return [try layerNorm(node)]
    case "LRN": return [try localResponseNorm(node)]
    case "Relu": return [try activation(node, .relu)]
    case "Sigmoid": return [try activation(node, .sigmoid)]
    case "Tanh": return [try activation(node, .tanh)]
    case "Swish":
      guard node.number("alpha") ?? 1 == 1 else {
        throw Untranslatable("is a Swish with an alpha, which zoo does not have")
      }
      return [try activation(node, .silu)]
    case "HardSwish": return [try activation(node, .hardSwish)]
    case "HardSigmoid": return [try hardSigmoid(node)]
    case "Gelu": return [try gelu(node)]
    case "Erf": return [try erf(node)]
    case "Clip": return [try clip(node)]
    case "MaxPool": return [try maxPool(node)]
    case "AveragePool": return [try averagePool(node)]
    case "GlobalAveragePool": return [try globalPool(node, isMaximum: false)]
    case "GlobalMaxPool": return [try globalPool(node, isMaximum: true)]
    case "ReduceMean": return [try mean(node)]
    case "Add", "Sub", "Mul", "Div", "Mod": return [try arithmetic(node)]
    case "Pow": return [try power(node)]
    case "Sqrt":
      guard case .variance(let index, let epsilon)? = operand(node, 0), epsilon > 0 else {
        throw Untranslatable("is a root that is no part of a LayerNormalization")
      }
      return [.deviation(index, epsilon: epsilon)]
    case "Flatten": return [try flatten(node)]
    case "Reshape": return [try reshape(node)]
    case "Transpose": return [try transpose(node)]
    case "Squeeze": return [try squeeze(node, adds: false)]
    case "Unsqueeze": return [try squeeze(node, adds: true)]
    case "Concat": return [try concat(node)]
    case "Split": return try split(node)
    case "Slice": return [try slice(node)]
    case "Pad": return [try pad(node)]
    case "Shape": return [.integers(try shape(node))]
    case "ConstantOfShape": return [try constantOfShape(node)]
    case "Gather": return [try gather(node)]
    case "Dropout": return [try dropout(node)]
    case "Cast": return [try cast(node)]
    case "Softmax", "LogSoftmax": return [try logits(node)]
    // Numbers of shapes are whole anyway.
    case "Identity":
      guard let operand = operand(node, 0) else { throw Untranslatable("has no input") }
      return [operand]
    case "Floor":
      guard case .integers(var numbers)? = operand(node, 0) else {
        throw Untranslatable("rounds values of the network")
      }
      numbers.isQuotient = false
      return [.integers(numbers)]
    default: throw Untranslatable("is an operator that zoo does not have")
    }
  }

  /// Floating-point types are one here; whole numbers and truth values are not what a network computes with.
  private func cast(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    guard let operand = operand(node, 0) else { throw Untranslatable("has no input") }
    let type = node.integer("to") ?? 0
    let (becomesFloat, becomesWhole) = ([1, 10, 11, 16].contains(type), [6, 7].contains(type))
    if case .integers(var whole) = operand, becomesFloat || becomesWhole {
      // Extents are positive, so that rounding down and towards zero are the same.
      if becomesWhole { whole.isQuotient = false }
      whole.isFloat = becomesFloat
      return .integers(whole)
    }
    if case .constant(var constant) = operand, becomesFloat || becomesWhole && integers(of: operand) != nil {
      if !constant.source.dtype.isFloatingPoint { constant.isFloat = becomesFloat }
      return .constant(constant)
    }
    if becomesFloat { return operand }
    guard becomesWhole, case .constant(let constant) = operand else {
      throw Untranslatable("makes numbers of type \(type), with which zoo does not compute")
    }
    // Whole numbers that are no shape stay what they are.
    guard constant.source.dtype.isFloatingPoint else { return operand }
    guard let (numbers, shape) = numbers(of: operand), shape.rank <= 2, numbers.count <= ImportedValue.Integers.most,
      numbers.allSatisfy({ abs($0) < 0x1p53 })
    else {
      throw Untranslatable("makes whole numbers of the tensor '\(constant.name.terminalEscaped)' \(constant.shape)")
    }
    return .integers(
      ImportedValue.Integers(numbers.map { .known(Int($0.rounded(.towardZero))) }, extents: shape.dimensions))
  }

  /// What the softmax at the end takes, when it runs over the classes.
  private mutating func logits(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    let input = try value(node)
    let shape = shapes[input]
    // Before opset 13 all axes from the one that is named on are taken as one.
    let isFlattening = opset < 13
    let axis = node.integer("axis") ?? (isFlattening ? 1 : -1)
    let place = axis < 0 ? axis + shape.rank : axis - 1
    guard shape.dimensions.indices.contains(place),
      isFlattening
        ? shape.dimensions.prefix(place).allSatisfy({ $0 == 1 }) : shape[place] == shape.count
    else {
      throw Untranslatable("runs over axis \(axis) of \([1] + shape.dimensions); zoo's is over the classes, axis 1")
    }
    note("the \(node.kind) at the end is left out: the result is logits, of which zoo makes probabilities itself")
    return .value(input)
  }

  private mutating func power(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    guard case .centred(let index)? = operand(node, 0), let exponent = operand(node, 1).flatMap(numbers),
      exponent.values == [2]
    else { throw Untranslatable("is a power that is no part of a LayerNormalization") }
    return .squares(index)
  }

  private mutating func dropout(_ node: OnnxGraph.Node) throws(Untranslatable) -> ImportedValue {
    let input = try value(node)
    guard try !isTraining(node) else {
      throw Untranslatable("is in training mode; export the model in evaluation mode")
    }
    guard let ratio = try? number(node, input: 1, attribute: "ratio") ?? 0.5, (0..<1).contains(ratio), ratio > 0 else {
      return .value(input)
    }
    return try elementwise(.dropout(probability: ratio), [input], at: node)
  }

  /// Whether a Dropout is told to drop.
  private func isTraining(_ node: OnnxGraph.Node) throws(Untranslatable) -> Bool {
    guard let mode = operand(node, 2) else { return false }
    guard case .constant(let constant) = mode, constant.source.shape.count == 1,
      let tensor = try? constant.source.tensor()
    else { throw Untranslatable("has a training mode that is no constant") }
    return tensor.withUnsafeBytes { bytes in bytes.contains { $0 != 0 } }
  }

  // MARK: - Attributes

  private enum AttributeKind: String {
    case integer = "a whole number"
    case integers = "whole numbers"
    case number = "a floating-point number"
    case text = "a text"
  }

  /// What ONNX says of the attributes that are read here; a name means the same type in all operators.
  private static let attributeKinds: [String: AttributeKind] = {
    var kinds: [String: AttributeKind] = [:]
    for name in ["kernel_shape", "strides", "dilations", "pads", "perm", "axes", "split", "starts", "ends"] {
      kinds[name] = .integers
    }
    for name in [
      "axis", "keepdims", "group", "transA", "transB", "ceil_mode", "count_include_pad", "storage_order",
      "training_mode",
      "to", "size", "start", "end", "num_outputs", "allowzero",
    ] { kinds[name] = .integer }
    for name in ["alpha", "beta", "epsilon", "momentum", "bias", "ratio", "min", "max"] { kinds[name] = .number }
    for name in ["auto_pad", "mode", "approximate"] { kinds[name] = .text }
    return kinds
  }()

  /// Refuses attributes of other types than ONNX's, which would count as absent.
  func checkAttributes(of node: OnnxGraph.Node) throws(Untranslatable) {
    for (name, attribute) in node.attributes {
      guard let kind = Self.attributeKinds[name] else { continue }
      switch (kind, attribute) {
      case (.integer, .integer), (.integers, .integers), (.number, .number), (.text, .text): continue
      default: throw Untranslatable("has an attribute '\(name)' that is not \(kind.rawValue), as ONNX has it")
      }
    }
  }
}
