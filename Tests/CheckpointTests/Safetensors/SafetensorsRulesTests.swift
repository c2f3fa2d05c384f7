@testable import Checkpoint
import Tensors
import Testing

/// Safetensors that are not what they should be.
@Suite struct SafetensorsRulesTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A file of a header and so many bytes behind it.
  private func file(_ header: String, _ count: Int, length: UInt64? = nil) throws -> String {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: length ?? UInt64(header.utf8.count))
    bytes += header.utf8
    bytes += [UInt8](repeating: 1, count: count)
    let path = folder.file("a.safetensors")
    try TemporaryFolder.write(bytes, to: path)
    return path
  }

  private static func tensor(
    _ name: String = "a", _ type: String = "F32", _ shape: String = "[2]", _ range: String = "0,8"
  )
    -> String
  {
    #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(range)]}"#
  }

  static let rules: [(String, Int, CheckpointError.Code, String)] = [
    ("{\(tensor())}", 7, .truncated, "the file ends 1 bytes too early"),
    ("{\(tensor())}", 9, .corrupt, "1 bytes behind the tensors belong to none"),
    ("{\(tensor(range: "1,9"))}", 9, .corrupt, "'a' begins at byte 1 where the ones before end at 0"),
    (
      "{\(tensor()),\(tensor("b", range: "4,12"))}", 12, .corrupt, "'b' begins at byte 4 where the ones before end at 8"
    ),
    (
      "{\(tensor()),\(tensor("b", range: "9,17"))}", 17, .corrupt, "'b' begins at byte 9 where the ones before end at 8"
    ),
    ("{\(tensor()),\(tensor("b"))}", 8, .corrupt, "'b' begins at byte 0"),
    ("{\(tensor()),\(tensor(range: "8,16"))}", 16, .corrupt, "two tensors called 'a'"),
    ("{\(tensor(range: "8,0"))}", 8, .corrupt, "expected two offsets in order"),
    ("{\(tensor(range: "0,8,8"))}", 8, .corrupt, "expected two offsets"),
    ("{\(tensor(range: "0"))}", 8, .corrupt, "expected two offsets in order"),
    ("{\(tensor(range: "0,-8"))}", 8, .corrupt, "expected a whole number from 0"),
    ("{\(tensor(range: "0,8.0"))}", 8, .corrupt, "expected a whole number from 0"),
    ("{\(tensor(range: "0,99999999999999999999"))}", 8, .corrupt, "expected a whole number from 0"),
    ("{\(tensor(shape: "[3]"))}", 8, .corrupt, "'a' of shape [3] and type F32 takes 8 bytes"),
    ("{\(tensor(type: "F64"))}", 8, .corrupt, "takes 8 bytes of the file"),
    ("{\(tensor(type: "F4", shape: "[3]", range: "0,1"))}", 1, .corrupt, "takes 1 bytes"),
    ("{\(tensor(type: "F31"))}", 8, .unsupported, "elements of the type 'F31'"),
    ("{\(tensor(shape: "[4294967296,4294967296]"))}", 8, .corrupt, "a shape that no memory could hold"),
    ("{\(tensor(shape: "[4611686018427387904]"))}", 8, .corrupt, "a shape that no memory could hold"),
    ("{\(tensor(shape: "[-2]"))}", 8, .corrupt, "expected a whole number from 0"),
    ("{\(tensor(shape: "2"))}", 8, .corrupt, "expected an array"),
    (
      "{\(tensor(shape: "[2" + String(repeating: ",1", count: 64) + "]"))}", 8, .corrupt, "'a' has more than 64 axes"
    ),
    (#"{"a":{"dtype":"F32","shape":[2]}}"#, 8, .corrupt, "needs dtype, shape and data_offsets"),
    (#"{"a":{"dtype":"F32","dtype":"F32"}}"#, 8, .corrupt, "'dtype' stands twice"),
    (#"{"a":{"type":"F32"}}"#, 8, .corrupt, "a tensor has no 'type'"),
    (#"{"a":[]}"#, 0, .corrupt, "expected an object"),
    (#"{"__metadata__":{"a":1}}"#, 0, .corrupt, "expected a text"),
    (#"{"__metadata__":{"a":"b","a":"c"}}"#, 0, .corrupt, "'a' stands twice in '__metadata__'"),
    (#"{"__metadata__":{},"__metadata__":{}}"#, 0, .corrupt, "'__metadata__' stands twice"),
    ("{} x", 0, .corrupt, "there is more text"), ("{\(tensor())", 8, .corrupt, "expected ',' or '}'"),
    ("[]", 0, .corrupt, "does not begin with '{'"), (" {}", 0, .corrupt, "does not begin with '{'"),
    ("{\"\u{1B}[31m\":1}", 0, .corrupt, "a control character stands in a string"),
  ]

  @Test(arguments: rules.indices)
  func brokenRules(_ index: Int) throws {
    let (header, count, code, message) = Self.rules[index]
    let path = try file(header, count)
    let error = checkpointError { _ = try SafetensorsReader(path) }
    #expect(error?.code == code && error?.path == path, "\(String(describing: error))")
    #expect(error?.message.contains(message) == true, "\(String(describing: error))")
  }

  @Test func lengths() throws {
    #expect(checkpointError { _ = try SafetensorsReader(try file("{}", 0, length: 3)) }?.code == .truncated)
    #expect(checkpointError { _ = try SafetensorsReader(try file("{}", 0, length: .max)) }?.code == .truncated)
    #expect(checkpointError { _ = try SafetensorsReader(try file("{}", 0, length: 100_000_001)) }?.code == .refused)
    #expect(try SafetensorsReader(try file("{}", 0)).contents.tensors.isEmpty)
    #expect(try SafetensorsReader(try file("{}      ", 0)).contents.tensors.isEmpty)
    try TemporaryFolder.write([1, 0, 0, 0], to: folder.file("b"))
    #expect(checkpointError { _ = try SafetensorsReader(folder.file("b")) }?.code == .truncated)
  }

  /// What the format allows and the peer's writer does not do: any order, odd offsets, empty tensors anywhere.
  @Test func unusualButSound() throws {
    let header = """
      { "b" : \(Self.tensor(type: "F32", shape: "[1]", range: "1,5").dropFirst(4)) , \(Self.tensor("e", shape: "[0]", range: "5,5")),
      \(Self.tensor("a", "U8", "[1]", "0,1")), \(Self.tensor("f", "F8_E8M0", "[2]", "5,7")) }
      """
    let file = try CheckpointFile(opening: try file(header, 7))
    #expect(file.contents.tensors.map(\.name) == ["b", "e", "a"])
    #expect(try file.read(file.contents.tensors[0]).withUnsafeBytes { Array($0) } == [1, 1, 1, 1])
    #expect(try file.view(file.contents.tensors[0]).withUnsafeBytes { Array($0) } == [1, 1, 1, 1])
    #expect(file.contents.warnings == ["the tensor 'f' (F8_E8M0) is left out: zoo has no such element type"])
    let error = checkpointError { _ = try file.snapshot() }
    #expect(error?.code == .unsupported && error?.message.contains("'f' (F8_E8M0)") == true)
  }

  /// Headers whose length begins as a pickle does, 0x80 and the protocol.
  @Test(arguments: [0x280, 0x380, 0x480, 0x580])
  func lengthsLikePickles(length: Int) throws {
    let header = "{\(Self.tensor("a", "U8", "[1]", "0,1"))}"
    let padded = header + String(repeating: " ", count: length - header.utf8.count)
    #expect(try CheckpointFile(opening: try file(padded, 1)).contents.format == .safetensors)
  }

  @Test func tooManyTensors() throws {
    let many = (0...SafetensorsHeader.mostTensors).map { Self.tensor("\($0)", "U8", "[0]", "0,0") }
    let error = checkpointError { _ = try SafetensorsReader(try file("{\(many.joined(separator: ","))}", 0)) }
    #expect(error?.code == .refused && error?.message.contains("more than 32768 tensors") == true)
  }

  /// Bytes changed at random: an error or a file of the same size, and never a crash.
  @Test func randomDamage() throws {
    let path = folder.file("a.safetensors")
    try SafetensorsWriter().write(LazySamples.random(4, types: [.float32, .uint8, .bfloat16]), to: path)
    let sound = try TemporaryFolder.bytes(path)
    let header = 8 + Int(sound.littleEndian(0, as: UInt64.self))
    var random = RandomSource(seed: 3, purpose: .synthetic)
    for round in 0..<500 {
      var bytes = sound
      for _ in 0...random.integer(below: 3) {
        bytes[random.integer(below: header)] = UInt8(truncatingIfNeeded: random.nextWord() % 128)
      }
      try TemporaryFolder.write(bytes, to: path)
      do {
        _ = try SafetensorsReader(path).snapshot().loaded()
      } catch {
        #expect(error is CheckpointError, "round \(round): \(error)")
      }
    }
  }
}

extension SafetensorsRulesTests {
  fileprivate static func tensor(type: String, shape: String = "[2]", range: String = "0,8") -> String {
    tensor("a", type, shape, range)
  }
  fileprivate static func tensor(shape: String) -> String { tensor("a", "F32", shape, "0,8") }
  fileprivate static func tensor(_ name: String = "a", range: String) -> String { tensor(name, "F32", "[2]", range) }
  fileprivate static func tensor(_ name: String, shape: String, range: String) -> String {
    tensor(name, "F32", shape, range)
  }
}
