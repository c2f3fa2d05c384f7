import Foundation
import Tensors
import Testing

@testable import Checkpoint

/// Files of PyTorch with random damage: every one is read or refused, and none crashes, hangs or eats memory.
///
/// Some seconds are spent at every run; see ``FuzzRun``.
@Suite(.serialized) struct TorchFuzzTests {
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
    FuzzRun.run(0.4) { mutations in
      let pickle = pickles[mutations.integer(below: pickles.count)]
      let other = pickles[mutations.integer(below: pickles.count)]
      let mutated = mutations.mutated(pickle, with: other, words: opcodes)
      FuzzRun.keep(mutated, as: "pickle")
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
    FuzzRun.run(0.2) { mutations in
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
      FuzzRun.keep(program, as: "program")
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
    FuzzRun.run(0.2) { mutations in
      let file = files[mutations.integer(below: files.count)]
      let mutated = mutations.mutated(file, with: files[mutations.integer(below: files.count)])
      FuzzRun.keep(mutated, as: "file")
      try? TemporaryFolder.write(mutated, to: folder.file("a.pth"))
      survive(file: folder.file("a.pth"))
    }
  }

  /// Archives with a changed record, and checksums that are right.
  @Test func records() throws {
    let archives = try archives()
    let folder = try TemporaryFolder()
    let path = folder.file("a.pth")
    FuzzRun.run(0.2) { mutations in
      var file = TorchFile([])
      file.records = archives[mutations.integer(below: archives.count)]
      let index = mutations.integer(below: 3) == 0 ? mutations.integer(below: file.records.count) : 0
      let other = archives[mutations.integer(below: archives.count)][0].bytes
      file.records[index].bytes = mutations.mutated(file.records[index].bytes, with: other)
      try? file.write(to: path)
      if let bytes = try? TemporaryFolder.bytes(path) { FuzzRun.keep(bytes, as: "records") }
      survive(file: path)
    }
  }
}
