@testable import Checkpoint
import Foundation
import Tensors
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Models that the library onnx wrote.
@Suite struct OnnxTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  static func golden(_ name: String) throws -> String {
    try #require(Bundle.module.resourcePath) + "/Goldens/onnx/" + name
  }

  @Test func everyType() throws {
    let file = try CheckpointFile(opening: try Self.golden("every_type.onnx"))
    #expect(file.contents.format == .onnx && file.contents.producer == "hand 1.2")
    #expect(file.contents.values["ir_version"] == 10 && file.contents.values["operator_sets"]?["ai.onnx"] == 21)
    #expect(file.contents.values["metadata"]?["note"] == "\u{E9}")
    let net = try file.snapshot().loaded().net
    for dtype in DType.allCases {
      let (raw, fields) = (try #require(net["raw." + dtype.rawValue]), try #require(net["fields." + dtype.rawValue]))
      #expect(raw.dtype == dtype && raw.shape == [2, 3])
      #expect(raw.isIdentical(to: fields), "\(dtype.rawValue)")
    }
    #expect(net["fields.float16"]?.elements(as: Float16.self) == [0, 1, 2, 3, 4, 5])
    #expect(net["fields.uint64"]?.elements(as: UInt64.self) == [0, 1, 2, 3, 4, 5])
    #expect(net["fields.bool"]?.elements(as: Bool.self) == [false, true, true, true, true, true])
    #expect(net["fields.bfloat16"]?.withUnsafeBytes { Array($0.suffix(2)) } == [0xA0, 0x40])
    #expect(net["int4"]?.elements(as: Int8.self) == [1, -2, 3, -8, 7])
    #expect(net["uint4"]?.elements(as: UInt8.self) == [1, 15, 8])
    #expect(net["negative"]?.elements(as: Int8.self) == [-1, -128])
    #expect(net["scalar"]?.elements(as: Float.self) == [2.5] && net["scalar"]?.shape == [])
    #expect(net["empty"]?.shape == [0, 4])
    #expect(
      file.contents.warnings == [
        "the INT4 elements of 'int4' are read as int8", "the UINT4 elements of 'uint4' are read as uint8",
      ])
    for stored in file.contents.tensors { #expect(try file.view(stored).isIdentical(to: file.read(stored))) }
  }

  @Test func graphsAndFunctions() throws {
    let file = try CheckpointFile(opening: try Self.golden("graphs.onnx"))
    #expect(
      file.contents.tensors.map(\.name) == ["w", "c", "branch/w", "branch/c", "branch/c~2", "F/k"]
        || file.contents.tensors.map(\.name) == ["w", "c", "branch/c", "branch/w", "branch/c~2", "F/k"])
    #expect(file.contents.tensors[2].path.first == "branch")
    let net = try file.snapshot().loaded().net
    #expect(net["c"]?.elements(as: Float.self) == [1, 2, 3] && net["w"]?.elements(as: Float.self) == [4])
    #expect(net["branch/w"]?.elements(as: Float.self) == [7] && net["F/k"]?.elements(as: Float.self) == [9])
    #expect([net["branch/c"], net["branch/c~2"]].compactMap { $0?.count }.sorted() == [1, 2])
  }

  /// Constant nodes may have plain numbers instead of a tensor.
  @Test func numbersOfConstants() throws {
    let net = try CheckpointFile(opening: try Self.golden("numbers.onnx")).snapshot().loaded().net
    #expect(net["float"]?.elements(as: Float.self) == [2.5] && net["float"]?.shape == [])
    #expect(net["none"]?.elements(as: Float.self) == [0] && net["none"]?.shape == [])
    #expect(net["floats"]?.elements(as: Float.self) == [1.5, -2, 1e-30] && net["floats"]?.shape == [3])
    #expect(net["int"]?.elements(as: Int64.self) == [-3] && net["int"]?.shape == [])
    #expect(net["ints"]?.elements(as: Int64.self) == [1 << 62, -1, 0])
    #expect(net["one"]?.elements(as: Int64.self) == [7] && net["one"]?.shape == [1] && net.count == 6)
  }

  @Test func externalData() throws {
    let file = try CheckpointFile(opening: try Self.golden("external.onnx"))
    let net = try file.snapshot().loaded().net
    #expect(net["a"]?.elements(as: Float.self) == (0..<300).map(Float.init))
    #expect(net["b"]?.elements(as: Int64.self) == [1, 2])
    #expect(try file.view(file.contents.tensors[0]).isIdentical(to: try #require(net["a"])))
  }

  @Test func externalDataElsewhere() throws {
    let model = try TemporaryFolder.bytes(try Self.golden("external.onnx"))
    let data = try TemporaryFolder.bytes(try Self.golden("external.data"))
    let path = folder.file("a.onnx")
    try TemporaryFolder.write(model, to: path)
    func error() -> CheckpointError? { checkpointError { _ = try CheckpointFile(opening: path) } }
    #expect(error()?.code == .notFound)
    try TemporaryFolder.write(Array(data.dropLast()), to: folder.file("external.data"))
    #expect(error()?.code == .truncated && error()?.message.contains("which has 1199") == true)
    let outside = try TemporaryFolder()
    try TemporaryFolder.write(data, to: outside.file("external.data"))
    unlink(folder.file("external.data"))
    #expect(symlink(outside.file("external.data"), folder.file("external.data")) == 0)
    #expect(error()?.code == .refused && error()?.message.contains("a link that leads out") == true)
    let place = try #require(model.indices.first { model[$0...].starts(with: "external.data".utf8) })
    for name in ["../e/nal.data", "/xternal.data", "e/../nal.data", "e//ernal.data", "./ternal.data"] {
      var bytes = model
      bytes.replaceSubrange(place..<place + 13, with: name.utf8)
      try TemporaryFolder.write(bytes, to: path)
      #expect(error()?.code == .refused && error()?.message.contains("of its own folder only") == true, "\(name)")
    }
  }

  @Test func whatHasNoType() throws {
    let file = try CheckpointFile(opening: try Self.golden("refused.onnx"))
    #expect(file.contents.tensors.map(\.name) == ["good"])
    #expect(
      file.contents.warnings == [
        "'texts' is left out: its elements are of STRING, which zoo has no type for",
        "'small' is left out: its elements are of FLOAT4E2M1, which zoo has no type for",
        "a sparse tensor is left out: zoo has none", "'word' is left out: it is text",
        "'words' is left out: it is text",
        "'thin' is left out: it is sparse",
      ])
    #expect(checkpointError { _ = try file.snapshot() }?.code == .unsupported)
  }

  /// Cut at every byte: an error, except where the graph is whole and only later fields are missing.
  @Test func cutAnywhere() throws {
    let path = folder.file("a.onnx")
    let sound = try TemporaryFolder.bytes(try Self.golden("graphs.onnx"))
    for length in 3..<sound.count {
      try TemporaryFolder.write(Array(sound[..<length]), to: path)
      do {
        _ = try OnnxReader(path)
      } catch {
        #expect(error is CheckpointError, "\(length)")
      }
    }
  }

  @Test func randomDamage() throws {
    var random = RandomSource(seed: 3, purpose: .synthetic)
    for name in ["every_type.onnx", "graphs.onnx", "numbers.onnx"] {
      let path = folder.file(name)
      let sound = try TemporaryFolder.bytes(try Self.golden(name))
      for round in 0..<400 {
        var bytes = sound
        for _ in 0...random.integer(below: 3) {
          bytes[random.integer(below: bytes.count)] = UInt8(truncatingIfNeeded: random.nextWord())
        }
        try TemporaryFolder.write(bytes, to: path)
        do {
          _ = try OnnxReader(path).snapshot().loaded()
        } catch {
          #expect(error is CheckpointError, "round \(round): \(error)")
        }
      }
    }
  }
}
