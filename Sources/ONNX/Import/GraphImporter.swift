import Checkpoint
import Layers
import OrderedCollections
import Tensors

/// Makes a network of an ONNX graph, node by node.
struct GraphImporter {
  let graph: OnnxGraph
  /// The version of ONNX's operators.
  let opset: Int
  /// What the model calls its images.
  let input: OnnxGraph.Value
  /// The number of images that the model is made for; `nil` for any.
  let batch: Int?

  /// By the names of the graph.
  var values: [String: ImportedValue] = [:]
  /// The network so far. Those that nothing uses are left out at the end.
  private(set) var nodes: [StoredGraph.Node] = []
  /// Of every value of the network, without the batch.
  private(set) var shapes: [Shape] = []
  /// The weights of each node, in the order of its parameters. Names do not tell them apart: nodes may share one.
  private(set) var sources: [[TensorSource]] = []
  /// Of every value, whether no element is below zero.
  private(set) var nonnegative: [Bool] = []
  /// Results of nodes that stand for nothing in zoo, such as a Dropout's mask.
  private var unavailable: Set<String> = []
  /// What the user should know.
  private(set) var notes: [String] = []
  private(set) var problems: [(node: OnnxGraph.Node, reason: String)] = []
  /// The numbers for single channels that values and operations hold.
  private var channelNumbers = 0

  /// More numbers for single channels are not kept.
  private static let mostChannelNumbers = 1 << 22

  /// - Parameters:
  ///   - shape: [C, H, W] of the images.
  ///   - isChannelsLast: Whether the model takes them as [H, W, C].
  init(_ graph: OnnxGraph, opset: Int, input: OnnxGraph.Value, batch: Int?, shape: Shape, isChannelsLast: Bool) throws {
    self.graph = graph
    self.opset = opset
    self.input = input
    self.batch = batch
    shapes = [shape]
    nonnegative = [false]
    for (name, source) in graph.tensors {
      values[name] = .constant(ImportedValue.Constant(source: source, name: name))
    }
    values[input.name] = .value(0)
    if isChannelsLast {
      nodes = [StoredGraph.Node("channels_last", .permute(order: [1, 2, 0]), inputs: [0])]
      sources = [[]]
      nonnegative.append(false)
      shapes.append([shape[1], shape[2], shape[0]])
      values[input.name] = .value(1)
    }
  }

  /// Translates everything.
  mutating func run() {
    for node in graph.nodes where node.kind != "Constant" {
      let inputs = node.inputs.filter { !$0.isEmpty }
      let isKnown = inputs.allSatisfy { name in
        if case .unknown = values[name] ?? .unknown { false } else { true }
      }
      guard isKnown else {
        for name in inputs {
          if unavailable.contains(name) {
            note(node, "takes '\(name.terminalEscaped)', a result that zoo does not have")
          } else if values[name] == nil {
            note(node, "takes '\(name.terminalEscaped)', which nothing gives")
          }
        }
        for output in node.outputs { values[output] = .unknown }
        continue
      }
      do {
        try checkAttributes(of: node)
        let results = try translate(node)
        for (name, result) in zip(node.outputs, results) { values[name] = result }
        for name in node.outputs.dropFirst(results.count) {
          values[name] = .unknown
          unavailable.insert(name)
        }
      } catch {
        note(node, error.reason)
        for output in node.outputs { values[output] = .unknown }
      }
    }
  }

  private mutating func note(_ node: OnnxGraph.Node, _ reason: String) { problems.append((node, reason)) }

  /// Says something to the user.
  mutating func note(_ text: String) { if !notes.contains(text) { notes.append(text) } }

  // MARK: - The network

  /// Adds a node.
  /// - Parameter parameters: Where its weights come from, in the order of the operation; `nil` for a count of batches.
  mutating func emit(
    _ operation: Operation, _ inputs: [Int], at node: OnnxGraph.Node, _ parameters: [ImportedValue.Constant?] = []
  ) throws(Untranslatable) -> Int {
    let path = ImportNames.path(node.name)
    let result: Shape
    do {
      result = try operation.shape(of: inputs.map { shapes[$0] }, at: "")
    } catch {
      throw Untranslatable(error.message)
    }
    guard let forms = operation.parameterForms else {
      throw Untranslatable("becomes a layer that no file describes")
    }
    var (names, tensors): ([String], [TensorSource]) = ([], [])
    let owner = ImportNames.owner(zip(parameters, forms).map { ($0?.name ?? "", $1.suffix) }) ?? path
    for (constant, form) in zip(parameters, forms) {
      guard let shape = Shape(checking: form.shape), constant.map({ $0.shape.count == shape.count }) ?? true else {
        throw Untranslatable(
          "has '\(constant?.name.terminalEscaped ?? "")' \(constant?.shape ?? []) as \(form.suffix), where "
            + "\(form.shape) is expected")
      }
      names.append(ImportNames.parameter(constant?.name ?? "", form.suffix, of: owner))
      tensors.append(constant.map { $0.float32(shape) } ?? TensorSource(Tensor(zeros: shape, dtype: form.dtype)))
    }
    nodes.append(StoredGraph.Node(parameters.isEmpty ? path : owner, operation, inputs: inputs, parameters: names))
    shapes.append(result)
    sources.append(tensors)
    nonnegative.append(operation.isNonnegative(of: inputs.map { nonnegative[$0] }))
    return nodes.count
  }

  /// Counts numbers for single channels that are kept.
  mutating func keep(channelNumbers count: Int) throws(Untranslatable) {
    guard count <= Self.mostChannelNumbers - channelNumbers else {
      throw Untranslatable("scales or shifts more channels than zoo keeps numbers for, \(Self.mostChannelNumbers)")
    }
    channelNumbers += count
  }

  /// The node that gives a value; `nil` for the images.
  func producer(_ value: Int) -> StoredGraph.Node? { value > 0 ? nodes[value - 1] : nil }

  // MARK: - What nodes take

  /// An input of a node; `nil` when it has none there.
  func operand(_ node: OnnxGraph.Node, _ position: Int) -> ImportedValue? {
    guard node.inputs.indices.contains(position), !node.inputs[position].isEmpty else { return nil }
    return values[node.inputs[position]]
  }

  /// An input that is a value of the network.
  mutating func value(_ node: OnnxGraph.Node, _ position: Int = 0) throws(Untranslatable) -> Int {
    guard let operand = operand(node, position) else { throw Untranslatable("has no input \(position + 1)") }
    return try materialized(operand, at: node)
  }

  /// A value of the network for what stands for one.
  mutating func materialized(_ value: ImportedValue, at node: OnnxGraph.Node) throws(Untranslatable) -> Int {
    switch value {
    case .value(let index): return index
    case .affine(let index, let scale, let shift):
      // Of an image that was turned, all elements alike: turned afterwards, so that turns which undo each other meet.
      if scale.count == 1, shift.count == 1, let turn = producer(index), case .permute(let order) = turn.operation {
        let inner = try materialized(.affine(turn.inputs[0], scale: scale, shift: shift), at: node)
        return try permuted(inner, order, at: node)
      }
      let shape = shapes[index]
      guard shape.rank == 3 else {
        throw Untranslatable("takes a value that was scaled or shifted by constants; zoo does that to images only")
      }
      try keep(channelNumbers: 2 * shape[0])
      func perChannel(_ numbers: [Double]) -> [Double] {
        numbers.count == 1 ? Array(repeating: numbers[0], count: shape[0]) : numbers
      }
      return try emit(.channelAffine(scale: perChannel(scale), shift: perChannel(shift)), [index], at: node)
    case .constant: throw Untranslatable("takes a constant where a value of the network is expected")
    case .integers: throw Untranslatable("takes numbers of a shape where a value of the network is expected")
    case .erf: throw Untranslatable("takes an Erf that is no part of a GELU")
    case .mean, .centred, .squares, .variance, .deviation, .normalized:
      throw Untranslatable("takes a part of a normalisation that is no LayerNormalization as a whole")
    case .grouped: throw Untranslatable("takes a Reshape that is no part of a channel shuffle")
    case .unknown: throw Untranslatable("takes what could not be translated")
    }
  }

  /// An input that is a tensor of the file.
  func constant(_ node: OnnxGraph.Node, _ position: Int, _ what: String) throws(Untranslatable)
    -> ImportedValue.Constant
  {
    guard case .constant(let constant)? = operand(node, position) else {
      throw Untranslatable("has \(what) that is no tensor of the file")
    }
    guard constant.source.dtype.isFloatingPoint else {
      throw Untranslatable("has \(what) of \(constant.source.dtype.rawValue); zoo computes with floating-point numbers")
    }
    guard constant.shape.dimensions.allSatisfy({ (1...Int(Int32.max)).contains($0) }) else {
      throw Untranslatable("has \(what) \(constant.shape), of which extents are 0 or too large")
    }
    return constant
  }

  /// Whole numbers among the inputs, or in an attribute of older operators; `nil` when there are none.
  func integers(
    _ node: OnnxGraph.Node, input position: Int, attribute name: String? = nil
  ) throws(Untranslatable) -> [Int]? {
    if let name, case .integers(let numbers)? = node.attributes[name] { return numbers }
    guard let operand = operand(node, position) else { return nil }
    guard let numbers = integers(of: operand)?.known else {
      throw Untranslatable("has an input \(position + 1) that is not made of known whole numbers")
    }
    return numbers
  }

  /// A number among the inputs, or in an attribute of older operators; `nil` when there is none.
  func number(
    _ node: OnnxGraph.Node, input position: Int, attribute name: String
  ) throws(Untranslatable) -> Double? {
    if let number = node.number(name) { return number }
    guard let operand = operand(node, position) else { return nil }
    guard let numbers = numbers(of: operand), numbers.values.count == 1 else {
      throw Untranslatable("has an input \(position + 1) that is no constant number")
    }
    return numbers.values[0]
  }

  /// The elements of a tensor of the file that is small.
  func numbers(of value: ImportedValue) -> (values: [Double], shape: Shape)? {
    guard case .constant(let constant) = value, constant.source.shape.count <= 1 << 16, !constant.isTransposed,
      let tensor = try? constant.source.tensor()
    else { return nil }
    if let numbers = tensor.wholeNumbers { return (numbers.map(Double.init), constant.shape) }
    guard let floats = tensor.converted(to: .float32)?.tensor else { return nil }
    let values = floats.elements(as: Float.self).map(Double.init)
    return values.allSatisfy(\.isFinite) || values.count == 1 ? (values, constant.shape) : nil
  }

  /// Whole numbers of a shape.
  func integers(of value: ImportedValue) -> ImportedValue.Integers? {
    switch value {
    case .integers(let integers): return integers.isQuotient ? nil : integers
    case .constant(let constant):
      guard constant.shape.rank <= 2, constant.source.shape.count <= ImportedValue.Integers.most,
        // Of no elements an extent may be anything.
        constant.shape.dimensions.allSatisfy({ $0 <= ImportedValue.Integers.most }),
        !constant.isTransposed,
        let numbers = try? constant.source.tensor().wholeNumbers
      else { return nil }
      var integers = ImportedValue.Integers(numbers.map { .known($0) }, extents: constant.shape.dimensions)
      integers.isFloat = constant.isFloat
      return integers
    default: return nil
    }
  }
}

extension Operation {
  /// Whether no element of the result is below zero.
  fileprivate func isNonnegative(of inputs: [Bool]) -> Bool {
    switch self {
    case .activation(.relu), .activation(.relu6), .activation(.sigmoid), .activation(.hardSigmoid): true
    case .maxPool2d, .avgPool2d, .adaptiveAvgPool2d, .zeroPad2d, .padChannels, .concat, .dropout, .add, .multiply,
      .narrow,
      .permute, .flatten, .channelShuffle:
      inputs.allSatisfy(\.self)
    default: false
    }
  }
}

extension Tensor {
  /// The elements of a tensor of whole numbers; `nil` for other types.
  fileprivate var wholeNumbers: [Int]? {
    switch dtype {
    case .int64: elements(as: Int64.self).map(Int.init)
    case .int32: elements(as: Int32.self).map(Int.init)
    default: nil
    }
  }
}

extension ImportedValue.Constant {
  /// The elements in float32, under another shape of as many.
  func float32(_ shape: Shape) -> TensorSource {
    if !isTransposed, source.dtype == .float32, source.shape == shape { return source }
    return TensorSource(shape, dtype: .float32) { [source, base, isTransposed] in
      guard let converted = try source.tensor().converted(to: .float32) else {
        throw ONNXError(.mismatch, "\(source.dtype.rawValue) does not become float32")
      }
      let numbers = converted.tensor.elements(as: Float.self)
      guard numbers.count == shape.count, base.rank == 2 || !isTransposed else {
        throw ONNXError(.mismatch, "a tensor \(base) of the file does not become \(shape)")
      }
      guard isTransposed else { return Tensor(numbers, shape: shape) }
      let (rows, columns) = (base[0], base[1])
      var turned = [Float](repeating: 0, count: numbers.count)
      for row in 0..<rows {
        for column in 0..<columns { turned[column * rows + row] = numbers[row * columns + column] }
      }
      return Tensor(turned, shape: shape)
    }
  }
}

extension OnnxGraph.Node {
  /// A whole number of an attribute.
  func integer(_ name: String) -> Int? {
    if case .integer(let number)? = attributes[name] { number } else { nil }
  }

  /// A number of an attribute.
  func number(_ name: String) -> Double? {
    if case .number(let number)? = attributes[name] { number } else { nil }
  }

  /// Whole numbers of an attribute.
  func integers(_ name: String) -> [Int]? {
    if case .integers(let numbers)? = attributes[name] { numbers } else { nil }
  }

  /// A word of an attribute.
  func word(_ name: String) -> String? {
    if case .text(let text)? = attributes[name] { text } else { nil }
  }
}
