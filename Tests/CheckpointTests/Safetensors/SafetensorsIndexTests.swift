@testable import Checkpoint
import OrderedCollections
import Tensors
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Safetensors in several files.
@Suite struct SafetensorsIndexTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func byThePeer() throws {
    let file = try CheckpointFile(opening: try SafetensorsTests.golden("part.safetensors.index.json"))
    #expect(file.contents.format == .safetensorsIndex)
    #expect(file.contents.tensors.map(\.name) == ["c.weight", "a.weight", "b.weight"])
    let snapshot = try file.snapshot()
    #expect(try snapshot.loaded().net["c.weight"]?.elements(as: Int64.self) == [0, 1, 2, 3])
    #expect(
      snapshot.others["__metadata__"]?["format"] == "pt" && snapshot.others["__index_metadata__"]?["made_by"] == "hand")
    for stored in file.contents.tensors { #expect(try file.view(stored).isIdentical(to: file.read(stored))) }
    // And back: what stands beside goes where it was.
    let path = folder.file("b.safetensors.index.json")
    try SafetensorsIndexWriter(WritingOptions(shardByteCount: 40)).write(snapshot, to: path)
    #expect(folder.names.count == 3)
    let again = try CheckpointFile(opening: path)
    #expect(try LazySamples.differences(snapshot, again.snapshot()) == [])
    #expect(again.contents.values["metadata"]?["total_size"] == 60)
  }

  @Test func savedAgain() throws {
    let path = folder.file("m.safetensors.index.json")
    let writer = SafetensorsIndexWriter(WritingOptions(shardByteCount: 50_000))
    let (first, second) = (LazySamples.training(seed: 1), LazySamples.training(seed: 2))
    try writer.write(first, to: path)
    let names = folder.names
    #expect(names.count > 3 && names.allSatisfy { $0.hasPrefix("m") })
    try writer.write(first, to: path)
    #expect(folder.names == names)
    try TemporaryFolder.write([1], to: folder.file("m-notes.safetensors"))
    try writer.write(second, to: path)
    #expect(try LazySamples.differences(second, CheckpointFile(opening: path).snapshot()) == [])
    // The parts of the first are gone, all else is there.
    #expect(
      folder.names.count == names.count + 1 && Set(folder.names).intersection(names) == ["m.safetensors.index.json"])
  }

  private func index(_ map: String, _ more: String = "") throws -> String {
    let path = folder.file("i.json")
    try TemporaryFolder.write(Array("{\(more)\"weight_map\":{\(map)}}".utf8), to: path)
    return path
  }

  @Test(arguments: [
    ("../a.safetensors", CheckpointError.Code.refused, "of its own folder only"),
    ("/etc/passwd", .refused, "of its own folder only"), ("sub/a.safetensors", .refused, "of its own folder only"),
    ("..", .refused, "of its own folder only"), ("", .refused, "of its own folder only"),
    ("a\\u0000b", .refused, "of its own folder only"), ("none.safetensors", .notFound, "which is not beside it"),
    ("sub", .unrecognised, "this is a folder"),
  ])
  func names(_ name: String, _ code: CheckpointError.Code, _ message: String) throws {
    mkdir(folder.file("sub"), 0o777)
    let error = checkpointError { _ = try CheckpointFile(opening: try index(#""a":"\#(name)""#)) }
    #expect(error?.code == code && error?.message.contains(message) == true, "\(String(describing: error))")
  }

  @Test func linksOutOfTheFolder() throws {
    let outside = try TemporaryFolder()
    try SafetensorsWriter().write(
      LazySnapshot(net: ["a": TensorSource(Tensor(scalar: 1 as Float))]), to: outside.file("blob1"))
    #expect(symlink(outside.file("blob1"), folder.file("x.safetensors")) == 0)
    let path = try index(#""a":"x.safetensors""#)
    let error = checkpointError { _ = try CheckpointFile(opening: path) }
    #expect(error?.code == .refused && error?.message.contains("a link that leads out of its folder") == true)
    // As the cache of Hugging Face: the index is a link into the same folder.
    #expect(rename(path, outside.file("blob2")) == 0 && symlink(outside.file("blob2"), path) == 0)
    #expect(try CheckpointFile(opening: path).contents.tensors.map(\.name) == ["a"])
  }

  @Test func partsThatDoNotFit() throws {
    let part = folder.file("x.safetensors")
    let one = TensorSource(Tensor(scalar: 1 as Float))
    try SafetensorsWriter().write(LazySnapshot(net: ["a": one, "b": one]), to: part)
    let missing = checkpointError { _ = try CheckpointFile(opening: try index(#""a":"x.safetensors""#)) }
    #expect(
      missing?.code == .corrupt && missing?.message.contains("'b' is in x.safetensors, and the index does not") == true)
    let map = #""a":"x.safetensors","b":"x.safetensors""#
    let absent = checkpointError { _ = try CheckpointFile(opening: try index(map + #","c":"x.safetensors""#)) }
    #expect(
      absent?.code == .corrupt && absent?.message.contains("'c' is in x.safetensors, which does not have it") == true)
    #expect(try CheckpointFile(opening: try index(map)).contents.tensors.count == 2)
  }

  @Test(arguments: [
    ("{}", CheckpointError.Code.unrecognised, "this is JSON text"),
    ("{\"weight_map\":[]}", .corrupt, "expected an object"),
    ("{\"weight_map\":{\"a\":1}}", .corrupt, "expected a text"),
    ("{\"weight_map\":{}", .corrupt, "expected ',' or '}'"),
    ("{\"weight_map\":{\"a\":\"x\",\"a\":\"x\"}}", .corrupt, "'a' stands twice"),
    ("{\"weight_map\":{},\"weight_map\":{}}", .corrupt, "'weight_map' stands twice"),
    ("{\"metadata\":1,\"weight_map\":{}}", .corrupt, "'metadata' is no object"),
  ])
  func otherJSON(_ text: String, _ code: CheckpointError.Code, _ message: String) throws {
    let path = folder.file("i.json")
    try TemporaryFolder.write(Array(text.utf8), to: path)
    let error = checkpointError { _ = try CheckpointFile(opening: path) }
    #expect(error?.code == code && error?.message.contains(message) == true, "\(String(describing: error))")
  }
}
