import Tensors

/// The graph of an ONNX model without the bytes of its tensors: what a network is read from.
package struct OnnxGraph: Sendable {
  /// One node (NodeProto).
  package struct Node: Sendable {
    /// The operator, `Conv`.
    package let kind: String
    /// The operators' domain; empty for ONNX's own.
    package let domain: String
    /// The node's name; its number where the model gives none.
    package let name: String
    /// The names of the values that it takes; an empty one is left out.
    package let inputs: [String]
    /// The names of the values that it gives.
    package let outputs: [String]
    /// By name.
    package let attributes: [String: Attribute]

    /// A node.
    package init(
      kind: String, domain: String = "", name: String, inputs: [String], outputs: [String] = [],
      attributes: [String: Attribute] = [:]
    ) {
      self.kind = kind
      self.domain = domain
      self.name = name
      self.inputs = inputs
      self.outputs = outputs
      self.attributes = attributes
    }
  }

  /// An attribute of a node (AttributeProto).
  package enum Attribute: Sendable, Hashable {
    case integer(Int)
    case number(Double)
    case text(String)
    case integers([Int])
    case numbers([Double])
    /// A tensor, a graph, or anything else; the tensors of Constant nodes are among ``OnnxGraph/tensors``.
    case other
  }

  /// An input or output of the graph (ValueInfoProto).
  package struct Value: Sendable {
    package let name: String
    /// The number of the element type; 0 when there is none.
    package let type: Int
    /// The extents, `nil` for those that are open; `nil` when the model does not say.
    package let shape: [Int?]?
  }

  /// The version of each domain's operators; ONNX's own domain is empty.
  package let opsets: [String: Int]
  /// In the order of the file.
  package var nodes: [Node]
  /// What is fed to the graph; initialisers are not.
  package let inputs: [Value]
  /// What the graph gives.
  package let outputs: [Value]
  /// Initialisers and the tensors of Constant nodes, by the names of their values.
  package let tensors: [String: TensorSource]
  /// What else the model says, as texts by name (`metadata_props`).
  package let properties: [String: String]

  /// More nodes are not read.
  static let mostNodes = 100_000
}

extension OnnxReader {
  /// The model's graph.
  /// - Throws: ``CheckpointError``: of code `refused` for what has far more parts than any network.
  package func graph() throws -> OnnxGraph {
    var parser = OnnxGraphParser(path: path)
    do {
      try parser.read(model: ProtobufMessage(walk: MappedWalk(mapped), range: 0..<mapped.bytes.count))
    } catch let malformed as ProtobufMessage.Malformed {
      throw CheckpointError(
        .corrupt, path: path, "the model is cut or damaged at byte \(malformed.position); use another copy of the file")
    }
    var tensors: [String: TensorSource] = [:]
    for tensor in contents.tensors where tensor.path.count == 1 { tensors[tensor.path[0]] = source(tensor.index) }
    return parser.graph(tensors)
  }
}

/// Reads the parts of a model (ModelProto) that make its graph.
private struct OnnxGraphParser {
  let path: String
  private var opsets: [String: Int] = [:]
  private var nodes: [OnnxGraph.Node] = []
  private var inputs: [OnnxGraph.Value] = []
  private var outputs: [OnnxGraph.Value] = []
  private var properties: [String: String] = [:]
  private var textBytes = 0

  init(path: String) { self.path = path }

  func graph(_ tensors: [String: TensorSource]) -> OnnxGraph {
    OnnxGraph(
      opsets: opsets, nodes: nodes, inputs: inputs.filter { tensors[$0.name] == nil }, outputs: outputs,
      tensors: tensors, properties: properties)
  }

  mutating func read(model: ProtobufMessage) throws {
    try model.forEachField { field, value in
      guard let message = value.message else { return }
      switch field {
      case 7: try read(graph: message)
      case 8:
        var (domain, version) = ("", 0)
        try message.forEachField { field, value in
          if field == 1 { domain = try text(value) }
          if field == 2 { version = value.integer ?? 0 }
        }
        try check(opsets.count)
        opsets[domain == "ai.onnx" ? "" : domain] = version
      case 14:
        try check(properties.count)
        // Bytes that are no UTF-8 become three each.
        try take(3 * message.range.count)
        let (key, text) = try OnnxTensor.property(message, whole: true)
        properties[key] = text
      default: break
      }
    }
  }

  private mutating func read(graph: ProtobufMessage) throws {
    try graph.forEachField { field, value in
      guard let message = value.message else { return }
      switch field {
      case 1:
        guard nodes.count < OnnxGraph.mostNodes else {
          throw refused("the graph has more than \(OnnxGraph.mostNodes) nodes")
        }
        nodes.append(try node(message))
      case 11:
        try check(inputs.count, most: OnnxGraph.mostNodes)
        inputs.append(try self.value(message))
      case 12:
        try check(outputs.count)
        outputs.append(try self.value(message))
      default: break
      }
    }
  }

  private mutating func node(_ message: ProtobufMessage) throws -> OnnxGraph.Node {
    var (kind, domain, name) = ("", "", "")
    var (inputs, outputs) = ([String](), [String]())
    var attributes: [String: OnnxGraph.Attribute] = [:]
    try message.forEachField { field, value in
      switch field {
      case 1:
        try check(inputs.count)
        inputs.append(try text(value))
      case 2:
        try check(outputs.count)
        outputs.append(try text(value))
      case 3: name = try text(value)
      case 4: kind = try text(value)
      case 5:
        guard let part = value.message else { return }
        try check(attributes.count)
        let (key, attribute) = try self.attribute(part)
        attributes[key] = attribute
      case 7: domain = try text(value)
      default: break
      }
    }
    return OnnxGraph.Node(
      kind: kind, domain: domain == "ai.onnx" ? "" : domain, name: name.isEmpty ? "node \(nodes.count)" : name,
      inputs: inputs, outputs: outputs, attributes: attributes)
  }

  private mutating func attribute(_ message: ProtobufMessage) throws -> (String, OnnxGraph.Attribute) {
    var name = ""
    // A writer leaves out a number that is zero.
    var (integer, number, string) = (0, 0.0, "")
    var (integers, numbers) = ([Int](), [Double]())
    var type = 0
    func add(_ bits: UInt32) throws {
      try check(numbers.count)
      try take(8)
      numbers.append(Double(Float(bitPattern: bits)))
    }
    try message.forEachField { field, value in
      switch (field, value) {
      case (1, _): name = try text(value)
      case (2, .fixed32(let bits)): number = Double(Float(bitPattern: bits))
      case (3, _): integer = value.integer ?? 0
      case (4, _): string = try text(value)
      case (7, .fixed32(let bits)): try add(bits)
      case (7, .bytes(let packed)):
        guard packed.range.count <= 4 * Self.mostNumbers else { throw refused("an attribute has very many numbers") }
        let bytes = packed.bytes
        for offset in stride(from: 0, to: bytes.count - 3, by: 4) {
          try add(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian)
        }
      case (5, .bytes(let tensor)): integers = try wholeNumber(tensor).map { [$0] } ?? []
      case (8, .varint(let bits)):
        try check(integers.count)
        try take(8)
        integers.append(Int(truncatingIfNeeded: bits))
      case (8, .bytes(let packed)):
        try packed.forEachVarint { bits in
          try check(integers.count)
          try take(8)
          integers.append(Int(truncatingIfNeeded: bits))
        }
      case (20, _): type = value.integer ?? 0
      default: break
      }
    }
    switch type {
    case 1: return (name, .number(number))
    case 2: return (name, .integer(integer))
    case 3: return (name, .text(string))
    case 6: return (name, .numbers(numbers))
    case 7: return (name, .integers(integers))
    // The only tensor that is asked for is the number that a constant of a shape has.
    case 4 where integers.count == 1: return (name, .integers(integers))
    default: return (name, .other)
    }
  }

  /// The element of a tensor (TensorProto) of one whole number; `nil` for others.
  private func wholeNumber(_ message: ProtobufMessage) throws -> Int? {
    guard let tensor = try? OnnxTensor(message, path: path), tensor.shape.count == 1, tensor.type.dtype == .int64 else {
      return nil
    }
    var bytes = [UInt8](repeating: 0, count: 8)
    switch tensor.place {
    case .raw(let range): bytes = Array(ProtobufMessage(walk: message.walk, range: range).bytes)
    case .fields(let range):
      try bytes.withUnsafeMutableBytes {
        try OnnxNumbers.read(tensor, from: ProtobufMessage(walk: message.walk, range: range), into: $0)
      }
    case .zero, .external: return nil
    }
    return Int(bytes.withUnsafeBytes { $0.loadUnaligned(as: Int64.self).littleEndian })
  }

  private mutating func value(_ message: ProtobufMessage) throws -> OnnxGraph.Value {
    var name = ""
    var type = 0
    var shape: [Int?]?
    try message.forEachField { field, value in
      if field == 1 { name = try text(value) }
      guard field == 2, let kind = value.message else { return }
      try kind.forEachField { field, value in
        // A tensor; sequences and maps are other fields.
        guard field == 1, let tensor = value.message else { return }
        try tensor.forEachField { field, value in
          if field == 1 { type = value.integer ?? 0 }
          guard field == 2, let axes = value.message else { return }
          var extents: [Int?] = []
          try axes.forEachField { field, value in
            guard field == 1, let axis = value.message else { return }
            try check(extents.count, most: 64)
            var extent: Int?
            try axis.forEachField { field, value in
              if field == 1 { extent = value.integer }
            }
            extents.append(extent)
          }
          shape = extents
        }
      }
    }
    return OnnxGraph.Value(name: name, type: type, shape: shape)
  }

  // MARK: - Limits

  private static let mostNumbers = 4096

  private func check(_ count: Int, most: Int = mostNumbers) throws {
    guard count < most else { throw refused("a part of the graph has more than \(most) parts") }
  }

  private mutating func text(_ value: ProtobufMessage.Value) throws -> String {
    guard let message = value.message else { return "" }
    try take(message.range.count)
    return message.text
  }

  private mutating func take(_ count: Int) throws {
    textBytes += 16 + count
    guard textBytes <= 64 << 20 else { throw refused("the names in the graph are longer than those of any network") }
  }

  private func refused(_ what: String) -> CheckpointError {
    CheckpointError(.refused, path: path, "\(what), which this build does not read")
  }
}
