@testable import Checkpoint
import OrderedCollections
import Tensors
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whatever goes wrong while a file of a flat format is written, the one before stays good.
@Suite struct FlatPublishingTests {
  /// A way to write.
  struct Way: Sendable, CustomTestStringConvertible {
    let format: CheckpointFormat
    let compression: Int?
    var testDescription: String { "\(format.rawValue) \(compression.map(String.init) ?? "")" }

    func write(_ snapshot: LazySnapshot, to path: String) throws {
      try format.writer(WritingOptions(compression: compression))?.write(snapshot, to: path)
    }
  }

  static let ways = [
    Way(format: .safetensors, compression: nil), Way(format: .npz, compression: nil), Way(format: .npz, compression: 1),
  ]

  struct Fault: Error {}

  @Test(arguments: ways)
  func tensorsThatCannotBeRead(_ way: Way) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("last")
    let before = LazySamples.training(seed: 1)
    try way.write(before, to: path)
    var after = LazySamples.training(seed: 2)
    after.net["classifier.weight"] = TensorSource([10, 2000], dtype: .float32) { throw Fault() }
    #expect(throws: Fault.self) { try way.write(after, to: path) }
    #expect(folder.names == ["last"])
    #expect(try LazySamples.differences(before, CheckpointFile(opening: path).snapshot()) == [])
    let missing = checkpointError { try way.write(before, to: folder.file("none/last")) }
    #expect(missing?.code == .notFound)
  }

  #if os(Linux)
    private static let canMount: Bool = {
      guard geteuid() == 0, let folder = try? TemporaryFolder() else { return false }
      guard mount("tmpfs", folder.path, "tmpfs", 0, "size=64k") == 0 else { return false }
      return umount(folder.path) == 0
    }()

    /// A real full disk of 1 MB, of which the first file takes up to 350 kB. Needs root.
    @Test(.enabled(if: canMount, "mounting a small disk needs root"), arguments: ways)
    func fullDisk(_ way: Way) throws {
      let folder = try TemporaryFolder()
      let disk = folder.file("disk")
      #expect(mkdir(disk, 0o777) == 0)
      #expect(mount("tmpfs", disk, "tmpfs", 0, "size=1m") == 0)
      // Detached: the file that a save replaced is let go in the background, perhaps after this test.
      defer { umount2(disk, Int32(MNT_DETACH)) }
      let before = LazySamples.training(seed: 1)
      try way.write(before, to: disk + "/last")
      var status = stat()
      #expect(stat(disk + "/last", &status) == 0)
      for spare in stride(from: 0, through: Int(status.st_size) - 20_000, by: 16_000) {
        unlink(disk + "/filler")
        var room = statvfs()
        #expect(statvfs(disk, &room) == 0)
        let free = Int(room.f_bavail) * Int(room.f_bsize)
        try TemporaryFolder.write([UInt8](repeating: 1, count: max(0, free - spare)), to: disk + "/filler")
        let error = checkpointError { try way.write(LazySamples.training(seed: 2), to: disk + "/last") }
        #expect(error?.code == .noSpace, "\(spare) bytes free: \(String(describing: error))")
        #expect(error?.message.contains("the checkpoint that was there before is unchanged") == true)
        #expect(TemporaryFolder.names(in: disk) == ["filler", "last"])
        #expect(try LazySamples.differences(before, CheckpointFile(opening: disk + "/last").snapshot()) == [])
      }
      unlink(disk + "/filler")
      try way.write(LazySamples.training(seed: 2), to: disk + "/last")
    }
  #endif
}
