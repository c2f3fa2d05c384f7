import Tensors

/// numpy's arrays and scalars as pickles describe them.
enum NumpyObject {
  /// An array of elements that a tensor can have.
  struct Array {
    let dtype: DType
    let isBigEndian: Bool
    let shape: Shape
    let isFortran: Bool
    /// The object that has its bytes.
    let bytes: PickleGraph.Index
  }

  /// An array; `nil` for one of objects, texts, or records.
  static func array(
    _ call: PickleGraph.Call, _ arguments: [PickleGraph.Index], in graph: PickleGraph
  ) -> Array? {
    if let state = call.state {
      // _reconstruct(…) and then (1, shape, dtype, is_fortran, bytes).
      guard let parts = graph.elements(state), parts.count == 5, let shape = shape(parts[1], in: graph),
        let (dtype, isBigEndian) = dtype(parts[2], in: graph), let isFortran = graph.bool(parts[3])
      else { return nil }
      return Array(dtype: dtype, isBigEndian: isBigEndian, shape: shape, isFortran: isFortran, bytes: parts[4])
    }
    // _frombuffer(bytes, dtype, shape, "C" or "F").
    guard arguments.count == 4, let (dtype, isBigEndian) = dtype(arguments[1], in: graph),
      let shape = shape(arguments[2], in: graph), let order = graph.text(arguments[3])
    else { return nil }
    return Array(dtype: dtype, isBigEndian: isBigEndian, shape: shape, isFortran: order == "F", bytes: arguments[0])
  }

  /// A scalar as a value: `(dtype, bytes)`; `nil` when it is no number.
  static func scalar(_ arguments: [PickleGraph.Index], in graph: PickleGraph) throws -> Value? {
    guard arguments.count == 2, let (dtype, isBigEndian) = dtype(arguments[0], in: graph),
      var bytes = PythonVocabulary.bytes(arguments[1], in: graph, atMost: 16), bytes.count == dtype.size
    else { return nil }
    let isComplex = dtype == .complex64 || dtype == .complex128
    if isBigEndian {
      let size = isComplex ? dtype.size / 2 : dtype.size
      bytes = stride(from: 0, to: bytes.count, by: size).flatMap { bytes[$0..<$0 + size].reversed() }
    }
    return bytes.withUnsafeBytes { bytes in
      func load<Number: BitwiseCopyable>(_ type: Number.Type, at offset: Int = 0) -> Number {
        bytes.loadUnaligned(fromByteOffset: offset, as: type)
      }
      return switch dtype {
      case .bool: .bool(bytes[0] != 0)
      case .uint8: .integer(Int(bytes[0]))
      case .int8: .integer(Int(load(Int8.self)))
      case .uint16: .integer(Int(load(UInt16.self)))
      case .int16: .integer(Int(load(Int16.self)))
      case .uint32: .integer(Int(load(UInt32.self)))
      case .int32: .integer(Int(load(Int32.self)))
      case .uint64: Int(exactly: load(UInt64.self)).map { .integer($0) } ?? .bigInteger(String(load(UInt64.self)))
      case .int64: .integer(Int(load(Int64.self)))
      case .float16: .number(Double(load(Float16.self)))
      case .float32: .number(Double(load(Float.self)))
      case .float64: .number(load(Double.self))
      case .complex64: .complex(Double(load(Float.self)), Double(load(Float.self, at: 4)))
      case .complex128: .complex(load(Double.self), load(Double.self, at: 8))
      case .bfloat16, .float8E4M3, .float8E5M2: nil
      }
    }
  }

  private static func shape(_ index: PickleGraph.Index, in graph: PickleGraph) -> Shape? {
    graph.integers(index).flatMap { $0.count <= 64 ? Shape(checking: $0) : nil }
  }

  /// `dtype("f4", …)` and then (3, "<", …), where "<" is the order of bytes.
  private static func dtype(
    _ index: PickleGraph.Index, in graph: PickleGraph
  ) -> (dtype: DType, isBigEndian: Bool)? {
    guard let (callee, arguments) = graph.made(index), callee.fullName == "numpy.dtype", let first = arguments.first,
      let name = graph.text(first), let dtype = TorchTypes.dtype(ofNumpy: name)
    else { return nil }
    guard let state = graph.call(index)?.state else { return (dtype, false) }
    guard let parts = graph.elements(state), parts.count >= 2, let order = graph.text(parts[1]) else { return nil }
    return (dtype, order == ">" && dtype.size > 1)
  }
}
