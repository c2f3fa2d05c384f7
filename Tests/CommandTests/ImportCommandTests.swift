import Checkpoint
import Fixtures
import Foundation
import Layers
import Tensors
import Testing
import Zoo

/// `import`, from the command line.
struct ImportCommandTests {
  let folder: TemporaryFolder

  /// A small net for images of 1x28x28, written by zoo itself.
  init() throws {
    folder = try TemporaryFolder()
    try ArchitectureCommandTests.net.write(toFile: folder.path("net.yaml"), atomically: true, encoding: .utf8)
    _ = try TinyData(in: folder, named: "data")
    let trained = try zoo(
      "train ./net.yaml --data data --batch-size 16 --threads 1 --workers 1 --lr 0.02 --epochs 1 --run r")
    #expect(trained.status == 0, "\(trained)")
    #expect(try zoo("export r@last --onnx net.onnx").status == 0)
  }

  private func zoo(_ line: String) throws -> Command.Result { try Command.run(line, in: folder.path) }

  private func accuracy(_ checkpoint: String) throws -> [JSONValue?] {
    let result = try zoo("evaluate \(checkpoint) --data data --json --threads 1")
    #expect(result.status == 0, "\(result)")
    let report = try JSONValue(parsing: result.output)
    return [report["top1"], report["images"]]
  }

  /// The checkpoint is as good as what was exported, and goes through everything that a model does.
  @Test func whatWasImportedIsAModel() throws {
    let imported = try zoo("import net.onnx back.h5 --json")
    #expect(imported.status == 0, "\(imported)")
    let report = try JSONValue(parsing: imported.output)
    #expect(report["input_size"]?.integer == 28 && report["input_channels"]?.integer == 1, "\(imported)")
    #expect(try accuracy("back.h5") == accuracy("r@last"))

    for line in [
      "show back.h5", "inspect back.h5", "verify back.h5", "convert back.h5 back.pth",
      "export back.h5 --onnx again.onnx",
      "train back.h5 --weights back.h5 --data data --batch-size 16 --threads 1 --workers 1 --epochs 1 --run tuned",
    ] {
      let result = try zoo(line)
      #expect(result.status == 0, "\(line): \(result)")
    }
    try FileManager.default.removeItem(atPath: folder.path("back.h5"))
    let resumed = try zoo("resume tuned --epochs 2")
    #expect(resumed.status == 0, "\(resumed)")
    _ = try accuracy("tuned@best")
  }

  @Test func whatIsNoModelIsRefused() throws {
    try Snapshot(net: StateDict()).write(to: folder.path("bare.h5"))
    try "not a graph".write(toFile: folder.path("text.onnx"), atomically: true, encoding: .utf8)
    for (line, message) in [
      ("import none.onnx", "none.onnx"), ("import text.onnx", "text.onnx"), ("import r/none.onnx", "none.onnx"),
      ("import net.onnx net.pth", "end it with .h5"), ("import net.onnx --input-size 0", "1...4096"),
      ("import net.onnx --name a/b", "no name of an architecture"),
      ("import net.onnx no/net.h5", "no folder"),
      ("train bare.h5 --data data", "does not say which model"), ("train none.h5 --data data", "none.h5"),
    ] {
      let result = try zoo(line)
      #expect(result.status != 0 && result.errors.contains(message), "\(line): \(result)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path("net.h5")))
  }

  /// What the file says of images and classes is taken, or it is said why not.
  @Test func whatCannotBeTakenIsTold() throws {
    let file = URL(filePath: folder.path("net.onnx"))
    let sound = try Data(contentsOf: file)
    #expect(try !zoo("import net.onnx").errors.contains("note"))

    let noName = try Command.run(["import", "net.onnx", "--name", ""], in: folder.path)
    #expect(noName.status != 0 && noName.errors.contains("'' is no name of an architecture"), "\(noName)")

    // The first two of ten names become one.
    let word = try #require(sound.firstRange(of: Data("class_names".utf8)))
    let names = sound[word.upperBound...]
    let list = try #require(names.firstRange(of: Data("[\"".utf8)))
    let comma = try #require(names.firstRange(of: Data("\",\"".utf8)))
    var changed = sound
    changed.replaceSubrange(comma, with: Data("_,_".utf8))
    try changed.write(to: file)
    let fewer = try zoo("import net.onnx")
    #expect(fewer.status == 0 && fewer.errors.contains("'class_names' are 9 for 10 outputs"), "\(fewer)")
    changed[list.lowerBound] = UInt8(ascii: "{")
    try changed.write(to: file)
    #expect(try zoo("import net.onnx").errors.contains("cannot be read as a JSON list of texts"))

    let key = try #require(sound.firstRange(of: Data("preprocessing".utf8)))
    let brace = try #require(sound[key.upperBound...].firstIndex(of: UInt8(ascii: "{")))
    changed = sound
    changed[brace] = UInt8(ascii: "[")
    try changed.write(to: file)
    let imported = try zoo("import net.onnx --json")
    for text in ["'preprocessing' cannot be read as zoo's", "resized to 28x28 pixels whatever the proportions"] {
      #expect(imported.status == 0 && imported.errors.contains(text), "\(imported)")
    }
    #expect(try JSONValue(parsing: imported.output)["notes"]?.array?.count == 1)
  }
}
