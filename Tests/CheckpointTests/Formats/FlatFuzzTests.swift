@testable import Checkpoint
import Foundation
import OrderedCollections
import Tensors
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Files of flat formats, changed at random over and over: each is refused with a ``CheckpointError`` or read, in bounded
/// memory, and never a crash.
///
/// `ZOO_FUZZ_SECONDS=600 swift test --filter FlatFuzzTests` runs for ten minutes, with `ZOO_FUZZ_SEED` for another order.
/// The file in work is `zoo-fuzz-<process>` in the folder for temporary files; after a crash it is the input that made it,
/// and goes into `Goldens/fuzz`.
@Suite(.serialized) struct FlatFuzzTests {
  private static func number(_ variable: String) -> Int? { getenv(variable).flatMap { Int(String(cString: $0)) } }

  /// Everything that can be done with a file.
  private static func use(_ path: String) {
    do {
      let file = try CheckpointFile(opening: path)
      _ = file.contents.json().text()
      for stored in file.contents.tensors {
        _ = try? file.read(stored)
        _ = try? file.view(stored).byteCount
      }
      let snapshot = try file.snapshot()
      _ = SnapshotMetadata(of: snapshot) { snapshot.net[$0] != nil }
      _ = try snapshot.loaded()
    } catch {
      #expect(error is CheckpointError, "\(error)")
    }
  }

  /// Inputs that made a reader crash once, or take too long.
  @Test func keptInputs() throws {
    let folder = try #require(Bundle.module.resourcePath) + "/Goldens/fuzz"
    for name in TemporaryFolder.names(in: folder) { Self.use(folder + "/" + name) }
  }

  /// Sound files of every flat format.
  private static func seeds(in folder: TemporaryFolder) throws -> [[UInt8]] {
    var paths = [
      try SafetensorsTests.golden("every_type.safetensors"), try SafetensorsTests.golden("part.safetensors.index.json"),
      try NumPyTests.golden("every_type.npz"), try NumPyTests.golden("compressed.npz"), try NumPyTests.golden("v1.npy"),
      try NumPyTests.golden("v3.npy"), try NumPyTests.golden("fortran.npy"), try NumPyTests.golden("refused.npz"),
      try OnnxTests.golden("every_type.onnx"), try OnnxTests.golden("graphs.onnx"),
      try OnnxTests.golden("external.onnx"), try OnnxTests.golden("numbers.onnx"),
      try ZipFiles.golden("torch"), try ZipFiles.golden("descriptor"), try ZipFiles.golden("zip64"),
    ]
    let snapshot = LazySamples.random(1, types: [.float32, .uint8, .bfloat16, .bool])
    for (format, options) in [
      (CheckpointFormat.safetensors, WritingOptions()), (.npz, WritingOptions()),
      (.npz, WritingOptions(compression: 6)),
      (.pytorch, WritingOptions()),
    ] {
      let path = folder.file("seed\(paths.count)")
      try format.writer(options)?.write(snapshot, to: path)
      paths.append(path)
    }
    return try paths.map { try TemporaryFolder.bytes($0) }
  }

  /// Numbers that are the last or the first of their kind.
  private static let edges: [UInt64] = [
    0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x1_0000_0000,
    0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max, .max - 7, 1 << 40, 1 << 62,
  ]

  private static func change(_ bytes: inout [UInt8], _ random: inout RandomSource, _ seeds: [[UInt8]]) {
    guard !bytes.isEmpty else { return }
    // Most of what matters stands at either end.
    let reach = random.integer(below: 3) == 0 ? bytes.count : min(bytes.count, 600)
    let place =
      random.integer(below: 2) == 0 ? random.integer(below: reach) : bytes.count - 1 - random.integer(below: reach)
    let length = min(1 + random.integer(below: 16), bytes.count - place)
    switch random.integer(below: 9) {
    case 0: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
    case 1: bytes[place] = UInt8(truncatingIfNeeded: random.nextWord())
    case 2:
      var edge = edges[random.integer(below: edges.count)]
      for index in place..<min(place + [1, 2, 4, 8][random.integer(below: 4)], bytes.count) {
        bytes[index] = UInt8(truncatingIfNeeded: edge)
        edge >>= 8
      }
    case 3: bytes.removeSubrange(place..<place + length)
    case 4: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
    case 5: bytes.removeLast(random.integer(below: min(bytes.count, 64)))
    case 6:
      let other = seeds[random.integer(below: seeds.count)]
      let from = random.integer(below: other.count)
      bytes.replaceSubrange(place..<place + length, with: other[from..<min(from + length, other.count)])
    case 7:
      // A number in a text becomes another.
      let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
      guard let start = bytes[place...].firstIndex(where: digits.contains) else { return }
      let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
      bytes.replaceSubrange(start..<end, with: "\(edges[random.integer(below: edges.count)])".utf8)
    default: bytes[place] = [0x22, 0x27, 0x5B, 0x7B, 0x5C, 0x2C, 0x28, 0x00][random.integer(below: 8)]
    }
  }

  @Test(.enabled(if: number("ZOO_FUZZ_SECONDS") != nil, "runs for as long as ZOO_FUZZ_SECONDS says"))
  func fuzz() throws {
    let folder = try TemporaryFolder()
    let seeds = try Self.seeds(in: folder)
    var random = RandomSource(seed: UInt64(Self.number("ZOO_FUZZ_SEED") ?? 1), purpose: .synthetic)
    let path = NSTemporaryDirectory() + "zoo-fuzz-\(getpid())"
    let end = Date(timeIntervalSinceNow: Double(try #require(Self.number("ZOO_FUZZ_SECONDS"))))
    var (rounds, slowest) = (0, 0.0)
    while Date() < end {
      var bytes = seeds[random.integer(below: seeds.count)]
      for _ in 0...random.integer(below: 6) { Self.change(&bytes, &random, seeds) }
      try TemporaryFolder.write(bytes, to: path)
      let start = Date()
      Self.use(path)
      let seconds = Date().timeIntervalSince(start)
      if seconds > slowest {
        slowest = seconds
        if seconds > 2 { try TemporaryFolder.write(bytes, to: path + "-slow\(rounds)") }
      }
      rounds += 1
    }
    var usage = rusage()
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    print("fuzzed \(rounds) files, the slowest took \(slowest) s, at most \(usage.ru_maxrss / 1024) MiB")
    #expect(slowest < 5 && usage.ru_maxrss < 1 << 20)
    unlink(path)
  }
}
