#if os(Linux)
  import Fixtures
  import Foundation
  import Testing

  @testable import Checkpoint

  /// What hostile files may cost, whatever they claim: memory for the largest tensor and 64 MB, and time by their size.
  ///
  /// Each is given to the commands that read strangers' files. They end with a sentence and a code, or do it right.
  @Suite(.serialized) struct HostileFileTests {
    /// What a run may have besides the largest tensor and what `zoo` needs to start.
    private static let most = 64_000_000
    /// `ZOO_TEST_HOSTILE=all` gives each file to each command and prints what each run took, which needs ten minutes; one
    /// command for each file that takes seconds is enough every day.
    private static let isThorough = ProcessInfo.processInfo.environment["ZOO_TEST_HOSTILE"] == "all"
    private static let lines = [["inspect"], ["inspect", "--json"], ["verify"], ["convert"], ["diff"]]

    /// The memory of a run that does nothing.
    private static let idle = Result {
      let folder = try TemporaryFolder()
      return try MeasuredCommand(["inspect", "nothing"], in: folder.path, limit: 20).peak
    }

    private static let files = HostileFile.all.filter { isThorough || !HostileFile.slow.contains($0.name) }

    @Test(arguments: files)
    func costsNoMoreThanItHolds(file: HostileFile) throws {
      let idle = try Self.idle.get()
      let folder = try TemporaryFolder()
      let path = folder.path(file.name)
      try file.write(path)
      let size = min(try OpenFile(path, .read).size(), 200_000_000)
      let target = "out.safetensors"
      for line in Self.isThorough ? Self.lines : [[file.isSound ? "convert" : "inspect"]] {
        var arguments = [line[0], path] + line.dropFirst()
        if line == ["convert"] { arguments += [target] }
        if line == ["diff"] { arguments += [path] }
        // What is compared are two files. A debug build is some 20 times slower than users' builds.
        let limit = 20 + 1.0e-6 * Double(size + file.largest) * (line == ["diff"] ? 2 : 1)
        let run = try MeasuredCommand(arguments, in: folder.path, limit: limit)
        let label = "\(file.name) \(line.joined(separator: " "))"
        if Self.isThorough {
          let text = "hostile: \(label): status \(run.status), \((run.peak - idle) / 1_000_000) MB, \(run.seconds) s: "
          FileHandle.standardError.write(
            Data((text + run.errors.replacing(folder.path, with: "").prefix(200) + "\n").utf8))
        }
        #expect(run.status < 128, "\(label) crashed or took more than \(limit) s: \(run.errors.prefix(300))")
        let tensors = line == ["diff"] ? 2 * file.largest : file.largest
        #expect(run.peak - idle <= tensors + Self.most, "\(label): \((run.peak - idle) / 1_000_000) MB")
        if file.isSound {
          #expect(run.status == 0, "\(label): \(run.errors.prefix(300))")
        } else if run.status != 0 {
          #expect(run.errors.hasPrefix("zoo: error: ") || run.output.contains(file.name), "\(label): \(run.errors)")
        }
        if line == ["convert"], run.status != 0 {
          #expect(!FileManager.default.fileExists(atPath: folder.path(target)), "\(label) left a file")
        }
        try? FileManager.default.removeItem(atPath: folder.path(target))
      }
    }
  }
#endif
