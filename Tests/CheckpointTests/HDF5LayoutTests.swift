import Foundation
import Tensors
import Testing

@testable import Checkpoint

/// HDF5 files of every layout, filter and kind of dataset, as `Goldens/hdf5/make_layout_goldens.py` wrote them with stock h5py.
@Suite struct HDF5LayoutTests {
  private static func golden(_ name: String, _ ending: String = "h5") throws -> String {
    try #require(Bundle.module.path(forResource: name, ofType: ending, inDirectory: "Goldens/hdf5"))
  }

  /// Every tensor is what stock h5py reads.
  @Test(arguments: [
    "growth_v110", "growth_latest", "paged", "filters", "oldest", "never_filled", "kinds", "kinds_latest", "user_block",
    "user_block_large",
  ])
  func everyTensor(_ name: String) throws {
    let json = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: try Self.golden("expected", "json"))))
    let expected = try #require((json as? [String: [String: [Any]]])?[name])
    let file = try CheckpointFile(opening: try Self.golden(name))
    #expect(file.contents.format == .hdf5)
    #expect(Set(file.contents.tensors.map(\.name)) == Set(expected.keys))
    for tensor in file.contents.tensors {
      let (dtype, shape, digest) = try #require(expected[tensor.name].map { ($0[0], $0[1], $0[2]) })
      #expect(tensor.dtype.rawValue == dtype as? String && tensor.shape.dimensions == shape as? [Int], "\(tensor.name)")
      #expect(try file.sha256(of: tensor) == digest as? String, "\(tensor.name)")
      #expect(try file.read(tensor).withUnsafeBytes { SHA256.hexadecimal($0) } == digest as? String, "\(tensor.name)")
    }
    #expect(try Snapshot.read(file.path).net.count == expected.count)
  }

  /// What is no tensor is text, or left out and said.
  @Test(arguments: ["kinds", "kinds_latest"])
  func kinds(_ name: String) throws {
    let file = try CheckpointFile(opening: try Self.golden(name))
    #expect(file.contents.values["text"] == "a text" && file.contents.values["bytes"] == "fixed")
    #expect(file.contents.values["nothing"] == Value.null)
    for warning in [
      "/no_bytes has no elements and no shape", "/references are of a type that no tensor has (references)",
      "/lists are of a type that no tensor has (sequences of variable length)",
      "/records are of a type that no tensor has (compounds)", "/triples are of a type that no tensor has (compounds)",
      "/opaque are of a type that no tensor has (opaque bytes", "1 attribute is of a type that is not read",
    ] {
      #expect(file.contents.warnings.contains { $0.contains(warning) }, "\(warning): \(file.contents.warnings)")
    }
    #expect(file.contents.warnings.count == 7)
    // The file keeps the order of creation.
    #expect(file.contents.tensors.map(\.name).prefix(3) == ["truth", "half", "complex64"])
  }

  /// The block in front of a file may be of any bytes, but the file behind it must be whole.
  @Test func userBlock() throws {
    let folder = try TemporaryFolder()
    let sound = try TemporaryFolder.bytes(try Self.golden("user_block"))
    #expect(try CheckpointFile(opening: try Self.golden("user_block")).contents.byteCount == sound.count)
    for (name, bytes, offset) in [("zeros", 0, 0), ("page", 0x3C, 0)] as [(String, UInt8, Int)] {
      var file = sound
      for index in 0..<512 { file[index + offset] = bytes }
      try TemporaryFolder.write(file, to: folder.file(name))
      #expect(try CheckpointFile(opening: folder.file(name)).contents.tensors.count == 5)
    }
    // A longer block than the file says, as tools that add one leave it, and none any more.
    try TemporaryFolder.write([UInt8](repeating: 1, count: 512) + sound, to: folder.file("longer"))
    try TemporaryFolder.write(Array(sound[512...]), to: folder.file("none"))
    for name in ["longer", "none"] {
      #expect(try Snapshot.read(folder.file(name)).net.count == 5, "\(name)")
    }
    try TemporaryFolder.write(Array(sound.dropLast(100)), to: folder.file("cut"))
    let error = checkpointError { _ = try CheckpointFile(opening: folder.file("cut")) }
    #expect(error?.code == .truncated && error?.message.contains("the file is cut") == true)
  }

  @Test(arguments: [
    ("array_checksum", CheckpointError.Code.corrupt, "the index of the chunks of /a at offset"),
    ("array_bits", .corrupt, "does not fit any file"), ("array_least", .corrupt, "does not fit any file"),
    ("array_entries", .corrupt, "the index of the chunks of /a does not fit the dataset"),
    ("array_pages", .corrupt, "has pages where none may be"),
    ("array_header", .corrupt, "has a block of another array"),
    ("array_far", .truncated, "at offset 1099511627776"),
    ("array_twice", .refused, "/a and /a lie on the same bytes of the file"),
    ("tree_kind", .corrupt, "is a tree of kind 11, not 10"), ("tree_record", .corrupt, "does not fit the file"),
    ("tree_place", .corrupt, "/a has a chunk at [2882303761517117440, 0], where none belongs"),
    ("tree_outside", .corrupt, "/a has a chunk at [10, 0], where none belongs"),
    ("tree_count", .corrupt, "has a node with 60000 records"),
    ("same_bomb", .refused, "/a claims 80000000 bytes, but the file stores"),
  ])
  func refused(_ name: String, _ code: CheckpointError.Code, _ message: String) throws {
    let path = try Self.golden(name)
    let error = checkpointError { _ = try CheckpointFile(opening: path) }
    #expect(error?.code == code && error?.path == path, "\(String(describing: error))")
    #expect(error?.message.contains(message) == true, "\(String(describing: error))")
  }

  /// What only the bytes of a chunk show.
  @Test(arguments: [
    ("lzf_far", 0, "lzf"), ("lzf_long", 0, "lzf"), ("scale_bits", 1, "scale-offset"),
    ("scale_short", 1, "scale-offset"),
  ])
  func badChunks(_ name: String, _ tensor: Int, _ what: String) throws {
    let file = try CheckpointFile(opening: try Self.golden(name))
    let error = checkpointError { _ = try file.read(file.contents.tensors[tensor]) }
    #expect(error?.code == .corrupt, "\(String(describing: error))")
    #expect(error?.message.contains(what + ")") == true, "\(String(describing: error))")
    #expect(try file.read(file.contents.tensors[1 - tensor]).shape.count > 0)
  }
}
