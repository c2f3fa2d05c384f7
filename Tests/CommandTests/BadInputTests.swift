import Fixtures
import Foundation
import Testing

/// What a user can get wrong: one message on standard error that says what to do, and the documented exit code.
struct BadInputTests {
  /// A command line, how it must end, and what the message must say.
  struct Case: Sendable, CustomTestStringConvertible {
    let line: String
    let status: Int32
    let message: String
    var testDescription: String { line }

    init(_ line: String, _ status: Int32, _ message: String) {
      self.line = line
      self.status = status
      self.message = message
    }
  }

  static let cases = [
    Case("nonsense", 64, "nonsense"),
    Case("list nonsense", 1, "no model matches 'nonsense'"),
    Case("show alexnett", 1, "did you mean 'alexnet'"),
    Case("show alexnet --input-size 20", 1, "smallest square image that this network takes is 63x63"),
    Case("show alexnet --input-size 0", 64, "input size"),
    Case("show alexnet --training", 64, "--profile"),
    Case("show alexnet --profile --steps 0", 64, "1...1000000"),
    Case("show alexnet --svg - --dot -", 64, "standard output"),
    Case("show alexnet --svg a.svg --json", 64, "without '--json'"),
    Case("show alexnet --svg no/a.svg", 1, "no folder"),
    Case("train alexnett --data data", 1, "did you mean 'alexnet'"),
    Case("train lenet5", 64, "--data"),
    Case("train lenet5 --data nowhere", 1, "nowhere: there is no such folder"),
    Case("train lenet5 --data file", 1, "this is a file"),
    Case("train lenet5 --data empty", 1, "expected one folder of images per class"),
    Case("train lenet5 --data hollow", 1, "'b'"),
    Case("train lenet5 --data data --val strange", 1, "'strange class'"),
    Case("train alexnet --data data --input-size 20", 1, "63x63"),
    Case("train lenet5 --data data --batch-size 0", 64, "the batch size is 0"),
    Case("train lenet5 --data data --batch-size x", 64, "'x' is invalid for '--batch-size"),
    Case("train lenet5 --data data --lr 0", 64, "the learning rate is 0.0"),
    Case("train lenet5 --data data --lr -1", 64, "the learning rate is -1.0"),
    Case("train lenet5 --data data --lr nan", 64, "the learning rate is nan"),
    Case("train lenet5 --data data --lr 1e30", 64, "the learning rate is 1e+30"),
    Case("train lenet5 --data data --epochs 0 --threads 0", 64, "2 settings cannot be used"),
    Case("train lenet5 --data data --optimizer lbfgs", 64, "- lamb"),
    Case("train lenet5 --data data --optimizer lion --eps 1e-4", 64, "lion takes no epsilon"),
    Case("train lenet5 --data data --lr-for fc3", 64, "'fc3' is invalid for '--lr-for"),
    Case("train lenet5 --data data --lr-for hat.*=2", 1, "no parameter is called 'hat.*'"),
    Case("train lenet5 --data data --optimizer rmsprop --alpha 1", 64, "the alpha is 1.0"),
    Case("train lenet5 --data data --classes 2", 1, "the data has 10 classes"),
    Case("train lenet5 --data data --dropout 0.5", 1, "has no dropout"),
    Case("train lenet5 --data data --device cuda", 1, "this build has no CUDA device"),
    Case("train lenet5 --data data --device abacus", 1, "no device is called 'abacus'"),
    Case("train lenet5 --data data --run a/b", 1, "'a/b' cannot be the name of a run"),
    Case("train lenet5 --data data --store file/store", 1, "file"),
    Case("runs average a@1 a@2 --output mean.pth", 64, "end it with .h5"),
    Case("bench lenet5 --mode save --format npy --steps 1", 1, "does not hold a whole checkpoint"),
    Case("resume nothing", 1, "there is no run 'nothing'"),
    Case("evaluate nothing.h5 --data data", 1, "there is no such file"),
    Case("evaluate file --data data", 1, "file"),
    Case("evaluate run@best --data data", 1, "there is no run 'run'"),
    Case("predict file image.png", 1, "file"),
    Case("predict file image.png --top 0", 64, "--top 0"),
    Case("inspect nothing.h5", 1, "there is no such file"),
    Case("inspect file", 1, "file"),
    Case("inspect page.h5", 1, "page.h5"),
    Case("bench lenet5 --mode sleep", 64, "sleep"),
    Case("bench lenet5 --mode infer --batch-size 0", 64, "the batch size is 0"),
    Case("bench lenet5 --mode train --accumulate 4", 64, "'--accumulate' is for '--mode extras', not 'train'"),
    Case("bench lenet5 --mode infer --format npz", 64, "'--format' is for '--mode save', not 'infer'"),
    Case("bench lenet5 --mode extras --compress 1", 64, "'--compress' is for '--mode save'"),
    Case("bench lenet5 --mode train --folder .", 64, "'--folder' is for '--mode save'"),
    Case("explain r@last x.png --batch-size 2", 64, "--batch-size"),
  ]

  /// One folder for all cases: none of them leaves a run behind that another could meet.
  static let folder = Result {
    let folder = try TemporaryFolder()
    _ = try TinyData(in: folder, named: "data")
    try folder.write("no checkpoint", to: "file")
    try folder.write("<!DOCTYPE html>", to: "page.h5")
    _ = try folder.makeFolder("empty")
    _ = try TinyFolder(in: folder, named: "hollow", classes: ["a": 1, "b": 0])
    _ = try TinyFolder(in: folder, named: "strange", classes: ["0": 1, "strange class": 1])
    return folder
  }

  @Test(arguments: cases)
  func saysWhatIsWrong(item: Case) throws {
    let folder = try Self.folder.get()
    let result = try Command.run(item.line, in: folder.path)
    #expect(result.status == item.status, "\(result.errors)")
    #expect(result.errors.hasPrefix("zoo: error: "), "\(result.errors)")
    #expect(result.errors.contains(item.message), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("models")), "nothing is left behind")
  }

  @Test func corruptImagesCanBeLeftOut() throws {
    let folder = try TemporaryFolder()
    _ = try TinyFolder(in: folder, named: "data", classes: ["a": 3, "b": 3])
    try folder.write("no image", to: "data/b/bad.png")
    let line = "train lenet5 --data data --val-share 0 --epochs 1 --threads 1"
    #expect(try Command.run(line, in: folder.path).errors.contains("--skip-corrupt"))
    let result = try Command.run("\(line) --skip-corrupt", in: folder.path)
    #expect(result.status == 0)
    #expect(result.errors.contains("left out: data/b/bad.png"), "\(result.errors)")
  }

  @Test func divergenceHasItsOwnCode() throws {
    let folder = try TemporaryFolder()
    _ = try TinyData(in: folder)
    let result = try Command.run(
      "train lenet5 --data data --lr 100 --momentum 0.99 --epochs 40 --threads 1", in: folder.path)
    #expect(result.status == 3)
    #expect(result.errors.contains("so training stopped"), "\(result.errors)")
  }

  @Test func namesFromFilesCannotSteerTheTerminal() throws {
    let folder = try TemporaryFolder()
    _ = try TinyFolder(in: folder, named: "data", classes: ["a": 1, "b\u{1B}[31m": 0])
    let result = try Command.run("train lenet5 --data data", in: folder.path)
    #expect(result.status == 1)
    #expect(!result.errors.contains("\u{1B}"), "\(result.errors)")
  }
}
