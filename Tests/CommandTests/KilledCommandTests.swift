#if os(Linux)
  import Checkpoint
  import Fixtures
  import Foundation
  import Glibc
  import Tensors
  import Testing

  /// Commands that change a run, killed in the middle of their work: no checkpoint is ever half.
  ///
  /// `ZOO_TEST_KILLS` says how often for each; a few times are enough every day.
  @Suite(.serialized) struct KilledCommandTests {
    private static let kills = ProcessInfo.processInfo.environment["ZOO_TEST_KILLS"].flatMap(Int.init) ?? 3

    /// A checkpoint whose every part tells its number.
    private static func numbered(_ number: Int) -> Snapshot {
      var net = StateDict()
      for index in 0..<4 {
        net["layer\(index).weight"] = Tensor([Float](repeating: Float(number), count: 200_000), shape: [200_000])
      }
      return Snapshot(net: net)
    }

    /// The number that all of a file tells, or `nil` when its parts tell several.
    private static func number(of path: String) throws -> Float? {
      let snapshot = try Snapshot.read(path)
      let numbers = Set(snapshot.net.map(\.tensor).flatMap { Set($0.elements(as: Float.self)) })
      return snapshot.net.count == 4 && numbers.count == 1 ? numbers.first : nil
    }

    private static func files(_ run: Run) -> [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: run.folder)) ?? []).sorted()
    }

    /// Runs `zoo`, and kills it after a part of the time that it takes.
    private static func kill(_ line: String, in folder: String, after share: Double) throws {
      let child = try Command.spawn(
        [Command.binary.path] + line.split(separator: " ").map(String.init), in: folder, output: "/dev/null",
        errors: "/dev/null")
      usleep(UInt32(share * 1e6))
      Glibc.kill(child, SIGKILL)
      var status: Int32 = 0
      waitpid(child, &status, 0)
    }

    @Test func average() throws {
      let folder = try TemporaryFolder()
      let run = try RunStore(folder: folder.path("models")).createRun("r", model: "lenet5", settings: [:])
      try run.save(Self.numbered(1), as: .epoch(1))
      try run.save(Self.numbered(3), as: .epoch(2))
      let line = "runs average r@1 r@2"
      let whole = try MeasuredCommand(line.split(separator: " ").map(String.init), in: folder.path, limit: 60)
      #expect(whole.status == 0, "\(whole.errors)")
      let target = run.path(of: .average)
      #expect(try Self.number(of: target) == 2)
      var random = RandomSource(seed: 5, purpose: .synthetic)
      var leftovers = 0
      for _ in 0..<Self.kills {
        // The old average is another than the new one.
        try Self.numbered(9).write(to: target)
        try Self.kill(line, in: folder.path, after: whole.seconds * Double(random.uniform()))
        let number = try Self.number(of: target)
        #expect(number == 9 || number == 2)
        for (epoch, expected) in [(1, Float(1)), (2, 3)] {
          #expect(try Self.number(of: run.path(of: .epoch(epoch))) == expected)
        }
        leftovers += Self.files(run).count { $0.hasSuffix(".tmp") }
      }
      if Self.kills >= 20 { print("killed \(Self.kills) times: runs average, \(leftovers) temporary files were left") }
      // What is left does not stand in anybody's way.
      #expect(try Command.run(line, in: folder.path).status == 0)
      #expect(try Self.number(of: target) == 2)
      #expect(Self.files(run).filter { $0.hasSuffix(".tmp") } == [])
    }

    @Test func prune() throws {
      let folder = try TemporaryFolder()
      let run = try RunStore(folder: folder.path("models")).createRun("r", model: "lenet5", settings: [:])
      try run.save(Self.numbered(1), as: .last, .best)
      let line = "runs prune r --keep 2"
      var random = RandomSource(seed: 6, purpose: .synthetic)
      var (duration, between) = (0.0, 0)
      for kill in 0...Self.kills {
        for epoch in 1...60 where run.existing(.epoch(epoch)) == nil {
          try FileManager.default.copyItem(atPath: run.path(of: .best), toPath: run.path(of: .epoch(epoch)))
        }
        if kill == 0 {
          duration = try MeasuredCommand(line.split(separator: " ").map(String.init), in: folder.path, limit: 60)
            .seconds
          #expect(try run.labels() == [.last, .best, .epoch(59), .epoch(60)])
          continue
        }
        try Self.kill(line, in: folder.path, after: duration * Double(random.uniform()))
        let labels = try run.labels()
        #expect(labels.starts(with: [.last, .best]) && labels.suffix(2) == [.epoch(59), .epoch(60)])
        if labels.count > 4, labels.count < 62 { between += 1 }
        for label in [CheckpointLabel.last, .best, .epoch(59), .epoch(60)] {
          #expect(try Self.number(of: run.path(of: label)) == 1)
        }
      }
      if Self.kills >= 20 { print("killed \(Self.kills) times: runs prune, \(between) times between two files") }
      #expect(try Command.run(line, in: folder.path).status == 0)
      #expect(try run.labels() == [.last, .best, .epoch(59), .epoch(60)])
    }
  }
#endif
