import Tensors

/// The element types of safetensors by their names there.
enum SafetensorsType {
  /// The type, when it is one that tensors have here.
  static func dtype(_ name: String) -> DType? { types.first { $0.name == name }?.dtype }

  /// The name; `nil` for what safetensors does not have.
  static func name(_ dtype: DType) -> String? { types.first { $0.dtype == dtype }?.name }

  /// The bits of an element, also of types that tensors do not have here.
  static func bits(_ name: String) -> Int? {
    dtype(name).map { 8 * $0.size } ?? others.first { $0.name == name }?.bits
  }

  /// The place of the type in the order of the format, which goes by size.
  static func rank(_ dtype: DType) -> Int { types.firstIndex { $0.dtype == dtype } ?? -1 }

  private static let types: [(name: String, dtype: DType)] = [
    ("BOOL", .bool), ("U8", .uint8), ("I8", .int8), ("F8_E5M2", .float8E5M2), ("F8_E4M3", .float8E4M3),
    ("I16", .int16), ("U16", .uint16), ("F16", .float16), ("BF16", .bfloat16), ("I32", .int32), ("U32", .uint32),
    ("F32", .float32), ("C64", .complex64), ("F64", .float64), ("I64", .int64), ("U64", .uint64),
  ]

  private static let others: [(name: String, bits: Int)] = [
    ("F4", 4), ("F6_E2M3", 6), ("F6_E3M2", 6), ("F8_E8M0", 8), ("F8_E4M3FNUZ", 8), ("F8_E5M2FNUZ", 8),
  ]
}
