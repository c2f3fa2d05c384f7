#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An n-dimensional array in contiguous, row-major, little-endian order.
///
/// A tensor is a value: a copy shares memory until one of the two is written. It may be a view of a memory-mapped
/// file, which is read only when its elements are.
public struct Tensor: Sendable {
  /// The type of the elements.
  public let dtype: DType
  /// The extents, outermost axis first.
  public let shape: Shape
  private var storage: TensorStorage
  private var byteOffset: Int

  /// The number of elements.
  public var count: Int { shape.count }

  /// The bytes that the elements take.
  public var byteCount: Int { shape.count * dtype.size }

  /// A tensor whose bytes `initialize` writes, all of them.
  /// - Parameters:
  ///   - shape: The extents. Traps when their bytes overflow: check `Shape.byteCount(of:)` for shapes from outside.
  ///   - dtype: The element type.
  ///   - initialize: Receives exactly ``byteCount`` uninitialised bytes, aligned to 64.
  public init<E: Error>(
    _ shape: Shape, dtype: DType, initialize: (UnsafeMutableRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    guard let byteCount = shape.byteCount(of: dtype) else {
      preconditionFailure("a \(dtype.rawValue) tensor of shape \(shape) overflows the address space")
    }
    let storage = TensorStorage(byteCount: byteCount)
    if let bytes = storage.mutableBytes { try initialize(bytes) }
    self.dtype = dtype
    self.shape = shape
    self.storage = storage
    byteOffset = 0
  }

  /// A tensor of zeros.
  public init(zeros shape: Shape, dtype: DType = .float32) {
    self.init(shape, dtype: dtype) { bytes in
      _ = bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }
  }

  /// A tensor of the given elements in row-major order. Traps when their number is not the shape's.
  public init<Element: TensorElement>(_ elements: [Element], shape: Shape) {
    precondition(elements.count == shape.count, "\(elements.count) elements do not fill shape \(shape)")
    self.init(shape, dtype: Element.dtype) { bytes in
      elements.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }
  }

  /// A scalar.
  public init<Element: TensorElement>(scalar: Element) { self.init([scalar], shape: []) }

  /// A read-only view of memory that `owner` keeps alive, such as a mapped file. Traps when the bytes are too few.
  package init(
    _ shape: Shape, dtype: DType, borrowing bytes: UnsafeRawBufferPointer, owner: any AnyObject & Sendable
  ) {
    precondition(shape.byteCount(of: dtype) == bytes.count, "\(bytes.count) bytes do not fill shape \(shape)")
    self.dtype = dtype
    self.shape = shape
    storage = TensorStorage(borrowing: bytes, owner: owner)
    byteOffset = 0
  }

  /// The same elements under another shape. Traps when the number of elements differs.
  public func reshaped(to shape: Shape) -> Tensor {
    precondition(shape.count == count, "\(self.shape) cannot be reshaped to \(shape)")
    return Tensor(dtype: dtype, shape: shape, storage: storage, byteOffset: byteOffset)
  }

  private init(dtype: DType, shape: Shape, storage: TensorStorage, byteOffset: Int) {
    self.dtype = dtype
    self.shape = shape
    self.storage = storage
    self.byteOffset = byteOffset
  }

  /// Reads the bytes. The pointer is valid only inside `body`.
  public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try body(UnsafeRawBufferPointer(rebasing: storage.bytes[byteOffset..<byteOffset + byteCount]))
  }

  /// Writes the bytes in place, after copying them when they are shared or borrowed.
  public mutating func withUnsafeMutableBytes<R, E: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    if !isKnownUniquelyReferenced(&storage) || storage.mutableBytes == nil {
      let copy = TensorStorage(byteCount: byteCount)
      withUnsafeBytes { copy.mutableBytes?.copyMemory(from: $0) }
      storage = copy
      byteOffset = 0
    }
    guard let bytes = storage.mutableBytes else { preconditionFailure("an allocated storage can be written") }
    return try body(UnsafeMutableRawBufferPointer(rebasing: bytes[byteOffset..<byteOffset + byteCount]))
  }

  /// The memory of a tensor that nobody else has a copy or view of, for a new owner that writes it; the tensor must not
  /// be used after that. `nil` when the memory is shared or borrowed.
  package mutating func takeStorage() -> TensorStorage? {
    let isWhole = byteOffset == 0 && storage.bytes.count == byteCount && storage.mutableBytes != nil
    return isWhole && isKnownUniquelyReferenced(&storage) ? storage : nil
  }

  /// The elements in row-major order. Traps when `Element` is not the type of the elements.
  public func elements<Element: TensorElement>(as type: Element.Type) -> [Element] {
    precondition(Element.dtype == dtype, "the tensor holds \(dtype.rawValue), not \(Element.dtype.rawValue)")
    return withUnsafeBytes { bytes in
      [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
        UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
        initialized = count
      }
    }
  }

  /// Whether type, shape and every byte are equal. NaNs of the same bits are equal, and 0 differs from −0.
  public func isIdentical(to other: Tensor) -> Bool {
    guard dtype == other.dtype, shape == other.shape else { return false }
    return withUnsafeBytes { left in
      other.withUnsafeBytes { right in
        guard let left = left.baseAddress, let right = right.baseAddress else { return byteCount == 0 }
        return memcmp(left, right, byteCount) == 0
      }
    }
  }
}
