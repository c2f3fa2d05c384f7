import CKernels
import COneDNN

/// The extents and the layout of a memory, as oneDNN describes them.
final class Descriptor {
  let handle: OpaquePointer

  /// Takes over a descriptor of the shim's.
  private init(owning handle: OpaquePointer) { self.handle = handle }

  /// The logical extents.
  var extents: [Int] {
    var extents = [Int64](repeating: 0, count: 12)
    let rank = zdnn_desc_extents(handle, &extents)
    return extents.prefix(Int(rank)).map(Int.init)
  }

  /// A layout for extents.
  convenience init(
    _ extents: [Int], _ layout: zdnn_layout, type: zdnn_type = ZDNN_FLOAT32
  ) throws(EngineError) {
    let extents = extents.map(Int64.init)
    self.init(owning: try required(zdnn_desc_create(Int32(extents.count), extents, type, layout)))
  }

  /// What a primitive chose for an argument; `nil` when it has none such.
  init?(of primitive: Primitive, _ argument: Int32) {
    guard let handle = zdnn_primitive_desc(primitive.handle, argument) else { return nil }
    self.handle = handle
  }

  deinit { zdnn_desc_destroy(handle) }

  /// Bytes, with the padding of blocks.
  var byteCount: Int { zdnn_desc_size(handle) }

  /// Elements, with the padding of blocks; of float32 memories alone.
  var elementCount: Int { byteCount / MemoryLayout<Float>.size }

  /// Part of this memory, or `nil` where the layout cannot express it.
  func window(_ extents: [Int], at offsets: [Int]) -> Descriptor? {
    zdnn_desc_window(handle, extents.map(Int64.init), offsets.map(Int64.init)).map(Descriptor.init(owning:))
  }

  /// The same memory with its axes in another order: axis i of the result is axis `order[i]`.
  func permuted(_ order: [Int]) throws(EngineError) -> Descriptor {
    Descriptor(owning: try required(zdnn_desc_permuted(handle, order.map(Int32.init))))
  }

  /// Whether two memories of these descriptors hold the same elements at the same places.
  func matches(_ other: Descriptor) -> Bool { self === other || zdnn_desc_equal(handle, other.handle) }
}

/// The result of a call of the shim, or its reason for having none.
func required(_ handle: OpaquePointer?, module: String = "") throws(EngineError) -> OpaquePointer {
  guard let handle else { throw EngineError(.backend, module: module, String(cString: zdnn_last_error())) }
  return handle
}

/// oneDNN's CPU engine and stream.
final class Backend {
  let handle: OpaquePointer
  let threads: Int

  init(threads: Int, allowsOwnKernels: Bool) throws(EngineError) {
    self.threads = threads
    prefersOwnKernels = allowsOwnKernels && zk_has_avx2() && !zdnn_has_avx512()
    zdnn_set_threads(Int32(threads))
    handle = try required(zdnn_engine_create())
  }

  deinit { zdnn_engine_destroy(handle) }

  /// Whether our kernels, which are for AVX2, beat oneDNN's: with AVX-512 it has Winograd's algorithm and faster products.
  let prefersOwnKernels: Bool

  /// Makes the calling thread's primitives use this backend's number of threads.
  func enter() { zdnn_set_threads(Int32(threads)) }
}

/// A compiled operation of oneDNN.
final class Primitive {
  let handle: OpaquePointer

  /// Takes over a primitive of the shim's; throws the shim's reason when there is none.
  init(_ handle: OpaquePointer?, module: String) throws(EngineError) {
    self.handle = try required(handle, module: module)
  }

  /// Takes over a primitive of the shim's, if there is one.
  init?(trying handle: OpaquePointer?) {
    guard let handle else { return nil }
    self.handle = handle
  }

  deinit { zdnn_primitive_destroy(handle) }

  /// oneDNN's name of the kernel.
  var implementation: String { String(cString: zdnn_primitive_implementation(handle)) }

  /// What the primitive chose for an argument it always has.
  func descriptor(_ argument: Int32) throws(EngineError) -> Descriptor {
    guard let descriptor = Descriptor(of: self, argument) else {
      throw EngineError(.backend, "oneDNN's \(implementation) has no argument \(argument)")
    }
    return descriptor
  }
}

/// The arguments of primitives as the shim numbers them.
enum Argument {
  static let source = Int32(ZDNN_SRC.rawValue)
  static let destination = Int32(ZDNN_DST.rawValue)
  static let weights = Int32(ZDNN_WEIGHTS.rawValue)
  static let bias = Int32(ZDNN_BIAS.rawValue)
  static let mean = Int32(ZDNN_MEAN.rawValue)
  static let variance = Int32(ZDNN_VARIANCE.rawValue)
  static let scale = Int32(ZDNN_SCALE.rawValue)
  static let shift = Int32(ZDNN_SHIFT.rawValue)
  static let workspace = Int32(ZDNN_WORKSPACE.rawValue)
  static let scratchpad = Int32(ZDNN_SCRATCHPAD.rawValue)
  static let diffSource = Int32(ZDNN_DIFF_SRC.rawValue)
  static let diffDestination = Int32(ZDNN_DIFF_DST.rawValue)
  static let diffWeights = Int32(ZDNN_DIFF_WEIGHTS.rawValue)
  static let diffBias = Int32(ZDNN_DIFF_BIAS.rawValue)
  static let diffScale = Int32(ZDNN_DIFF_SCALE.rawValue)
  static let diffShift = Int32(ZDNN_DIFF_SHIFT.rawValue)
  static let multipleSource = Int32(ZDNN_MULTIPLE_SRC.rawValue)
}
