import Checkpoint
import Fixtures
import Tensors
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

#if os(Linux)
  /// Processes that are killed in the middle of their work.
  @Suite(.serialized) struct KillTests {
    /// A checkpoint whose every part tells its number.
    private static func numbered(_ number: Int) -> Snapshot {
      var net = StateDict()
      for index in 0..<6 {
        net["layer\(index)"] = Tensor([Int32](repeating: Int32(number), count: 100_000), shape: [100, 1000])
      }
      var snapshot = Snapshot(net: net)
      snapshot.position = TrainingPosition(epoch: 0, step: number)
      return snapshot
    }

    /// Saves again and again until it is killed. Runs only in a child.
    @Test(.enabled(if: ChildProcess.folder(of: "save") != nil, "runs in a child process only"))
    func childThatSaves() throws {
      let folder = try #require(ChildProcess.folder(of: "save"))
      for number in 1... { try Self.numbered(number).write(to: folder + "/last.h5") }
    }

    /// Trains, as far as the lock can tell. Runs only in a child.
    @Test(.enabled(if: ChildProcess.folder(of: "lock") != nil, "runs in a child process only"))
    func childThatLocks() throws {
      let folder = try #require(ChildProcess.folder(of: "lock"))
      let lock = try RunStore(folder: folder).run("a").lock()
      try TemporaryFolder.write([], to: folder + "/locked")
      while true { sleep(1) }
      withExtendedLifetime(lock) {}
    }

    @Test(.enabled(if: getenv(ChildProcess.variable) == nil))
    func killedWhileSaving() throws {
      let folder = try TemporaryFolder()
      let path = folder.file("last.h5")
      var random = RandomSource(seed: 9, purpose: .synthetic)
      var leftovers = 0
      for _ in 0..<12 {
        let child = try ChildProcess(filter: "childThatSaves", job: "save", folder: folder.path)
        try child.wait(for: path)
        usleep(UInt32(random.integer(below: 60_000)))
        child.kill()
        leftovers += folder.names.count - 1
        let read = try Snapshot.read(path)
        let number = try #require(read.position?.step)
        #expect(Samples.differences(Self.numbered(number), read).filter { $0 != "created" } == [])
        try Self.numbered(0).write(to: path)
        #expect(folder.names == ["last.h5"])
        unlink(path)
      }
      // The test means something only when some were killed in the middle.
      #expect(leftovers > 0)
    }

    @Test(.enabled(if: getenv(ChildProcess.variable) == nil))
    func lockOfADeadProcess() throws {
      let folder = try TemporaryFolder()
      let run = try RunStore(folder: folder.path).createRun("a", model: "m", settings: [:])
      let child = try ChildProcess(filter: "childThatLocks", job: "lock", folder: folder.path)
      try child.wait(for: folder.file("locked"))
      let busy = checkpointError { _ = try run.lock() }
      #expect(busy?.code == .busy)
      #expect(busy?.message.contains("process \(child.process) is training in this run") == true)
      #expect(try RunStore(folder: folder.path).summaries().first?.process == Int(child.process))
      child.kill()
      _ = try run.lock()
    }
  }
#endif
