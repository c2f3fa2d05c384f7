import Checkpoint
import Fixtures
import Foundation
import Testing

@testable import zoo_cli

/// Names of images on standard input.
struct PipedPredictionTests {
  private static func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    _ = try TinyFolder(in: folder, named: "data", classes: ["a": 6, "b": 6])
    let trained = try Command.run(
      "train lenet5 --data data --epochs 1 --batch-size 4 --threads 1 --workers 1 --run r", in: folder.path)
    #expect(trained.status == 0, "\(trained.errors)")
    return folder
  }

  /// `zoo predict` with standard input from a pipe that has a name, or from a file.
  private static func predict(
    _ options: String, from file: String = "names", in folder: TemporaryFolder
  ) throws -> pid_t {
    if file == "names" { mkfifo(folder.path(file), 0o600) }
    let script = "exec \"$0\" predict r - --threads 1 --workers 1 \(options) < \(file)"
    return try Command.spawn(
      ["/bin/sh", "-c", script, Command.binary.path], in: folder.path, output: folder.path("out"),
      errors: folder.path("err"))
  }

  /// Waits until the answer has so many lines; gives up after a minute.
  private static func lines(_ count: Int, in folder: TemporaryFolder) throws -> [String] {
    let deadline = Date(timeIntervalSinceNow: 60)
    while true {
      let text = try String(contentsOfFile: folder.path("out"), encoding: .utf8)
      let lines = text.split(separator: "\n").map(String.init)
      if lines.count >= count || Date() > deadline { return lines }
      usleep(10_000)
    }
  }

  private static func status(of child: pid_t) -> Int32 {
    var status: Int32 = 0
    waitpid(child, &status, 0)
    return status & 0x7F == 0 ? status >> 8 & 0xFF : -1
  }

  /// Each name that comes alone is answered before the next one is sent; those that come together are, in their order.
  @Test func answersBeforeTheNextNameComes() throws {
    let folder = try Self.folder()
    let child = try Self.predict("--json", in: folder)
    let names = try #require(FileHandle(forWritingAtPath: folder.path("names")))
    for (index, name) in ["data/a/0.png", "data/b/1.png", "nowhere.png"].enumerated() {
      try names.write(contentsOf: Data("\(name)\n".utf8))
      let lines = try Self.lines(index + 1, in: folder)
      try #require(lines.count == index + 1, "\(lines)")
      #expect(try JSONValue(parsing: lines[index])["image"]?.string == name)
    }
    // A folder, an empty line, half a name, and a last name without an end.
    try names.write(contentsOf: Data("data/b\n\r\ndata/a/".utf8))
    #expect(try Self.lines(9, in: folder).count == 9)
    try names.write(contentsOf: Data("5.png\ndata/a/4.png".utf8))
    try names.close()
    #expect(Self.status(of: child) == 1)
    let lines = try Self.lines(11, in: folder)
    let images = try lines.map { try JSONValue(parsing: $0)["image"]?.string }
    #expect(
      images == ["data/a/0.png", "data/b/1.png", "nowhere.png"] + (0..<6).map { "data/b/\($0).png" } + [
        "data/a/5.png", "data/a/4.png",
      ])
  }

  @Test func nothingIsNoFailure() throws {
    let folder = try Self.folder()
    let empty = try Command.run("predict r - --json --threads 1", in: folder.path)
    #expect(empty.status == 0 && empty.output.isEmpty, "\(empty.errors)")
    try folder.write(String(repeating: "a", count: 100_000), to: "long")
    let child = try Self.predict("", from: "long", in: folder)
    #expect(Self.status(of: child) == 1)
    #expect(try String(contentsOfFile: folder.path("err"), encoding: .utf8).contains("a line of more than 65536 bytes"))
  }

  /// Lines by themselves, in any pieces.
  @Test(arguments: [1, 2, 3, 7, 100])
  func linesComeInAnyPieces(size: Int) throws {
    let text = "one\n\ntwo\r\n" + String(repeating: "x", count: 40) + "\nlast"
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { close(ends[0]) }
    var lines = InputLines(of: ends[0])
    var found: [String] = []
    let isReadyBefore = lines.isReady()
    #expect(!isReadyBefore)
    for start in stride(from: 0, to: text.utf8.count, by: size) {
      let piece = Array(text.utf8.dropFirst(start).prefix(size))
      #expect(write(ends[1], piece, piece.count) == piece.count)
      while lines.isReady() { if let line = try lines.next() { found.append(line) } }
    }
    #expect(found == ["one", "", "two", String(repeating: "x", count: 40)])
    close(ends[1])
    let isReadyForLast = lines.isReady()
    let last = try lines.next()
    let isReadyAfter = lines.isReady()
    let after = try lines.next()
    #expect(isReadyForLast && last == "last" && !isReadyAfter && after == nil)
  }
}
