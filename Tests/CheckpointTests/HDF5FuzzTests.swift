import Foundation
import Tensors
import Testing

@testable import Checkpoint

/// HDF5 files of all kinds with random damage: every one is read or refused, and none crashes, hangs or eats memory.
///
/// Some seconds are spent at every run; see ``FuzzRun``.
@Suite(.serialized) struct HDF5FuzzTests {
  private let folder: TemporaryFolder
  private let files: [[UInt8]]

  init() throws {
    folder = try TemporaryFolder()
    var files: [[UInt8]] = []
    for name in [
      "readable_earliest", "readable_v110", "readable_latest", "lzf", "soft_circle", "oldest", "user_block",
      "filters", "growth_v110", "growth_latest", "kinds", "never_filled", "paged",
    ] {
      let path = try #require(Bundle.module.path(forResource: name, ofType: "h5", inDirectory: "Goldens/hdf5"))
      files.append(try TemporaryFolder.bytes(path))
    }
    for (name, ending) in [("keras2", "h5"), ("small", "weights.h5"), ("adam", "h5"), ("small", "keras")] {
      let path = try #require(Bundle.module.path(forResource: name, ofType: ending, inDirectory: "Goldens/keras"))
      files.append(try TemporaryFolder.bytes(path))
    }
    var snapshot = Samples.small()
    snapshot.net["zeros"] = Tensor(zeros: [100, 60])
    for (name, writer) in [
      ("a.h5", NativeWriter(WritingOptions(compression: 1)) as any FormatWriter), ("b.h5", KerasWriter(.kerasWeights)),
      ("c.h5", KerasWriter(.kerasLegacy)),
    ] {
      try writer.write(LazySnapshot(snapshot), to: folder.file(name))
      files.append(try TemporaryFolder.bytes(folder.file(name)))
    }
    self.files = files
  }

  /// Reads everything of a file.
  private func survive(_ bytes: [UInt8], _ name: String) {
    FuzzRun.keep(bytes, as: name)
    let path = folder.file("fuzz")
    try? TemporaryFolder.write(bytes, to: path)
    do {
      let file = try CheckpointFile(opening: path)
      _ = file.contents.json()
      for tensor in file.contents.tensors {
        #expect(tensor.byteCount <= bytes.count * 1100 + 128 << 20)
        _ = try? file.read(tensor)
        _ = try? file.view(tensor)
      }
      let snapshot = try file.snapshot()
      _ = KerasLayouts.torch(snapshot)
      _ = NativeWriter().losses(of: snapshot)
      _ = try snapshot.loaded()
    } catch {
      #expect(error is CheckpointError)
    }
  }

  @Test func anywhere() {
    FuzzRun.run(0.5) { mutations in
      let file = files[mutations.integer(below: files.count)]
      survive(mutations.mutated(file, with: files[mutations.integer(below: files.count)]), "anywhere")
    }
  }

  /// Structures of the newer versions with checksums that are right again, so that what is damaged is looked at.
  @Test func withChecksums() {
    let seals = files.map { HDF5Seals($0) }
    FuzzRun.run(0.5) { mutations in
      let number = mutations.integer(below: files.count)
      let file = files[number]
      survive(seals[number].applied(to: mutations.mutated(file, with: file)), "checksums")
    }
  }
}
