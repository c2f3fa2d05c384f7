import Tensors
import Testing

@Suite struct DTypeTests {
  /// Names and sizes by torch 2.15: `str(dtype)` without its prefix, and `dtype.itemsize`.
  @Test func namesAndSizesAreTorchs() {
    let torch = [
      "bool": 1, "uint8": 1, "uint16": 2, "uint32": 4, "uint64": 8, "int8": 1, "int16": 2, "int32": 4, "int64": 8,
      "float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "float8_e4m3fn": 1, "float8_e5m2": 1, "complex64": 8,
      "complex128": 16,
    ]
    #expect(Dictionary(uniqueKeysWithValues: DType.allCases.map { ($0.rawValue, $0.size) }) == torch)
  }

  @Test func floatingPointTypes() {
    let floats: Set<DType> = [.float16, .bfloat16, .float32, .float64, .float8E4M3, .float8E5M2]
    #expect(Set(DType.allCases.filter(\.isFloatingPoint)) == floats)
  }

  @Test(
    arguments: [
      Bool.self, UInt8.self, UInt16.self, UInt32.self, UInt64.self, Int8.self, Int16.self, Int32.self, Int64.self,
      Float16.self, Float.self, Double.self,
    ] as [any TensorElement.Type])
  func elementsHaveTheSizeOfTheirType(element: any TensorElement.Type) {
    func size<Element: TensorElement>(_: Element.Type) -> Int { MemoryLayout<Element>.size }
    #expect(size(element) == element.dtype.size)
  }
}
