import Checkpoint
import Foundation
import Tensors
import Testing

/// HDF5 files of anybody, as `Goldens/hdf5/make_hdf5_goldens.py` wrote them with stock h5py.
@Suite struct HDF5FileTests {
  private static func golden(_ name: String) throws -> String {
    try #require(Bundle.module.path(forResource: name, ofType: "h5", inDirectory: "Goldens/hdf5"))
  }

  @Test(arguments: ["earliest", "v110", "latest"])
  func readable(_ version: String) throws {
    let file = try CheckpointFile(opening: try Self.golden("readable_" + version))
    #expect(file.contents.format == .hdf5)
    func tensor(_ name: String) throws -> Tensor {
      try file.read(try #require(file.contents.tensors.first { $0.name == name }, "\(name)"))
    }
    let numbers = (0..<70).map { Float($0) }
    for layout in ["contiguous", "chunked", "deflate", "shuffle", "fletcher", "rows", "single"] {
      let tensor = try tensor("layouts." + layout)
      #expect(tensor.shape == [7, 10] && tensor.elements(as: Float.self) == numbers, "\(layout)")
    }
    // The same by other names.
    for name in ["tied", "soft"] { #expect(try tensor(name).elements(as: Float.self) == numbers) }
    #expect(try tensor("big.f4").elements(as: Float.self) == [0, 1, 2, 3, 4, 5])
    #expect(try tensor("big.f8").elements(as: Double.self) == [0, 1, 2, 3, 4, 5])
    #expect(try tensor("big.f2").elements(as: Float16.self) == [0, 1, 2, 3, 4, 5])
    #expect(try tensor("big.i2").elements(as: Int16.self) == [0, 1, 2, 3, 4, 5])
    #expect(try tensor("big.i8").elements(as: Int64.self) == [0, 1, 2, 3, 4, 5])
    #expect(try tensor("big.u4").elements(as: UInt32.self) == [0, 1, 2, 3, 4, 5])
    let complex = try tensor("big.c8")
    #expect(complex.dtype == .complex64)
    #expect(complex.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } == [0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0])
    #expect(try tensor("part").elements(as: Int32.self) == [7, 7, 1, 1, 7])
    #expect(try tensor("nothing").shape == [0, 3])
    let values = file.contents.values
    #expect(values["text"] == "variable \u{E9}" && values["texts"] == ["one", "zwei"])
    #expect(values["table"] == [[0, 1], [2, 3]])
    #expect(values["layouts"]?["a29"] == 29 && values["layouts"]?.entries?.count == 30)
    #expect(file.contents.warnings.count == 2)
    #expect(file.contents.warnings.contains { $0.contains("'dangling' in / is a symbolic link to /nowhere") })
    #expect(try Snapshot.read(file.path).net.count == file.contents.tensors.count)
    #expect(try Snapshot.open(file.path).net["layouts.deflate"]?.elements(as: Float.self) == numbers)
  }

  /// What is not understood is left out, and said.
  @Test(arguments: [
    ("szip", ["a", "b"], "/a is compressed with szip"),
    ("soft_circle", ["c"], "'b' in / is a symbolic link to /a, where no dataset is"),
    ("group_circle", ["a.b.c"], "/a/b/up is another name for /a"),
    ("half_float", ["ok"], "/long are of a type that no tensor has (floating-point numbers of 80 bits)"),
  ])
  func leftOut(_ name: String, _ tensors: [String], _ warning: String) throws {
    let file = try CheckpointFile(opening: try Self.golden(name))
    #expect(file.contents.tensors.map(\.name) == tensors)
    #expect(file.contents.warnings.contains { $0.contains(warning) }, "\(file.contents.warnings)")
    for tensor in file.contents.tensors
    where warning.contains("/\(tensor.name) is compressed") {
      #expect(checkpointError { _ = try file.read(tensor) }?.code == .unsupported)
    }
  }

  @Test(arguments: [
    ("external_link", CheckpointError.Code.refused, "'a' in / is a link to another file"),
    ("external_storage", .refused, "/a keeps its bytes in another file"),
    ("virtual", .refused, "/a is virtual"),
    ("no_bytes", .refused, "/a claims 4000000000 bytes, but the file stores 0 for it"),
    ("no_chunks", .refused, "/a claims 4000000000 bytes, but the file stores 0 for it"),
    ("overlapping", .refused, "/a and /b lie on the same bytes of the file"),
    ("forged_text", .corrupt, "claims a text of 2147483647 bytes where the file has 32"),
    ("forged_heap", .corrupt, "a heap of texts does not begin with 'GCOL'"),
    ("far_chunk", .truncated, "/a claims 2147483648 bytes at offset"),
    ("misplaced_chunk", .corrupt, "/a has a chunk at [3], where none belongs"),
    ("chunk_bomb", .refused, "/a has chunks of [1073741824] elements, far more than it has itself"),
    ("tree_circle", .refused, "the index of the chunks of /a is nested too deep"),
  ])
  func refused(_ name: String, _ code: CheckpointError.Code, _ message: String) throws {
    let path = try Self.golden(name)
    let error = checkpointError { _ = try CheckpointFile(opening: path) }
    #expect(error?.code == code && error?.path == path)
    #expect(error?.message.contains(message) == true, "\(String(describing: error))")
  }

  /// What only the bytes of a chunk show.
  @Test(arguments: [("flipped_chunk", "fletcher32"), ("short_chunk", "deflate")])
  func badChunks(_ name: String, _ what: String) throws {
    let file = try CheckpointFile(opening: try Self.golden(name))
    let error = checkpointError { _ = try file.read(file.contents.tensors[0]) }
    #expect(error?.code == .corrupt && error?.message.contains("/a (bytes 3496..<") == true)
    #expect(error?.message.contains(what) == true, "\(String(describing: error))")
    #expect(checkpointError { _ = try Snapshot.read(file.path) }?.code == .corrupt)
  }

  /// Every byte of a small file of the oldest version, which has no checksums, changed in several ways: an answer or an
  /// error, never a crash and never a hang.
  @Test func changedBytes() throws {
    let folder = try TemporaryFolder()
    let sound = try TemporaryFolder.bytes(try Self.golden("lzf"))
    let path = folder.file("a.h5")
    for position in stride(from: 8, to: sound.count, by: 3) {
      var bytes = sound
      bytes[position] = [0, 1, 0x7F, 0x80, 0xFF][position / 3 % 5]
      try TemporaryFolder.write(bytes, to: path)
      let error = checkpointError { _ = try Snapshot.read(path) }
      #expect(error == nil || error?.message.isEmpty == false)
    }
  }
}
