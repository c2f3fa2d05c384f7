import OrderedCollections
import Tensors

/// A tensor of an ONNX model (TensorProto): what it is, and where its numbers are.
struct OnnxTensor: Sendable {
  /// Where numbers are.
  enum Place: Sendable {
    /// In these bytes of the file, the lowest byte first.
    case raw(Range<Int>)
    /// In a field of the message that has this range.
    case fields(Range<Int>)
    /// Nowhere: a number that is not written is zero.
    case zero
    /// In another file.
    case external(name: String, offset: Int)
  }

  let name: String
  let type: OnnxType
  let shape: Shape
  let place: Place

  /// The bytes that the numbers take in the file, or the other one.
  var storedCount: Int { Self.storedCount(type, shape) }

  private static func storedCount(_ type: OnnxType, _ shape: Shape) -> Int {
    (shape.count + type.perByte - 1) / type.perByte * type.dtype.size
  }

  /// Why a tensor is not read.
  struct Refusal: Error {
    let name: String
    /// A sentence fit for a terminal.
    let reason: String
  }

  /// Reads a tensor's message.
  /// - Throws: ``Refusal`` for element types that tensors do not have; ``CheckpointError`` when what it claims is not there.
  init(_ message: ProtobufMessage, path: String) throws {
    var (dims, number, name) = ([Int](), 0, "")
    var raw: Range<Int>?
    var external: OrderedDictionary<String, String> = [:]
    var isExternal = false
    var hasSegment = false
    try message.forEachField { field, value in
      switch field {
      case 1:
        func add(_ dim: Int) throws {
          guard dims.count < 64 else { throw Self.corrupt(name, "has more than 64 axes", path) }
          dims.append(dim)
        }
        if let dim = value.integer { try add(dim) }
        try value.message?.forEachVarint { try add(Int(truncatingIfNeeded: $0)) }
      case 2: number = value.integer ?? 0
      case 3: hasSegment = true
      case 8: name = value.message?.text ?? ""
      case OnnxType.Field.raw: raw = value.message?.range
      case 13:
        if let message = value.message, external.count < 16 {
          let (key, text) = try Self.property(message)
          external[key] = text
        }
      case 14: isExternal = value.integer == 1
      default: break
      }
    }
    guard let type = OnnxType(number) else {
      throw Refusal(name: name, reason: "its elements are of \(OnnxType.name(number)), which zoo has no type for")
    }
    guard let shape = Shape(checking: dims), shape.byteCount(of: type.dtype) != nil else {
      throw Self.corrupt(name, "has a shape that no memory could hold, \(dims)", path)
    }
    guard !hasSegment else { throw Refusal(name: name, reason: "it is stored in segments") }
    self.name = name
    self.type = type
    self.shape = shape
    if isExternal {
      place = try Self.external(external, Self.storedCount(type, shape), name, path)
    } else if let raw {
      place = .raw(raw)
      guard raw.count == storedCount else {
        throw Self.corrupt(
          name, "of \(type.name) \(shape) has \(raw.count) bytes for its elements, not \(storedCount)", path)
      }
    } else {
      place = .fields(message.range)
      let count = try Self.count(type, in: message)
      let expected =
        type.perByte == 2
        ? storedCount
        : type.dtype == .complex64 || type.dtype == .complex128
          ? 2 * shape.count : shape.count
      guard count == expected else {
        throw Self.corrupt(name, "of \(type.name) \(shape) has \(count) numbers, not \(expected)", path)
      }
    }
  }

  /// Reads the number or the numbers of a Constant node that has no tensor (AttributeProto).
  /// - Parameters:
  ///   - kind: The name of the attribute: `value_float`, `value_floats`, `value_int` or `value_ints`.
  ///   - name: What the tensor is called.
  init?(attribute message: ProtobufMessage, _ kind: String, called name: String, path: String) throws {
    guard let type = OnnxType(attribute: kind) else { return nil }
    let count = try Self.count(type, in: message)
    let isScalar = !kind.hasSuffix("s")
    guard !isScalar || count <= 1 else { throw Self.corrupt(name, "has \(count) numbers, not 1", path) }
    guard let shape = Shape(checking: isScalar ? [] : [count]) else { return nil }
    self.name = name
    self.type = type
    self.shape = shape
    place = count == shape.count ? .fields(message.range) : .zero
  }

  /// A key and a text (StringStringEntryProto).
  /// - Parameter isWhole: Whether there is room for a text of any length.
  static func property(_ message: ProtobufMessage, whole isWhole: Bool = false) throws -> (String, String) {
    var (key, text) = ("", "")
    try message.forEachField { field, value in
      if field == 1 { key = value.message?.text ?? "" }
      if field == 2 { text = (isWhole ? value.message?.wholeText : value.message?.text) ?? "" }
    }
    return (key, text)
  }

  private static func corrupt(_ name: String, _ what: String, _ path: String) -> CheckpointError {
    CheckpointError(
      .corrupt, path: path, "the tensor '\(name.terminalEscaped)' \(what); use another copy of the file")
  }

  private static func external(
    _ properties: OrderedDictionary<String, String>, _ count: Int, _ name: String, _ path: String
  ) throws -> Place {
    if let length = properties["length"], Int(length) != count {
      throw corrupt(
        name, "has \(length.prefix(40).description.terminalEscaped) bytes in another file, not \(count)", path)
    }
    guard let location = properties["location"], let offset = Int(properties["offset"] ?? "0"), offset >= 0 else {
      throw corrupt(name, "does not say where in another file its elements are", path)
    }
    return .external(name: location, offset: offset)
  }

  /// The numbers in the field of a type.
  private static func count(_ type: OnnxType, in message: ProtobufMessage) throws -> Int {
    var count = 0
    try message.forEachField { field, value in
      guard field == type.field else { return }
      switch value {
      case .varint, .fixed32, .fixed64: count += 1
      case .bytes(let packed):
        switch type.dtype {
        case .float32, .complex64: count += packed.range.count / 4
        case .float64, .complex128: count += packed.range.count / 8
        default: try packed.forEachVarint { _ in count += 1 }
        }
      }
    }
    return count
  }
}
