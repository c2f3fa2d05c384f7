import Checkpoint
import Datasets
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

  /// What the file says of images gives what its input takes, for any size.
  @Test func otherSizesArePreparedSo() throws {
    let entry = try Registry.model(named: "resnet20")
    var snapshot = Snapshot(net: try entry.build().initialState(seed: 1))
    snapshot.architecture = entry.name
    try snapshot.write(to: folder.path("free.h5"))
    for (option, side) in [("", entry.inputSize), (" --input-size 48", 48)] {
      #expect(try zoo("export free.h5 --onnx net.onnx\(option)").status == 0)
      let back = try zoo("import net.onnx back.h5 --json")
      #expect(try JSONValue(parsing: back.output)["input_size"]?.integer == side)
      let said = try CheckpointFile(opening: folder.path("back.h5")).snapshot().metadata.preprocessing
      #expect(try Preprocessing(json: said.text()).outputSize == ImageSize(side))
    }
  }

  /// Neither the checkpoint that is read nor any other is written over.
  @Test func checkpointsStay() throws {
    let before = try Data(contentsOf: URL(filePath: folder.path("net.h5")))
    for line in [
      "export net.h5 --onnx net.h5", "export net.h5 --onnx -", "show net.h5 --svg net.h5", "show net.h5 --dot net.h5",
    ] {
      let result = try zoo(line)
      #expect(result.status == 64 && result.errors.contains("end it with"), "\(line): \(result)")
    }
    try FileManager.default.copyItem(atPath: folder.path("net.h5"), toPath: folder.path("it.onnx"))
    let itself = try zoo("export it.onnx --onnx ./it.onnx")
    #expect(itself.status == 1 && itself.errors.contains("would be lost"), "\(itself)")
    for name in ["net.h5", "it.onnx"] { #expect(try Data(contentsOf: URL(filePath: folder.path(name))) == before) }
  }

  /// The checkpoint's own network: its classes, and the size of its images.
  @Test func checkpointsAreShown() throws {
    let shown = try JSONValue(parsing: zoo("show net.h5 --json").output)
    #expect(shown["tensors"]?.array?.last?["shape"] == [3])
    #expect(try zoo("show net.h5 --classes 4").errors.contains("has 3 classes, not 4"))
    #expect(try zoo("show none@best").errors.contains("none"))
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
