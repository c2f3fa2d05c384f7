import OrderedCollections
import Tensors

/// What an ONNX model (ModelProto) says: who made it, and all tensors in its graphs and functions.
struct OnnxModel {
  /// A tensor with the place of its graph in the model.
  struct Found {
    /// The names of the nodes and functions around it, outermost first, and its own.
    let place: [String]
    let tensor: OnnxTensor
  }

  private(set) var tensors: [Found] = []
  /// Why tensors are not read, each a line fit for a terminal.
  private(set) var unreadable: [String] = []
  private(set) var producer: String?
  private(set) var version: Int?
  private(set) var hasGraph = false
  /// What else the model says of itself.
  private(set) var values: [Value.Entry] = []

  /// Deeper graphs in graphs are not read.
  static let deepest = 32
  /// More tensors are not read.
  static let mostTensors = TensorCount.most
  /// More notes of the model are not kept.
  private static let mostNotes = 1000
  /// Nor are they when those before have more bytes.
  private static let longestNotes = 2 << 20

  private let path: String

  /// Reads a model.
  /// - Throws: ``ProtobufMessage/Malformed`` for what is no message, ``CheckpointError`` for what contradicts itself.
  init(_ message: ProtobufMessage, path: String) throws {
    self.path = path
    var (name, producerVersion, domain) = ("", "", "")
    var modelVersion: Int?
    var properties: [Value.Entry] = []
    var noteBytes = 0
    var operators: [Value.Entry] = []
    try message.forEachField { field, value in
      switch field {
      case 1: version = value.integer
      case 2: name = value.message?.text ?? ""
      case 3: producerVersion = value.message?.text ?? ""
      case 4: domain = value.message?.text ?? ""
      case 5: modelVersion = value.integer
      case 7:
        guard let graph = value.message else { return }
        hasGraph = true
        try read(graph: graph, in: [])
      case 8:
        if let entry = try value.message.map(Self.operatorSet), operators.count < Self.mostNotes {
          operators.append(entry)
        }
      case 14:
        guard properties.count < Self.mostNotes, noteBytes < Self.longestNotes, let message = value.message
        else { return }
        let isShort = message.range.count <= Self.longestNotes - noteBytes
        let (key, text) = try OnnxTensor.property(message, whole: isShort)
        properties.append(.init(.string(key), .string(text)))
        noteBytes += key.utf8.count + text.utf8.count
      case 25: try value.message.map { try read(function: $0) }
      default: break
      }
    }
    if !name.isEmpty { producer = producerVersion.isEmpty ? name : "\(name) \(producerVersion)" }
    if let version { values.append(.init(.string("ir_version"), .integer(version))) }
    if !domain.isEmpty { values.append(.init(.string("domain"), .string(domain))) }
    if let modelVersion { values.append(.init(.string("model_version"), .integer(modelVersion))) }
    values.append(.init(.string("operator_sets"), .dictionary(operators)))
    if !properties.isEmpty { values.append(.init(.string("metadata"), .dictionary(properties))) }
  }

  /// Domain and version (OperatorSetIdProto).
  private static func operatorSet(_ message: ProtobufMessage) throws -> Value.Entry {
    var (domain, version) = ("", 0)
    try message.forEachField { field, value in
      if field == 1 { domain = value.message?.text ?? "" }
      if field == 2 { version = value.integer ?? 0 }
    }
    return .init(.string(domain.isEmpty ? "ai.onnx" : domain), .integer(version))
  }

  /// Reads a graph (GraphProto): its initialisers first, which are the weights, then what its nodes hold.
  private mutating func read(graph: ProtobufMessage, in place: [String]) throws {
    guard place.count < Self.deepest else {
      throw CheckpointError(.refused, path: path, "graphs are nested deeper than \(Self.deepest)")
    }
    try graph.forEachField { field, value in
      if field == 5, let tensor = value.message { try add(tensor, in: place) }
      if field == 15 { try leaveOut("a sparse tensor is left out: zoo has none") }
    }
    var number = 0
    try graph.forEachField { field, value in
      guard field == 1, let node = value.message else { return }
      try read(node: node, number: number, in: place)
      number += 1
    }
  }

  /// Reads a function (FunctionProto).
  private mutating func read(function: ProtobufMessage) throws {
    var name = ""
    try function.forEachField { field, value in
      if field == 1 { name = value.message?.text ?? "" }
    }
    var number = 0
    try function.forEachField { field, value in
      guard field == 7, let node = value.message else { return }
      try read(node: node, number: number, in: [name])
      number += 1
    }
  }

  /// Reads a node (NodeProto): the tensor or the numbers of a Constant, and the graphs of any other.
  private mutating func read(node: ProtobufMessage, number: Int, in place: [String]) throws {
    var (name, output, kind, domain) = ("", "", "", "")
    try node.forEachField { field, value in
      guard let message = value.message else { return }
      switch field {
      case 2 where output.isEmpty: output = message.text
      case 3: name = message.text
      case 4: kind = message.text
      case 7: domain = message.text
      default: break
      }
    }
    let isConstant = kind == "Constant" && (domain.isEmpty || domain == "ai.onnx")
    let label = !name.isEmpty ? name : "\(kind)_\(number)"
    try node.forEachField { field, value in
      guard field == 5, let attribute = value.message else { return }
      try read(
        attribute: attribute, of: label, constant: isConstant ? (output.isEmpty ? label : output) : nil, in: place)
    }
  }

  /// Reads an attribute of a node (AttributeProto).
  /// - Parameter constant: What the tensor of a Constant is called; `nil` for other nodes.
  private mutating func read(
    attribute: ProtobufMessage, of label: String, constant: String?, in place: [String]
  ) throws {
    var kind = ""
    try attribute.forEachField { field, value in
      if field == 1 { kind = value.message?.text ?? "" }
    }
    if let constant, kind != "value" {
      try checkCount()
      if let tensor = try OnnxTensor(attribute: attribute, kind, called: constant, path: path) {
        tensors.append(Found(place: place + [constant], tensor: tensor))
      } else if kind.hasPrefix("value_string") {
        try leaveOut("'\(constant.terminalEscaped)' is left out: it is text")
      }
    }
    try attribute.forEachField { field, value in
      guard let message = value.message else { return }
      switch field {
      case 5: if let constant { try add(message, called: constant, in: place) }
      case 22: if let constant { try leaveOut("'\(constant.terminalEscaped)' is left out: it is sparse") }
      case 6, 11: try read(graph: message, in: place + [label])
      default: break
      }
    }
  }

  private mutating func add(_ message: ProtobufMessage, called name: String? = nil, in place: [String]) throws {
    try checkCount()
    do {
      let tensor = try OnnxTensor(message, path: path)
      tensors.append(Found(place: place + [name ?? tensor.name], tensor: tensor))
    } catch let refusal as OnnxTensor.Refusal {
      try leaveOut("'\((name ?? refusal.name).terminalEscaped)' is left out: \(refusal.reason)")
    }
  }

  private mutating func leaveOut(_ what: String) throws {
    try checkCount()
    unreadable.append(what)
  }

  private func checkCount() throws {
    guard tensors.count + unreadable.count < Self.mostTensors else {
      throw CheckpointError(
        .refused, path: path, "the model holds more than \(Self.mostTensors) tensors, which this build does not read")
    }
  }
}
