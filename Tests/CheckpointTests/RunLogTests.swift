import Checkpoint
import Testing

/// The log of a run.
@Suite struct RunLogTests {
  let folder: TemporaryFolder
  let run: Run

  init() throws {
    folder = try TemporaryFolder()
    run = try RunStore(folder: folder.path).createRun("a", model: "m", settings: [:])
  }

  private var steps: [Int] {
    get throws { try RunLog.entries(at: run.logPath).map { $0["step"]?.integer ?? -1 } }
  }

  @Test func appending() throws {
    let log = try run.log()
    try log.append(["step": 1, "loss": 2.5])
    try log.append(["step": 2, "loss": .number(.nan), "text": "a\nb"])
    try log.synchronize()
    let entries = try RunLog.entries(at: run.logPath)
    #expect(entries.count == 2 && entries[0] == ["step": 1, "loss": 2.5])
    #expect(entries[1]["loss"]?.double?.isNaN == true && entries[1]["text"] == "a\nb")
    #expect(try RunLog.entries(at: folder.file("none.jsonl")) == [])
  }

  @Test func tornLastLine() throws {
    try TemporaryFolder.write(Array("{\"step\":1}\n{\"step\":2}\n{\"st".utf8), to: run.logPath)
    #expect(try steps == [1, 2])
    try run.log().append(["step": 3])
    #expect(try steps == [1, 2, 3])
    #expect(try TemporaryFolder.bytes(run.logPath) == Array("{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n".utf8))
  }

  @Test func rewinding() throws {
    let log = try run.log()
    for step in 1...6 { try log.append(["step": .integer(step)]) }
    try log.append(["note": "no step"])
    try log.rewind(toStep: 9)
    #expect(try steps == [1, 2, 3, 4, 5, 6, -1])
    try log.rewind(toStep: 4)
    #expect(try steps == [1, 2, 3, 4])
    for step in 5...7 { try log.append(["step": .integer(step)]) }
    #expect(try steps == [1, 2, 3, 4, 5, 6, 7])
    let superseded = try RunLog.entries(at: run.folder + "/log.superseded.jsonl")
    #expect(superseded.map { $0["step"]?.integer } == [5, 6, nil])
    try log.rewind(toStep: 0)
    #expect(try steps == [])
  }

  /// Of entries of the checkpoint's own step, those after its saving go, unless they only tell of a process.
  @Test func rewindingToALength() throws {
    let log = try run.log()
    try log.append(["event": "epoch", "step": 4])
    let size = try log.size()
    for event in ["stopped", "resume", "skipped", "stopped", "epoch"] {
      try log.append(["event": .string(event), "step": 4])
    }
    try log.append(["event": "step", "step": 5])
    try log.rewind(toStep: 4, size: size)
    #expect(try RunLog.entries(at: run.logPath).map { $0["event"]?.string } == ["epoch", "stopped", "resume"])
    let superseded = try RunLog.entries(at: run.folder + "/log.superseded.jsonl")
    #expect(superseded.map { $0["event"]?.string } == ["skipped", "stopped", "epoch", "step"])
    // A length that fits nothing does not count: the step does.
    for wrong in [-1, 3, 1 << 40] {
      try log.rewind(toStep: 4, size: wrong)
      #expect(try steps == [4, 4, 4])
    }
  }
}
