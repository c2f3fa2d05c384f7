@testable import Checkpoint
import Tensors
import Testing

/// Models that are not what they should be, put together field by field.
@Suite struct OnnxRulesTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func varint(_ number: UInt64) -> [UInt8] {
    var (rest, bytes) = (number, [UInt8]())
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  private static func field(_ number: Int, _ value: UInt64) -> [UInt8] { varint(UInt64(number << 3)) + varint(value) }

  private static func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
    varint(UInt64(number << 3 | 2)) + varint(UInt64(bytes.count)) + bytes
  }

  private static func field(_ number: Int, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

  /// A tensor of two floats, and what else is given.
  private static func tensor(_ more: [UInt8], type: UInt64 = 1, dims: [UInt64] = [2]) -> [UInt8] {
    dims.flatMap { field(1, $0) } + field(2, type) + field(8, "w") + more
  }

  private static func model(_ graph: [UInt8]) -> [UInt8] { field(1, 10) + field(7, graph) }

  private func error(_ bytes: [UInt8]) throws -> CheckpointError? {
    let path = folder.file("a.onnx")
    try TemporaryFolder.write(bytes, to: path)
    return checkpointError {
      let file = try CheckpointFile(opening: path)
      for stored in file.contents.tensors { _ = try file.read(stored) }
    }
  }

  private static let raw = field(9, [UInt8](repeating: 0, count: 8))

  static let rules: [(String, [UInt8], CheckpointError.Code, String)] = [
    ("too few raw bytes", field(5, tensor(field(9, [1, 2, 3]))), .corrupt, "has 3 bytes for its elements, not 8"),
    ("no bytes", field(5, tensor([])), .corrupt, "has 0 numbers, not 2"),
    ("too many floats", field(5, tensor(field(4, [UInt8](repeating: 0, count: 12)))), .corrupt, "has 3 numbers, not 2"),
    (
      "half a float", field(5, tensor(field(4, [UInt8](repeating: 0, count: 10)))), .corrupt,
      "holds numbers that FLOAT does"
    ),
    (
      "numbers out of range", field(5, tensor(field(5, varint(300) + varint(1)), type: 2)), .corrupt,
      "that UINT8 does not have"
    ),
    (
      "numbers below", field(5, tensor(field(5, 1) + field(5, UInt64(bitPattern: -129)), type: 3)), .corrupt,
      "that INT8 does"
    ),
    ("no truth", field(5, tensor(field(5, [0, 2]), type: 9)), .corrupt, "that BOOL does not have"),
    ("negative extent", field(5, tensor(raw, dims: [UInt64(bitPattern: -2)])), .corrupt, "no memory could hold"),
    ("large shape", field(5, tensor(raw, dims: [1 << 32, 1 << 32])), .corrupt, "no memory could hold"),
    ("large bytes", field(5, tensor(raw, dims: [1 << 62])), .corrupt, "no memory could hold"),
    ("many axes", field(5, tensor(raw, dims: [UInt64](repeating: 1, count: 65))), .corrupt, "more than 64 axes"),
    ("nowhere", field(5, tensor(field(14, 1))), .corrupt, "does not say where"),
    (
      "negative offset",
      field(
        5,
        tensor(
          field(14, 1) + field(13, field(1, "location") + field(2, "x"))
            + field(13, field(1, "offset") + field(2, "-1")))),
      .corrupt, "does not say where"
    ),
    (
      "another length",
      field(
        5,
        tensor(
          field(14, 1) + field(13, field(1, "location") + field(2, "x"))
            + field(13, field(1, "length") + field(2, "9")))),
      .corrupt, "has 9 bytes in another file, not 8"
    ),
    ("two numbers", constant("value_int", field(3, 1) + field(3, 2)), .corrupt, "has 2 numbers, not 1"),
    (
      "half a float of a Constant", constant("value_floats", field(7, [0, 0, 0, 0, 1])), .corrupt, "numbers that FLOAT"
    ),
  ]

  /// A node Constant with an attribute.
  private static func constant(_ name: String, _ more: [UInt8]) -> [UInt8] {
    field(1, field(2, "c") + field(4, "Constant") + field(5, field(1, name) + more))
  }

  @Test(arguments: rules.indices)
  func brokenRules(_ index: Int) throws {
    let (name, graph, code, message) = Self.rules[index]
    let error = try error(Self.model(graph))
    #expect(error?.code == code && error?.message.contains(message) == true, "\(name): \(String(describing: error))")
  }

  @Test func soundFields() throws {
    for more in [Self.raw, Self.field(4, [UInt8](repeating: 0, count: 8)), [0x25, 0, 0, 0, 0, 0x25, 0, 0, 0, 0]] {
      #expect(try error(Self.model(Self.field(5, Self.tensor(more)))) == nil)
    }
  }

  @Test(
    arguments: [
      [0x08, 0x0A, 0x3A, 0x05, 0x01], [0x08, 0x0A, 0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
      [0x08, 0x0A, 0x3A, 0x02, 0x2B, 0x2C], [0x08, 0x0A, 0x3A, 0x02, 0x00, 0x00], [0x08, 0x0A, 0x3A, 0x02, 0x29, 0x00],
      [0x08, 0x0A, 0x3A, 0x00] + [UInt8](repeating: 0xFF, count: 11), [0x08, 0x0A, 0x12, 0x01],
    ] as [[UInt8]])
  func noMessages(_ bytes: [UInt8]) throws {
    let error = try error(bytes)
    #expect(error?.code == .corrupt && error?.message.contains("is cut or damaged (byte") == true)
  }

  @Test func noGraph() throws {
    #expect(try error(Self.field(1, 10) + Self.field(2, "x"))?.code == .unrecognised)
  }

  @Test func deepGraphs() throws {
    var graph: [UInt8] = []
    for _ in 0..<OnnxModel.deepest { graph = Self.field(1, Self.field(5, Self.field(6, graph))) }
    #expect(try error(Self.model(graph))?.code == .refused)
    for _ in 0..<5000 { graph = Self.field(1, Self.field(5, Self.field(6, graph))) }
    #expect(try error(Self.model(graph))?.code == .refused)
  }

  @Test func manyTensorsOfOneName() throws {
    let one = Self.field(5, Self.tensor([], dims: [0]))
    let many = [UInt8]((0...OnnxModel.mostTensors).flatMap { _ in one })
    let error = try error(Self.model(many))
    #expect(error?.code == .refused && error?.message.contains("more than 32768 tensors") == true)
    #expect(try self.error(Self.model(Array(many.prefix(one.count * 20_000)))) == nil)
  }
}
