import Checkpoint
import OrderedCollections
import Tensors
import Testing

/// Values of files as JSON, and back.
@Suite struct ValueTests {
  private func json(_ value: Value, tensors: [StoredTensor] = [], steps: Int = 1000) -> JSONValue {
    var budget = Value.Budget(steps)
    return value.json(tensors: tensors, budget: &budget)
  }

  @Test func everyCase() {
    let tensor = StoredTensor(index: 0, path: ["net", "w"], name: "w", dtype: .float32, shape: [2])
    let value: Value = .dictionary([
      .init("null", nil), .init("tuple", .tuple([1, 2.5, true])), .init("set", .set(["a"])), .init(3, "three"),
      .init(.tuple([1, "x"]), .bigInteger("18446744073709551616")), .init("bytes", .bytes(Array("Man!".utf8))),
      .init("complex", .complex(1, -2)), .init("tensor", .tensor(0)), .init("none", .tensor(7)),
      .init("record", .record(.init("argparse.Namespace", arguments: [1], state: ["lr": 0.1]))),
    ])
    let expected: JSONValue = [
      "null": nil, "tuple": [1, 2.5, true], "set": ["a"], "3": "three", "[1,\"x\"]": "18446744073709551616",
      "bytes": ["base64": "TWFuIQ=="], "complex": ["real": 1.0, "imaginary": -2.0], "tensor": ["tensor": "w"],
      "none": ["tensor": nil],
      "record": ["class": "argparse.Namespace", "arguments": [1], "state": ["lr": 0.1]],
    ]
    #expect(json(value, tensors: [tensor]) == expected)
  }

  /// RFC 4648, section 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ])
  func base64(_ text: String, _ expected: String) {
    #expect(json(.bytes(Array(text.utf8))) == ["base64": .string(expected)])
  }

  @Test func keysThatWouldMeetStayApart() {
    #expect(json(.dictionary([.init(1, "a"), .init("1", "b")])) == [[1, "a"], ["1", "b"]])
  }

  /// Each level holds the one below twice: 2⁶⁰ leaves in 60 small objects.
  @Test func sharedPartsDoNotExplode() {
    var value: Value = "leaf"
    for _ in 0..<60 { value = .list([value, value]) }
    let text = json(value, steps: 10_000).text()
    #expect(text.utf8.count < 1_000_000 && text.contains("too many values to show"))
    // A large part that stands in many places is as dear as all its copies.
    let copies = Value.list(Array(repeating: .bytes([UInt8](repeating: 1, count: 100_000)), count: 1000))
    #expect(json(copies, steps: 10_000).text().utf8.count < 2_000_000)
    var deep: Value = nil
    for _ in 0..<2000 { deep = .list([deep]) }
    #expect(json(deep, steps: 10_000).text().contains("nested too deep to show"))
  }

  @Test func fromJSONAndBack() throws {
    let value = try JSONValue(parsing: #"{"a": [1, 2.0, null, true, "x", {}], "b": {"c": []}}"#)
    #expect(json(Value(value)) == value)
    #expect(Value(value)["a"]?.elements?.count == 6 && Value(value)["none"] == nil)
  }

  @Test func statistics() {
    let numbers = TensorStatistics(of: Tensor([1, 2, 3, .nan, -.infinity, 6] as [Float], shape: [2, 3]))
    #expect(numbers.minimum == 1 && numbers.maximum == 6 && numbers.mean == 3 && numbers.nonFiniteCount == 2)
    #expect(numbers.standardDeviation == (14.0 / 4).squareRoot())
    let none = TensorStatistics(of: Tensor(zeros: [0]))
    #expect(none.minimum == nil && none.mean == nil && none.finiteCount == 0)
    // 0x38 is 1, 0x7E is 448, 0xFF is no number, 0x01 is 2⁻⁹ (OCP 8-bit floating point, table 1).
    let small = TensorStatistics(of: Tensor([4], dtype: .float8E4M3) { $0.copyBytes(from: [0x38, 0x7E, 0xFF, 0x81]) })
    #expect(small.maximum == 448 && small.minimum == -0.001953125 && small.nonFiniteCount == 1)
    let brain = TensorStatistics(of: Tensor([2], dtype: .bfloat16) { $0.copyBytes(from: [0x80, 0x3F, 0x00, 0xC0]) })
    #expect(brain.maximum == 1 && brain.minimum == -2)
  }

  /// Tensors that are not in memory are read in batches of 64 MiB: of 40 MB, one at a time.
  @Test func lazySourcesAreWrittenInBoundedMemory() throws {
    let folder = try TemporaryFolder()
    let load = Counter()
    var snapshot = LazySnapshot(net: [:])
    for index in 0..<4 {
      snapshot.net["t\(index)"] = TensorSource([40_000_000], dtype: .uint8) {
        load.begin()
        defer { load.end() }
        return Tensor(zeros: [40_000_000], dtype: .uint8)
      }
    }
    try NativeWriter().write(snapshot, to: folder.file("a.h5"))
    #expect(try CheckpointFile(opening: folder.file("a.h5")).contents.tensors.count == 4)
    #expect(load.total == 4 && load.most == 1)
  }
}
