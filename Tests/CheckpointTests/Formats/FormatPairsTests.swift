@testable import Checkpoint
import OrderedCollections
import Tensors
import Testing

/// What goes from one format into another and back is the same, to the last bit.
@Suite struct FormatPairsTests {
  /// Two formats, the first of which is left and come back to.
  struct Pair: Sendable, CustomTestStringConvertible {
    let first: CheckpointFormat
    let second: CheckpointFormat
    var testDescription: String { "\(first.rawValue) \u{2192} \(second.rawValue)" }
  }

  private static let flat: [CheckpointFormat] = [.safetensors, .safetensorsIndex, .npz]
  private static let all = flat + [.native, .pytorch, .kerasWeights, .kerasLegacy]
  static let pairs = all.flatMap { first in all.filter { $0 != first }.map { Pair(first: first, second: $0) } }

  private func write(_ snapshot: LazySnapshot, as format: CheckpointFormat, in folder: TemporaryFolder) throws -> String
  {
    let path = folder.file("a")
    let writer = try #require(format.writer(WritingOptions(shardByteCount: format == .safetensorsIndex ? 300 : nil)))
    #expect(writer.losses(of: snapshot) == [], "\(format.rawValue)")
    try writer.write(snapshot, to: path)
    return path
  }

  /// A snapshot that both formats can hold: the native one has no complex keys and no others, PyTorch's no place for some
  /// of a training.
  private func snapshot(_ seed: UInt64, for pair: Pair) -> LazySnapshot {
    let types = DType.allCases.filter { $0 != .complex128 }
    var snapshot = LazySamples.random(seed, types: types)
    let formats = [pair.first, pair.second]
    if formats.contains(.native) || formats.contains(.pytorch) {
      snapshot.others = .null
      snapshot.otherTensors = [:]
      snapshot.optimizerState = [:]
      snapshot.net = snapshot.net.filter { !$0.key.isEmpty }
    }
    if formats.contains(.pytorch) {
      // Names that PyTorch's wrappers put in front are taken out when they are read.
      snapshot = LazySnapshot(net: snapshot.net)
    }
    // The native format always says when it was made.
    if formats.contains(.native) { snapshot.metadata.created = "2026-01-31T12:00:00Z" }
    return snapshot
  }

  @Test(arguments: pairs, [1, 2, 3] as [UInt64])
  func thereAndBack(_ pair: Pair, _ seed: UInt64) throws {
    let (start, middle, end) = (try TemporaryFolder(), try TemporaryFolder(), try TemporaryFolder())
    let original = snapshot(seed, for: pair)
    let first = try CheckpointFile(opening: try write(original, as: pair.first, in: start)).snapshot()
    #expect(try LazySamples.differences(original, first) == [])
    let second = try CheckpointFile(opening: try write(first, as: pair.second, in: middle)).snapshot()
    #expect(try LazySamples.differences(first, second) == [])
    _ = try write(second, as: pair.first, in: end)
    #expect(start.names == end.names)
    for name in start.names {
      #expect(try TemporaryFolder.bytes(start.file(name)) == TemporaryFolder.bytes(end.file(name)), "\(name)")
    }
  }
}
