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
  /// Whatever happens to a writer of any format, there is the old file or the new one.
  @Suite(.serialized) struct WritingTests {
    /// One array is all that `.npy` holds.
    static let formats = CheckpointFormat.writable.filter { $0 != .npy }

    /// A way to write a file.
    struct Manner: Sendable, CustomTestStringConvertible {
      let format: CheckpointFormat
      var isCompressed = false

      /// In the name of a folder too.
      var testDescription: String { format.rawValue + (isCompressed ? "+compressed" : "") }

      /// What is written is called so.
      var target: String { format == .safetensorsIndex ? "target.safetensors.index.json" : "target" }

      /// - Parameter shardByteCount: Without another number, two of the six tensors are in each file.
      func writer(shardByteCount: Int = 900_000) throws -> any FormatWriter {
        var options = WritingOptions(compression: isCompressed ? 1 : nil)
        if format == .safetensorsIndex { options.shardByteCount = shardByteCount }
        return try #require(format.writer(options))
      }
    }

    static let manners =
      formats.map { Manner(format: $0) }
      + [CheckpointFormat.native, .npz].map { Manner(format: $0, isCompressed: true) }

    /// A net whose every part tells its number.
    private static func numbered(_ number: Int, count: Int = 100_000) -> LazySnapshot {
      var net = StateDict()
      for index in 0..<6 {
        net["layer\(index).weight"] = Tensor(
          [Float](repeating: Float(number), count: count), shape: [100, count / 100])
      }
      return LazySnapshot(Snapshot(net: net))
    }

    /// The number that all of a file tells, or `nil` when its parts tell several.
    private static func number(of path: String) throws -> Int? {
      let tensors = try Snapshot.read(path).net.map(\.tensor)
      let numbers = Set(tensors.flatMap { Set($0.elements(as: Float.self)) })
      return tensors.count == 6 && numbers.count == 1 ? numbers.first.map(Int.init) : nil
    }

    /// Writes again and again until it is killed. Runs only in a child.
    @Test(.enabled(if: ChildProcess.folder(of: "write") != nil, "runs in a child process only"))
    func childThatWrites() throws {
      let folder = try #require(ChildProcess.folder(of: "write"))
      let name = try #require(folder.split(separator: "/").last.map(String.init))
      let manner = try #require(Self.manners.first { $0.testDescription == name })
      let writer = try manner.writer()
      for number in 1... { try writer.write(Self.numbered(number), to: folder + "/" + manner.target) }
    }

    /// `ZOO_TEST_KILLS` says how often for each format; a few times are enough every day.
    @Test(.enabled(if: getenv(ChildProcess.variable) == nil), arguments: manners)
    func killedWhileWriting(manner: Manner) throws {
      let kills = getenv("ZOO_TEST_KILLS").flatMap { Int(String(cString: $0)) } ?? 3
      let parent = try TemporaryFolder()
      let folder = parent.file(manner.testDescription)
      #expect(mkdir(folder, 0o777) == 0)
      let path = folder + "/" + manner.target
      var random = RandomSource(seed: UInt64(kills), purpose: .synthetic, first: UInt64(manner.testDescription.count))
      var leftovers = 0
      for _ in 0..<kills {
        let child = try ChildProcess(filter: "childThatWrites", job: "write", folder: folder)
        try child.wait(for: path)
        usleep(UInt32(random.integer(below: 60_000)))
        child.kill()
        // The old file or the new one, all of it; of several files those of one writing.
        #expect(try Self.number(of: path) != nil)
        leftovers += TemporaryFolder.names(in: folder).count { $0.hasSuffix(".tmp") }
        // The next writer clears away what the killed one left.
        try manner.writer().write(Self.numbered(0), to: path)
        let names = TemporaryFolder.names(in: folder)
        if manner.format == .safetensorsIndex {
          #expect(names.filter { $0.hasSuffix(".tmp") } == [])
        } else {
          #expect(names == [manner.target])
        }
        #expect(try Self.number(of: path) == 0)
        for name in names { unlink(folder + "/" + name) }
      }
      if kills >= 20 {
        print("killed \(kills) times: \(manner.testDescription), \(leftovers) temporary files were left")
        // The test means something only when some were killed in the middle.
        #expect(leftovers > 0)
      }
    }

    private static let canMount: Bool = {
      guard geteuid() == 0, let folder = try? TemporaryFolder() else { return false }
      guard mount("tmpfs", folder.path, "tmpfs", 0, "size=64k") == 0 else { return false }
      return umount(folder.path) == 0
    }()

    /// A file system in memory that is too small at every size, from hardly any room to nearly enough. Needs root.
    @Test(.enabled(if: canMount, "mounting a small disk needs root"), arguments: manners)
    func fullDisk(manner: Manner) throws {
      let folder = try TemporaryFolder()
      let (disk, path) = (folder.file("disk"), folder.file("disk/" + manner.target))
      #expect(mkdir(disk, 0o777) == 0)
      #expect(mount("tmpfs", disk, "tmpfs", 0, "size=1m") == 0)
      defer { umount2(disk, Int32(MNT_DETACH)) }
      let writer = try manner.writer(shardByteCount: 90_000)
      func files() -> [String] { TemporaryFolder.names(in: disk).filter { $0 != "filler" } }
      try writer.write(Self.numbered(1, count: 10_000), to: path)
      let before = files()
      var needed = statvfs()
      #expect(statvfs(disk, &needed) == 0)
      let used = Int(needed.f_blocks - needed.f_bfree) * Int(needed.f_bsize)
      for twentieth in 0..<19 {
        let spare = used * twentieth / 20
        unlink(disk + "/filler")
        var status = statvfs()
        #expect(statvfs(disk, &status) == 0)
        let free = Int(status.f_bavail) * Int(status.f_bsize)
        try TemporaryFolder.write([UInt8](repeating: 1, count: max(0, free - spare)), to: disk + "/filler")
        let error = checkpointError { try writer.write(Self.numbered(2, count: 10_000), to: path) }
        #expect(error?.code == .noSpace, "\(spare) bytes free: \(String(describing: error))")
        #expect(files() == before)
        #expect(try Self.number(of: path) == 1)
      }
      unlink(disk + "/filler")
      try writer.write(Self.numbered(2, count: 10_000), to: path)
      #expect(try Self.number(of: path) == 2)
    }
  }
#endif
