/// The element types that checkpoints hold. Raw values are PyTorch's names without the `torch.` prefix.
public enum DType: String, Sendable, Hashable, CaseIterable, Codable {
  case bool
  case uint8, uint16, uint32, uint64
  case int8, int16, int32, int64
  case float16, bfloat16, float32, float64
  /// 4 exponent bits, 3 mantissa bits, no infinity (OCP 8-bit floating point, E4M3).
  case float8E4M3 = "float8_e4m3fn"
  /// 5 exponent bits, 2 mantissa bits (OCP 8-bit floating point, E5M2).
  case float8E5M2 = "float8_e5m2"
  case complex64, complex128

  /// Bytes of one element.
  public var size: Int {
    switch self {
    case .bool, .uint8, .int8, .float8E4M3, .float8E5M2: 1
    case .uint16, .int16, .float16, .bfloat16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64, .complex64: 8
    case .complex128: 16
    }
  }

  /// Whether elements are complex numbers.
  public var isComplex: Bool { self == .complex64 || self == .complex128 }

  /// Whether elements are real floating-point numbers.
  public var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64, .float8E4M3, .float8E5M2: true
    default: false
    }
  }
}

/// A Swift type whose memory representation is that of one ``DType``.
public protocol TensorElement: BitwiseCopyable, Sendable {
  /// The element type that this Swift type stands for.
  static var dtype: DType { get }
}

extension Bool: TensorElement {
  /// `.bool`
  public static var dtype: DType { .bool }
}
extension UInt8: TensorElement {
  /// `.uint8`
  public static var dtype: DType { .uint8 }
}
extension UInt16: TensorElement {
  /// `.uint16`
  public static var dtype: DType { .uint16 }
}
extension UInt32: TensorElement {
  /// `.uint32`
  public static var dtype: DType { .uint32 }
}
extension UInt64: TensorElement {
  /// `.uint64`
  public static var dtype: DType { .uint64 }
}
extension Int8: TensorElement {
  /// `.int8`
  public static var dtype: DType { .int8 }
}
extension Int16: TensorElement {
  /// `.int16`
  public static var dtype: DType { .int16 }
}
extension Int32: TensorElement {
  /// `.int32`
  public static var dtype: DType { .int32 }
}
extension Int64: TensorElement {
  /// `.int64`
  public static var dtype: DType { .int64 }
}
extension Float16: TensorElement {
  /// `.float16`
  public static var dtype: DType { .float16 }
}
extension Float: TensorElement {
  /// `.float32`
  public static var dtype: DType { .float32 }
}
extension Double: TensorElement {
  /// `.float64`
  public static var dtype: DType { .float64 }
}
