import Checkpoint
import Foundation
import Tensors
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Files that are not what they should be: each gives a sentence that says what it is, and nothing is followed, allocated
/// or loaded on its word.
@Suite struct MalformedFileTests {
  /// What must come of one of the files that `Goldens/make_goldens.py` wrote.
  struct Case: Sendable, CustomTestStringConvertible {
    let file: String
    let code: CheckpointError.Code
    let message: String
    var testDescription: String { file }

    init(_ file: String, _ code: CheckpointError.Code, _ message: String) {
      self.file = file
      self.code = code
      self.message = message
    }
  }

  static let cases = [
    Case("soft_link", .refused, "'weight' in /net is a symbolic link"),
    Case("external_link", .refused, "'weight' in /net is a link to another file"),
    Case("external_storage", .refused, "/net/weight keeps its bytes in another file"),
    Case("virtual", .refused, "/net/weight is virtual"),
    Case("text_dataset", .unsupported, "the elements of /net/weight are of a type that no tensor has"),
    Case("opaque_unknown", .unsupported, "the elements of /net/weight are of a type that no tensor has"),
    Case("null_space", .unsupported, "/net/weight has no elements and no shape"),
    Case("many_elements_no_bytes", .refused, "/net/weight claims 4000000000 bytes, but the file stores 0 for it"),
    Case("overflowing_shape", .refused, "which no memory could hold"),
    Case("circle", .refused, "/net/again is another name for /"),
    Case("two_names", .refused, "is another name for /net/"),
    Case("named_type", .unsupported, "/net/weight is neither a group nor a dataset"),
    Case("deep", .refused, "groups are nested deeper than 32"),
    Case("unknown_group", .unsupported, "/other has no place in a native checkpoint"),
    Case("group_in_net", .unsupported, "/net/features has no place in a native checkpoint"),
    Case("bad_escape", .invalid, "/net/50%: '%' in a name must be written as %25"),
    Case("not_utf8", .corrupt, "holds a name that is not UTF-8"),
    Case("newer_version", .unsupported, "version 2 of the native format; this build reads version 1"),
    Case("negative_epoch", .corrupt, "the attribute 'epoch' of / is not a whole number from 0"),
    Case("bad_json", .corrupt, "the attribute 'metrics' of / is not JSON"),
    Case("two_dimensional_attribute", .unsupported, "has 2 dimensions"),
    Case("bad_digest", .unsupported, "the digest of /net/weight is not of the form"),
    Case("wrong_digest", .corrupt, "/net/weight (bytes 2048..<2056)"),
    Case("wrong_metadata_digest", .corrupt, "the attributes or the list of tensors are not those that were written"),
    Case("beyond_the_end", .truncated, "/net/b claims 2400 bytes at offset 1000000"),
    Case("shared_bytes", .refused, "lie on the same bytes of the file"),
  ]

  private static func golden(_ name: String) throws -> String {
    try #require(Bundle.module.path(forResource: name, ofType: "h5", inDirectory: "Goldens"))
  }

  @Test(arguments: cases)
  func strangers(_ test: Case) throws {
    let path = try Self.golden(test.file)
    let error = try #require(checkpointError { _ = try Snapshot.read(path) })
    #expect(error.code == test.code)
    #expect(error.message.contains(test.message), "\(error.message)")
    #expect(error.path == path)
  }

  @Test func writtenByH5py() throws {
    let snapshot = try Snapshot.read(try Self.golden("by_h5py"))
    #expect(snapshot.architecture == "lenet5" && snapshot.classNames == ["cat", "chien \u{E9}"])
    #expect(snapshot.seed == .max && snapshot.position == TrainingPosition(epoch: 2, step: 40))
    #expect(snapshot.metrics == ["val_top1": 0.5])
    #expect(snapshot.net.count == 17)
    #expect(snapshot.net["float16"]?.elements(as: Float16.self) == [0, 1, 2, 3, 4, 5])
    #expect(snapshot.net["bool"]?.elements(as: Bool.self) == [false, true, true, true, true, true])
    #expect(snapshot.net["complex64"]?.dtype == .complex64)
    #expect(snapshot.net["bfloat16"]?.dtype == .bfloat16)
    #expect(snapshot.net["bfloat16"]?.withUnsafeBytes { Array($0) } == [0x80, 0x3F, 0x00, 0xC0])
    #expect(snapshot.net["scalar"]?.elements(as: Float.self) == [2.5])
    #expect(snapshot.net["empty"]?.shape == [0, 4])
    #expect(try Snapshot.read(try Self.golden("only_net")).net["weight"]?.elements(as: Float.self) == [1, 2])
  }

  /// What native files of strangers may have, and ours have not.
  @Test func strangersMayWriteOtherwise() throws {
    #expect(try Snapshot.read(try Self.golden("variable_string")).architecture == "alexnet")
    #expect(
      try Snapshot.read(try Self.golden("chunked")).net["weight"]?.elements(as: Float.self)
        == .init(repeating: 0, count: 100))
    #expect(try Snapshot.read(try Self.golden("big_endian")).net["weight"]?.elements(as: Float.self) == [0, 1, 2, 3])
  }

  /// HDF5 files that are no native checkpoints.
  @Test func otherFormats() throws {
    let other = try CheckpointFile(opening: try Self.golden("other_format")).contents
    #expect(other.format == .hdf5 && other.values["format"] == "something-else" && other.tensors.isEmpty)
    // It is laid out as Keras lays out layers, of a class that nobody knows.
    let foreign = try CheckpointFile(opening: try Self.golden("foreign"))
    #expect(foreign.contents.format == .kerasWeights)
    #expect(try foreign.snapshot().loaded().net["conv.0"]?.elements(as: Float.self) == [0, 0])
  }

  /// First bytes of other kinds of file, and what the sentence says of them.
  static let kinds: [(name: String, bytes: [UInt8], message: String)] = [
    ("empty", [], "the file is empty"),
    ("page", Array("\n<!DOCTYPE html><html>Not found".utf8), "this is a web page"),
    ("page2", Array("<HTML>".utf8), "this is a web page"),
    ("pointer", Array("version https://git-lfs.github.com/spec/v1\noid sha256:00".utf8), "git lfs pull"),
    ("pickle", [0x80, 2, 0x8A, 0x0A], "this is a Python pickle"),
    ("gzip", [0x1F, 0x8B, 8, 0], "this is compressed with gzip"),
    ("tar", [UInt8](repeating: 65, count: 257) + Array("ustar\u{0}00".utf8), "this is a tar archive"),
    ("noise", Array("hello".utf8), "of no known format"),
    ("signature", [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], "the file is cut: it has only 8 bytes"),
  ]

  @Test(arguments: kinds.indices)
  func otherKinds(_ index: Int) throws {
    let folder = try TemporaryFolder()
    let kind = Self.kinds[index]
    try TemporaryFolder.write(kind.bytes, to: folder.file(kind.name))
    let error = checkpointError { _ = try Snapshot.read(folder.file(kind.name)) }
    #expect(error?.message.contains(kind.message) == true, "\(String(describing: error))")
    #expect(error?.code == (kind.name == "signature" ? .truncated : .unrecognised))
  }

  @Test func noOrdinaryFiles() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.file("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    for (path, message) in [
      (folder.path, "this is a folder"), (pipe, "this is a named pipe"), ("/dev/null", "a device"),
    ] {
      let error = checkpointError { _ = try Snapshot.read(path) }
      #expect(error?.code == .unrecognised && error?.message.contains(message) == true)
    }
    let missing = checkpointError { _ = try Snapshot.read(folder.file("none\u{1B}[2J.h5")) }
    #expect(missing?.code == .notFound)
    #expect(missing?.description.contains("\u{1B}") == false)
  }
}
