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
  /// - Parameter read: Fills a buffer with the bytes of the elements as they lie in the file.
  func tensor(_ read: (UnsafeMutableRawBufferPointer) throws -> Void) throws -> Tensor {
    var tensor = try Tensor(shape, dtype: dtype, initialize: read)
    if type.isBigEndian {
      // Complex numbers are two numbers.
      let size = dtype == .complex64 || dtype == .complex128 ? dtype.size / 2 : dtype.size
      tensor.withUnsafeMutableBytes { ByteOrder.swap($0, elementSize: size) }
    }
    guard isTransposed else { return tensor }
    let source = tensor
    return Tensor(shape, dtype: dtype) { target in
      source.withUnsafeBytes { Transposition.fromColumnMajor($0, to: target, shape: shape, elementSize: dtype.size) }
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

/// Brings elements into row-major order.
enum Transposition {
  /// From column-major order, in which the first axis is the innermost.
  static func fromColumnMajor(
    _ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer, shape: Shape, elementSize: Int
  ) {
    switch elementSize {
    case 1: move(source, target, shape, UInt8.self)
    case 2: move(source, target, shape, UInt16.self)
    case 4: move(source, target, shape, UInt32.self)
    case 8: move(source, target, shape, UInt64.self)
    default: move(source, target, shape, SIMD2<UInt64>.self)
    }
  }

  private static func move<Word>(
    _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, _ shape: Shape, _ type: Word.Type
  ) {
    let (from, to) = (source.assumingMemoryBound(to: Word.self), target.assumingMemoryBound(to: Word.self))
    guard shape.count > 0, let last = shape.dimensions.last else { return }
    var strides: [Int] = []
    var stride = 1
    for extent in shape.dimensions {
      strides.append(stride)
      stride *= extent
    }
    let step = strides[shape.rank - 1]
    var place = [Int](repeating: 0, count: shape.rank)
    var (start, done) = (0, 0)
    while done < shape.count {
      for index in 0..<last { to[done + index] = from[start + index * step] }
      done += last
      // The next row: the axis before the last moves on, and those before it when it is through.
      var axis = shape.rank - 2
      while axis >= 0 {
        place[axis] += 1
        start += strides[axis]
        if place[axis] < shape[axis] { break }
        start -= strides[axis] * shape[axis]
        place[axis] = 0
        axis -= 1
      }
    }
  }
}
