public import Tensors

extension Graph {
  /// Every parameter and buffer as training starts from it, in the order of the state dict.
  ///
  /// Each element is a function of the seed, the parameter's name and the element's index alone: the same for any number
  /// of threads, and for a layer that two models share by name and initialiser.
  /// - Parameter seed: Of `RandomSource`, whose purpose is `initialization` and whose first index is the FNV-1a hash of
  ///   the parameter's name.
  public func initialState(seed: UInt64) -> StateDict {
    var state = StateDict()
    for parameter in parameters { state[parameter.name] = parameter.initialValue(seed: seed) }
    return state
  }
}

extension Parameter {
  /// The parameter as training starts from it. Traps for types other than float32 and int64, for random integers, and for
  /// values that are not as many as the elements.
  func initialValue(seed: UInt64) -> Tensor {
    switch (dtype, initializer) {
    case (.float32, .values(let values)): return Tensor(values.map { Float($0) }, shape: shape)
    case (.int64, .values(let values)): return Tensor(values.map { Int64($0) }, shape: shape)
    case (.float32, _):
      let source = RandomSource(seed: seed, purpose: .initialization, first: fnv1a(name))
      let distribution = Distribution(initializer, shape: shape)
      return unsafe Tensor(shape, dtype: .float32) { bytes in unsafe distribution.fill(bytes, from: source) }
    case (.int64, .constant(let value)):
      return Tensor(Array(repeating: Int64(value), count: shape.count), shape: shape)
    default:
      preconditionFailure("'\(name)' cannot start as \(dtype.rawValue) by \(initializer)")
    }
  }
}

/// The 64-bit FNV-1a hash of a string's UTF-8, folded to the 48 bits that an index of a `RandomSource` has.
func fnv1a(_ string: String) -> UInt64 {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in string.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  return (hash >> 48) ^ (hash & 0xFFFF_FFFF_FFFF)
}
