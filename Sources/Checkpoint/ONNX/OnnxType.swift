import Tensors

/// The element types of ONNX (TensorProto.DataType), and how numbers of a type lie in a message.
struct OnnxType: Sendable {
  /// What it is called.
  let name: String
  /// The type of the tensor that it becomes.
  let dtype: DType
  /// The field that holds its numbers when they are not raw bytes.
  let field: Int
  /// Elements in a byte: 2 for types of four bits, which become bytes.
  var perByte: Int { name.hasSuffix("INT4") ? 2 : 1 }

  /// Fields of numbers in a tensor's message.
  enum Field {
    static let float = 4
    static let int32 = 5
    static let int64 = 7
    static let raw = 9
    static let double = 10
    static let uint64 = 11
  }

  /// The type of a number.
  /// - Returns: `nil` for what no tensor has here.
  init?(_ number: Int) {
    guard let type = Self.types[number] else { return nil }
    self = type
  }

  /// The type of the numbers that an attribute of a Constant node has, in the fields of an attribute (AttributeProto).
  init?(attribute name: String) {
    switch name {
    case "value_float": self.init("FLOAT", .float32, 2)
    case "value_floats": self.init("FLOAT", .float32, 7)
    case "value_int": self.init("INT64", .int64, 3)
    case "value_ints": self.init("INT64", .int64, 8)
    default: return nil
    }
  }

  /// The number of the type of a tensor's elements; `nil` when ONNX has none.
  static func number(of dtype: DType) -> Int? {
    types.first { $0.value.dtype == dtype && $0.value.perByte == 1 }?.key
  }

  private init(_ name: String, _ dtype: DType, _ field: Int) {
    self.name = name
    self.dtype = dtype
    self.field = field
  }

  /// What a type is called that no tensor has here.
  static func name(_ number: Int) -> String {
    let names = [
      0: "UNDEFINED", 8: "STRING", 18: "FLOAT8E4M3FNUZ", 20: "FLOAT8E5M2FNUZ", 23: "FLOAT4E2M1", 24: "FLOAT8E8M0",
      25: "UINT2", 26: "INT2", 27: "FLOAT6E2M3", 28: "FLOAT6E3M2",
    ]
    return names[number] ?? "type \(number)"
  }

  private static let types: [Int: OnnxType] = [
    1: OnnxType("FLOAT", .float32, Field.float), 2: OnnxType("UINT8", .uint8, Field.int32),
    3: OnnxType("INT8", .int8, Field.int32), 4: OnnxType("UINT16", .uint16, Field.int32),
    5: OnnxType("INT16", .int16, Field.int32), 6: OnnxType("INT32", .int32, Field.int32),
    7: OnnxType("INT64", .int64, Field.int64), 9: OnnxType("BOOL", .bool, Field.int32),
    10: OnnxType("FLOAT16", .float16, Field.int32), 11: OnnxType("DOUBLE", .float64, Field.double),
    12: OnnxType("UINT32", .uint32, Field.uint64), 13: OnnxType("UINT64", .uint64, Field.uint64),
    14: OnnxType("COMPLEX64", .complex64, Field.float), 15: OnnxType("COMPLEX128", .complex128, Field.double),
    16: OnnxType("BFLOAT16", .bfloat16, Field.int32), 17: OnnxType("FLOAT8E4M3FN", .float8E4M3, Field.int32),
    19: OnnxType("FLOAT8E5M2", .float8E5M2, Field.int32), 21: OnnxType("UINT4", .uint8, Field.int32),
    22: OnnxType("INT4", .int8, Field.int32),
  ]
}
