import Tensors

/// The names that PyTorch has for element types.
enum TorchTypes {
  /// The element type of a storage's class, `torch.FloatStorage` or one of CUDA's; `nil` when no tensor here has it.
  static func dtype(ofStorage name: String) -> DType? {
    switch name {
    case "FloatStorage": .float32
    case "DoubleStorage": .float64
    case "HalfStorage": .float16
    case "BFloat16Storage": .bfloat16
    case "LongStorage": .int64
    case "IntStorage": .int32
    case "ShortStorage": .int16
    case "CharStorage": .int8
    case "ByteStorage", "UntypedStorage": .uint8
    case "BoolStorage": .bool
    case "ComplexFloatStorage": .complex64
    case "ComplexDoubleStorage": .complex128
    default: nil
    }
  }

  /// The bytes of one element of a storage's class; `nil` for a class that is not known.
  static func itemSize(ofStorage name: String) -> Int? {
    switch name {
    case "QInt8Storage", "QUInt8Storage", "QUInt4x2Storage", "QUInt2x4Storage": 1
    case "QInt32Storage": 4
    default: dtype(ofStorage: name)?.size
    }
  }

  /// The class of storages that hold elements of a type; `nil` for types that came after typed storages.
  static func storage(of dtype: DType) -> String? {
    switch dtype {
    case .float32: "FloatStorage"
    case .float64: "DoubleStorage"
    case .float16: "HalfStorage"
    case .bfloat16: "BFloat16Storage"
    case .int64: "LongStorage"
    case .int32: "IntStorage"
    case .int16: "ShortStorage"
    case .int8: "CharStorage"
    case .uint8: "ByteStorage"
    case .bool: "BoolStorage"
    case .complex64: "ComplexFloatStorage"
    case .complex128: "ComplexDoubleStorage"
    case .uint16, .uint32, .uint64, .float8E4M3, .float8E5M2: nil
    }
  }

  /// The element type of a name in the module `torch`: `float8_e4m3fn`.
  static func dtype(named name: String) -> DType? {
    switch name {
    case "float": .float32
    case "double": .float64
    case "half": .float16
    case "long": .int64
    case "int": .int32
    case "short": .int16
    case "cfloat": .complex64
    case "cdouble": .complex128
    default: DType(rawValue: name)
    }
  }

  /// The element type of numpy's letter and size, `f4`; `nil` when no tensor here has it.
  static func dtype(ofNumpy name: String) -> DType? {
    switch name {
    case "f2": .float16
    case "f4": .float32
    case "f8": .float64
    case "i1": .int8
    case "i2": .int16
    case "i4": .int32
    case "i8": .int64
    case "u1": .uint8
    case "u2": .uint16
    case "u4": .uint32
    case "u8": .uint64
    case "b1": .bool
    case "c8": .complex64
    case "c16": .complex128
    default: nil
    }
  }
}
