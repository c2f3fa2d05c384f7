import Tensors

/// numpy's element types by their names, `<f4`.
struct NpyType: Sendable {
  let dtype: DType
  /// Whether the elements' bytes, or those of their parts, stand the other way round.
  let isBigEndian: Bool

  /// Understands a name.
  /// - Parameter note: The type that the file notes beside: numpy has no names for some.
  /// - Throws: ``Refusal`` for what no tensor has.
  init(_ descriptor: String, note: DType? = nil) throws {
    let kind = descriptor.dropFirst()
    let order = descriptor.first
    guard let order, "<>|=".contains(order) else { throw Refusal(descriptor) }
    if kind.hasPrefix("V") {
      // ml_dtypes writes its bfloat16 as <V2. Its one-byte types are all <V1: which one, nothing says.
      guard let dtype = note ?? (descriptor == "<V2" ? .bfloat16 : nil), kind == "V\(dtype.size)" else {
        throw Refusal(descriptor)
      }
      (self.dtype, isBigEndian) = (dtype, false)
      return
    }
    guard let dtype = Self.types.first(where: { $0.name == kind })?.dtype else { throw Refusal(descriptor) }
    guard order != "|" || dtype.size == 1 else { throw Refusal(descriptor) }
    self.dtype = dtype
    isBigEndian = order == ">" && dtype.size > 1
  }

  /// An element type that tensors do not have.
  struct Refusal: Error {
    /// What it is, fit for a terminal.
    let reason: String

    init(_ descriptor: String) {
      let kind = descriptor.dropFirst()
      let what =
        switch kind.first {
        case "O": "Python objects, which only executing them would bring back"
        case "S", "U", "a": "texts"
        case "M", "m": "times"
        case "V": "raw bytes (\(descriptor.terminalEscaped)), and nothing says which type they are"
        case _ where descriptor.hasPrefix("["): "records of several parts"
        default: "'\(descriptor.prefix(40).description.terminalEscaped)'"
        }
      reason = "its elements are \(what)"
    }
  }

  /// The name for an element type; raw bytes where numpy has none.
  static func descriptor(_ dtype: DType) -> String {
    guard let name = types.first(where: { $0.dtype == dtype })?.name else { return "<V\(dtype.size)" }
    return (dtype.size == 1 ? "|" : "<") + name
  }

  /// Whether numpy has the element type.
  static func isKnown(_ dtype: DType) -> Bool { types.contains { $0.dtype == dtype } }

  private static let types: [(name: Substring, dtype: DType)] = [
    ("b1", .bool), ("i1", .int8), ("i2", .int16), ("i4", .int32), ("i8", .int64), ("u1", .uint8), ("u2", .uint16),
    ("u4", .uint32), ("u8", .uint64), ("f2", .float16), ("f4", .float32), ("f8", .float64), ("c8", .complex64),
    ("c16", .complex128),
  ]
}
