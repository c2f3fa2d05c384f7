import Foundation
import Tensors
import Testing

@testable import Checkpoint

/// Files of PyTorch with random damage: every one is read or refused, and none crashes, hangs or eats memory.
///
/// Some seconds are spent at every run, from the same seed. `ZOO_FUZZ_SECONDS` and `ZOO_FUZZ_SEED` say otherwise; with
/// `ZOO_FUZZ_KEEP`, a folder, each input is kept there until it was survived, so that what crashed is there afterwards.
@Suite(.serialized) struct TorchFuzzTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let seconds = environment["ZOO_FUZZ_SECONDS"].flatMap(Double.init) ?? 2
  private static let seed = environment["ZOO_FUZZ_SEED"].flatMap(UInt64.init) ?? 1
  private static let folder = environment["ZOO_FUZZ_KEEP"]

  /// Calls `body` with numbers until time is up.
  private func run(_ share: Double, _ body: (inout Mutations) throws -> Void) rethrows {
    var mutations = Mutations(seed: Self.seed)
    let end = ContinuousClock.now + .seconds(Self.seconds * share)
    var count = 0
    var slowest = Duration.zero
    while ContinuousClock.now < end || count < 20 {
      let start = ContinuousClock.now
      try body(&mutations)
      slowest = max(slowest, ContinuousClock.now - start)
      count += 1
    }
    // An input is a few kilobytes long, and may take no longer than such a file.
    #expect(slowest < .seconds(20))
    if Self.environment["ZOO_FUZZ_SECONDS"] != nil { print("fuzz: \(count) inputs, the slowest took \(slowest)") }
  }

  private func keep(_ bytes: [UInt8], as name: String) {
    guard let folder = Self.folder else { return }
    try? TemporaryFolder.write(bytes, to: "\(folder)/\(name)-\(Self.seed)")
  }

  /// All goldens that are archives, as their records.
  private func archives() throws -> [[(name: String, bytes: [UInt8])]] {
    try TorchGoldens.expected.compactMap { golden in
      let file = try OpenFile(try TorchGoldens.path(golden.file), .read)
      guard try FileKind.of(file) == .zip else { return nil }
      let archive = try ZipArchive(file)
      return try archive.entries.map { entry in
        var bytes = [UInt8](repeating: 0, count: entry.byteCount)
        try bytes.withUnsafeMutableBytes { try archive.read(entry, into: $0, verifying: false) }
        return (String(entry.name.drop { $0 != "/" }.dropFirst()), bytes)
      }
    }
  }

  /// Everything that a pickle can set in motion, without a file: values, tensors, and what they mean.
  private func survive(_ pickle: [UInt8], inert isInert: Bool) {
    do {
      let graph = try PickleMachine.run(ByteRegion(copying: pickle), name: "data.pkl", path: "a.pth", inert: isInert)
      var values = PickleValues(graph, vocabulary: TorchVocabulary())
      let root = try values.root()
      let checkpoint = TorchCheckpoint(root, values.vocabulary.tensors, isOwn: TorchCheckpoint.isOwn(root))
      let tensors = values.vocabulary.tensors
      guard tensors.allSatisfy({ $0.shape.count < 10_000 }) else { return }
      let snapshot = try checkpoint.snapshot(zoo: nil, path: "a.pth") { index in
        TensorSource(Tensor(zeros: tensors[index].shape, dtype: tensors[index].dtype))
      }
      _ = TorchPickling(snapshot, metadata: nil).losses
    } catch {
      #expect(error is CheckpointError)
    }
  }

  @Test func pickles() throws {
    let pickles = try archives().compactMap { $0.first?.bytes }
    let opcodes = (UInt8.min...UInt8.max).filter { PickleOpcode(rawValue: $0) != nil }
    run(0.4) { mutations in
      let pickle = pickles[mutations.integer(below: pickles.count)]
      let other = pickles[mutations.integer(below: pickles.count)]
      let mutated = mutations.mutated(pickle, with: other, words: opcodes)
      keep(mutated, as: "pickle")
      survive(mutated, inert: mutations.integer(below: 2) == 0)
    }
  }

  /// Pickles of nothing but instructions and small numbers.
  @Test func programs() throws {
    let opcodes = (UInt8.min...UInt8.max).filter { PickleOpcode(rawValue: $0) != nil }
    let globals = [
      "ccollections\nOrderedDict\n", "ctorch._utils\n_rebuild_tensor_v2\n", "c__builtin__\nset\n", "c_codecs\nencode\n",
      "cnumpy\ndtype\n", "cnumpy._core.multiarray\n_reconstruct\n", "cmy\nThing\n", "cnumpy._core.multiarray\nscalar\n",
    ]
    run(0.2) { mutations in
      var program: [UInt8] = []
      for _ in 0..<mutations.integer(below: 80) {
        switch mutations.integer(below: 6) {
        case 0: program += Array(globals[mutations.integer(below: globals.count)].utf8)
        case 1: program += [0x4B, UInt8(mutations.integer(below: 4))]
        case 2: program += [0x68, UInt8(mutations.integer(below: 8))]
        case 3: program += [0x71, UInt8(mutations.integer(below: 8))]
        default: program.append(opcodes[mutations.integer(below: opcodes.count)])
        }
      }
      program.append(0x2E)
      keep(program, as: "program")
      survive(program, inert: mutations.integer(below: 2) == 0)
    }
  }

  /// Reads everything of a file.
  private func survive(file path: String) {
    do {
      let file = try CheckpointFile(opening: path)
      for tensor in file.contents.tensors {
        _ = try file.read(tensor)
        _ = try file.view(tensor)
      }
      let snapshot = try file.snapshot()
      _ = PyTorchWriter().losses(of: snapshot)
      _ = try snapshot.loaded()
      _ = file.contents.json()
    } catch {
      #expect(error is CheckpointError)
    }
  }

  /// Whole files of all three formats, changed anywhere.
  @Test func files() throws {
    let files = try TorchGoldens.expected.map { try TemporaryFolder.bytes(try TorchGoldens.path($0.file)) }
    let folder = try TemporaryFolder()
    run(0.2) { mutations in
      let file = files[mutations.integer(below: files.count)]
      let mutated = mutations.mutated(file, with: files[mutations.integer(below: files.count)])
      keep(mutated, as: "file")
      try? TemporaryFolder.write(mutated, to: folder.file("a.pth"))
      survive(file: folder.file("a.pth"))
    }
  }

  /// Archives with a changed record, and checksums that are right.
  @Test func records() throws {
    let archives = try archives()
    let folder = try TemporaryFolder()
    let path = folder.file("a.pth")
    run(0.2) { mutations in
      var file = TorchFile([])
      file.records = archives[mutations.integer(below: archives.count)]
      let index = mutations.integer(below: 3) == 0 ? mutations.integer(below: file.records.count) : 0
      let other = archives[mutations.integer(below: archives.count)][0].bytes
      file.records[index].bytes = mutations.mutated(file.records[index].bytes, with: other)
      try? file.write(to: path)
      if let bytes = try? TemporaryFolder.bytes(path) { keep(bytes, as: "records") }
      survive(file: path)
    }
  }
}
