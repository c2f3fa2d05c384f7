import Checkpoint
import Fixtures
import Foundation
import Testing

/// `show`, from the command line.
struct ShowCommandTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func zoo(_ line: String) throws -> Command.Result { try Command.run(line, in: folder.path) }

  @Test func drawingsGoIntoFilesOrToStandardOutput() throws {
    let files = try zoo("show lenet5 --svg net.svg --dot net.dot")
    #expect(files.status == 0 && files.output.isEmpty && files.errors.contains("net.svg"), "\(files)")
    let svg = try String(contentsOfFile: folder.path("net.svg"), encoding: .utf8)
    #expect(svg.hasPrefix("<svg ") && svg.contains("conv1"))
    let dot = try String(contentsOfFile: folder.path("net.dot"), encoding: .utf8)
    #expect(try zoo("show lenet5 --dot -").output == dot)
    #expect(try zoo("show lenet5 --svg -").output == svg)
  }

  @Test(arguments: ["", " --training --batch-size 2"])
  func profilesSayHowLongEachLayerTakes(_ more: String) throws {
    let result = try zoo("show lenet5 --profile --steps 3 --threads 1 --json\(more)")
    #expect(result.status == 0, "\(result)")
    let report = try JSONValue(parsing: result.output)
    let layers = try #require(report["layers"]?.array)
    func time(_ name: String, _ part: String) -> Double? {
      layers.first { $0["name"]?.string == name }?["time"]?[part]?.double
    }
    let total = try #require(report["profile"]?["total_ms"]?.double)
    let isTraining = !more.isEmpty
    #expect(total > 0)
    #expect(report["profile"]?["mode"]?.string == (isTraining ? "train" : "infer"))
    #expect(try #require(time("conv1", "forward_ms")) > 0)
    #expect((try #require(time("conv1", "backward_ms")) > 0) == isTraining)
    #expect((try #require(time("fc3", "update_ms")) > 0) == isTraining)
    let shares =
      layers.compactMap { $0["time"]?["share"]?.double } + [report["profile"]?["other"]?["share"]?.double ?? 0]
    // Medians of parts are not parts of the median, least of all beside others on the machine.
    #expect(shares.count > 1 && shares.allSatisfy { $0 >= 0 && $0.isFinite } && shares.contains { $0 > 0 }, "\(shares)")

    let text = try zoo("show lenet5 --profile --steps 1 --threads 1\(more)")
    #expect(text.output.contains("Share") && text.output.contains("the median of 1"), "\(text)")
  }

  @Test func aTableWithoutAProfileHasNoTimes() throws {
    let report = try JSONValue(parsing: zoo("show lenet5 --json").output)
    #expect(report["profile"] == nil && report["layers"]?.array?.first?["time"] == nil)
  }
}
