import Checkpoint
import Fixtures
import Foundation
import Layers
import Tensors
import Testing
import Zoo

/// `export`, from the command line.
struct ExportCommandTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    let entry = try Registry.model(named: "lenet5")
    var arguments = entry.defaultArguments
    arguments.numClasses = 3
    var snapshot = Snapshot(net: try entry.build(arguments).initialState(seed: 1))
    snapshot.architecture = entry.name
    snapshot.arguments = ["num_classes": 3]
    snapshot.classNames = ["a", "b\u{7}", "c"]
    try snapshot.write(to: folder.path("net.h5"))
  }

  private func zoo(_ line: String) throws -> Command.Result { try Command.run(line, in: folder.path) }

  @Test func theFileHoldsTheNet() throws {
    let result = try zoo("export net.h5 --onnx net.onnx")
    #expect(result.status == 0 && result.output.contains("opset 17"), "\(result)")
    // zoo reads it as a file of weights, with the same names and bytes.
    #expect(try zoo("diff net.h5 net.onnx").status == 0)
    let inspected = try JSONValue(parsing: zoo("inspect net.onnx --json").output)
    let text = inspected.text()
    for word in ["\"model\"", "lenet5", "class_names", "preprocessing"] { #expect(text.contains(word), "\(word)") }
  }

  @Test func wrongOptionsWriteNothing() throws {
    for (line, message) in [
      ("export net.h5 --onnx net.onnx --opset 12", "13 to 22"),
      ("export net.h5 --onnx net.onnx --batch 0", "1...65536"),
      ("export net.h5 --onnx net.onnx --batch many", "batch"),
      ("export net.h5 --onnx net.onnx --input-size 8", "smallest square image"),
      ("export net.h5 --onnx no/net.onnx", "no folder"), ("export net.h5 --onnx net.onnx --model alexnet", "lenet5"),
      ("export other.h5 --onnx net.onnx", "other.h5"), ("export net.h5 --onnx net.onnx --ema", "--ema"),
    ] {
      let result = try zoo(line)
      #expect(result.status != 0 && result.errors.contains(message), "\(line): \(result)")
    }
    #expect(try !FileManager.default.contentsOfDirectory(atPath: folder.path).contains { $0.contains("onnx") })
  }
}
