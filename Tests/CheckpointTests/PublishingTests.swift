import Checkpoint
import Tensors
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whatever goes wrong while a checkpoint is saved, the one before stays good.
@Suite struct PublishingTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("last.h5")
  }

  struct Fault: Error {}

  /// Every step of a save, failing.
  static let steps: [SaveStep] =
    [.begun, .laidOut, .reserved] + (0..<7).map(SaveStep.tensor) + [.written, .closed, .verified, .synchronized]

  @Test(arguments: steps)
  func failureKeepsThePrevious(_ step: SaveStep) throws {
    let (before, after) = (Samples.training(seed: 1), Samples.training(seed: 2))
    try before.write(to: path)
    #expect(throws: Fault.self) {
      try NativeWriter { if $0 == step { throw Fault() } }.write(LazySnapshot(after), to: path)
    }
    #expect(folder.names == ["last.h5"])
    #expect(Samples.differences(before, try Snapshot.read(path)) == [])
    // And where there was none, there is none.
    #expect(throws: Fault.self) {
      try NativeWriter { if $0 == step { throw Fault() } }.write(LazySnapshot(after), to: folder.file("new.h5"))
    }
    #expect(folder.names == ["last.h5"])
  }

  @Test func failureAfterTheRenameLeavesTheNew() throws {
    let after = Samples.training(seed: 2)
    try Samples.training(seed: 1).write(to: path)
    #expect(throws: Fault.self) {
      try NativeWriter { if $0 == .renamed { throw Fault() } }.write(LazySnapshot(after), to: path)
    }
    #expect(folder.names == ["last.h5"])
    #expect(Samples.differences(after, try Snapshot.read(path)) == [])
  }

  /// Bytes that change between writing and verifying, as by a defect of the disk or of memory.
  @Test(arguments: [SaveStep.written, .closed])
  func damageWhileSavingIsNoticed(_ step: SaveStep) throws {
    let before = Samples.training(seed: 1)
    try before.write(to: path)
    let folder = folder
    let error = checkpointError {
      try NativeWriter { current in
        guard current == step else { return }
        for name in folder.names where name.hasSuffix(".tmp") {
          let descriptor = open(folder.file(name), O_RDWR)
          defer { close(descriptor) }
          // The weights of the first layer are 92,928 bytes at the first multiple of 4096.
          var byte: UInt8 = 0
          guard pread(descriptor, &byte, 1, 50_000) == 1 else { throw Fault() }
          byte ^= 1
          guard pwrite(descriptor, &byte, 1, 50_000) == 1 else { throw Fault() }
        }
      }.write(LazySnapshot(Samples.training(seed: 2)), to: path)
    }
    #expect(error?.code == .corrupt && error?.path == path, "\(String(describing: error))")
    #expect(folder.names == ["last.h5"])
    #expect(Samples.differences(before, try Snapshot.read(path)) == [])
  }

  @Test func leftoversAreRemovedUnlessSomebodyWritesThem() throws {
    // As a crash leaves it: nobody holds the lock.
    try TemporaryFolder.write([1, 2, 3], to: folder.file(".last.h5.abc123.tmp"))
    try TemporaryFolder.write([1, 2, 3], to: folder.file(".other.h5.abc123.tmp"))
    // As a writer at work holds it.
    let busy = folder.file(".last.h5.def456.tmp")
    try TemporaryFolder.write([1, 2, 3], to: busy)
    let descriptor = open(busy, O_RDONLY)
    defer { close(descriptor) }
    #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    try Samples.training().write(to: path)
    #expect(folder.names == [".last.h5.def456.tmp", ".other.h5.abc123.tmp", "last.h5"])
  }

  @Test func twoWritersOfOneFile() throws {
    let path = path
    let second = Samples.training(seed: 2)
    try NativeWriter { if $0 == .written { try second.write(to: path) } }.write(
      LazySnapshot(Samples.training(seed: 1)), to: path)
    #expect(folder.names == ["last.h5"])
    #expect(Samples.differences(Samples.training(seed: 1), try Snapshot.read(path)) == [])
  }

  @Test func symbolicLinkIsFollowed() throws {
    try Samples.training(seed: 1).write(to: folder.file("real.h5"))
    #expect(symlink("real.h5", path) == 0)
    try Samples.training(seed: 2).write(to: path)
    #expect(Samples.differences(Samples.training(seed: 2), try Snapshot.read(folder.file("real.h5"))) == [])
    #expect(folder.names == ["last.h5", "real.h5"])
  }

  @Test func impossibleTargets() throws {
    let snapshot = Samples.training()
    #expect(checkpointError { try snapshot.write(to: folder.path) }?.code == .invalid)
    #expect(checkpointError { try snapshot.write(to: "/dev/null") }?.code == .invalid)
    let missing = checkpointError { try snapshot.write(to: folder.file("none/a.h5")) }
    #expect(missing?.code == .notFound && missing?.message.contains("there is no folder") == true)
    #expect(checkpointError { try snapshot.write(to: "/proc/zoo.h5") } != nil)
  }

  @Test func whatCannotBeStoredIsSaidBeforeWriting() throws {
    var snapshot = Samples.training()
    snapshot.schedule = ["phases"]
    let list = checkpointError { try snapshot.write(to: path) }
    #expect(list?.code == .invalid && list?.message.contains("the schedule must be a JSON object") == true)
    snapshot.schedule = .null
    snapshot.optimizer?.groups[0].hyperparameters = ["parameters": 1]
    #expect(checkpointError { try snapshot.write(to: path) }?.code == .invalid)
    snapshot.optimizer = nil
    snapshot.classNames = ["a\0b"]
    #expect(checkpointError { try snapshot.write(to: path) }?.code == .invalid)
    #expect(folder.names == [])
  }

  #if os(Linux)
    private static let canMount: Bool = {
      guard geteuid() == 0, let folder = try? TemporaryFolder() else { return false }
      guard mount("tmpfs", folder.path, "tmpfs", 0, "size=64k") == 0 else { return false }
      return umount(folder.path) == 0
    }()

    /// A real full disk: a file system in memory of 1 MB, of which the first checkpoint takes 350 kB. Needs root.
    @Test(.enabled(if: canMount, "mounting a small disk needs root"))
    func fullDisk() throws {
      let disk = folder.file("disk")
      #expect(mkdir(disk, 0o777) == 0)
      #expect(mount("tmpfs", disk, "tmpfs", 0, "size=1m") == 0)
      // Detached: the file that a save replaced is let go in the background, perhaps after this test.
      defer { umount2(disk, Int32(MNT_DETACH)) }
      let before = Samples.training(seed: 1)
      try before.write(to: disk + "/last.h5")
      // Too little room at every size of the new file: from hardly any to nearly enough.
      for spare in stride(from: 0, through: 320_000, by: 16_000) {
        unlink(disk + "/filler")
        var status = statvfs()
        #expect(statvfs(disk, &status) == 0)
        let free = Int(status.f_bavail) * Int(status.f_bsize)
        try TemporaryFolder.write([UInt8](repeating: 1, count: max(0, free - spare)), to: disk + "/filler")
        let error = checkpointError { try Samples.training(seed: 2).write(to: disk + "/last.h5") }
        #expect(error?.code == .noSpace, "\(spare) bytes free: \(String(describing: error))")
        #expect(error?.message.contains("the checkpoint that was there before is unchanged") == true)
        #expect(TemporaryFolder.names(in: disk) == ["filler", "last.h5"])
        #expect(Samples.differences(before, try Snapshot.read(disk + "/last.h5")) == [])
      }
      unlink(disk + "/filler")
      try Samples.training(seed: 2).write(to: disk + "/last.h5")
    }
  #endif
}
