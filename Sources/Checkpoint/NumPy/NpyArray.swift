import Tensors

/// A numpy array that can be read: its header made sense of.
struct NpyArray: Sendable {
  let header: NpyHeader
  let type: NpyType

  var dtype: DType { type.dtype }
  /// The extents, outermost axis first.
  var shape: Shape { header.shape }

  /// Whether the elements lie in row-major, little-endian order.
  var isPlain: Bool { !type.isBigEndian && !isTransposed }

  private var isTransposed: Bool { header.isFortran && shape.dimensions.filter { $0 != 1 }.count > 1 }

  /// Makes sense of a header.
  /// - Parameter byteCount: The bytes of header and elements, which must be exactly those of its shape and type.
  init(_ header: NpyHeader, note: DType?, byteCount: Int, label: String, path: String) throws {
    self.header = header
    type = try NpyType(header.descriptor, note: note)
    guard header.shape.byteCount(of: type.dtype) == byteCount - header.byteCount else {
      throw CheckpointError(
        byteCount - header.byteCount < header.shape.byteCount(of: type.dtype) ?? .max ? .truncated : .corrupt,
        path: path,
        "\(label), \(header.shape) of \(type.dtype.rawValue), has \(byteCount - header.byteCount) bytes for its elements"
      )
    }
  }

  /// The tensor.
  /// - Parameters:
  ///   - read: Fills a buffer with the bytes of the elements as they lie in the file.
  ///   - pieces: Gives these bytes piece by piece.
  func tensor(
    _ read: (UnsafeMutableRawBufferPointer) throws -> Void,
    pieces: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws -> Tensor {
    try Tensor(shape, dtype: dtype) { bytes in
      if isTransposed {
        // The first axis is the innermost one.
        var strides = [Int](repeating: 1, count: shape.rank)
        for axis in (0..<max(shape.rank - 1, 0)).reversed() {
          strides[axis] = strides[axis + 1] * max(shape[axis + 1], 1)
        }
        var turned = TurnedElements(
          extents: shape.dimensions.reversed(), strides: strides.reversed(), elementSize: dtype.size, into: bytes)
        try pieces { turned.add($0) }
      } else {
        try read(bytes)
      }
      if type.isBigEndian {
        // Complex numbers are two numbers.
        let size = dtype == .complex64 || dtype == .complex128 ? dtype.size / 2 : dtype.size
        ByteOrder.swap(bytes, elementSize: size)
      }
    }
  }
}

/// Turns numbers round.
enum ByteOrder {
  /// Turns the bytes of each number round.
  static func swap(_ bytes: UnsafeMutableRawBufferPointer, elementSize: Int) {
    switch elementSize {
    case 2: swap(bytes, UInt16.self)
    case 4: swap(bytes, UInt32.self)
    case 8: swap(bytes, UInt64.self)
    default: break
    }
  }

  private static func swap<Word: FixedWidthInteger>(_ bytes: UnsafeMutableRawBufferPointer, _ type: Word.Type) {
    let words = bytes.bindMemory(to: Word.self)
    for index in words.indices { words[index] = words[index].byteSwapped }
  }
}
