import Checkpoint
import Fixtures
import Foundation
import Testing

@testable import zoo_cli

/// Where the commands take images and names from.
struct DataCommandTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func zoo(_ line: String) throws -> Command.Result { try Command.run(line, in: folder.path) }

  @Test func listsAndNamesOfClasses() throws {
    _ = try TinyFolder(in: folder, named: "images", classes: ["9": 4, "10": 4])
    let lines = (0..<4).flatMap { ["9/\($0).png,9", "10/\($0).png,10"] }
    try folder.write("path,label\n" + lines.joined(separator: "\n"), to: "list.csv")
    let options = "--epochs 1 --batch-size 4 --threads 1 --workers 1 --run r"
    // The numbers are labels, as in PyTorch, so there are eleven classes.
    let refused = try zoo("train lenet5 --data list.csv \(options)")
    #expect(refused.status == 1 && refused.errors.contains("0.png: is not there"), "\(refused.errors)")
    try folder.write(#"{"image_names": ["9/0.png", "10/0.png"], "image_labels": ["nine", "ten"]}"#, to: "list.json")
    let trained = try zoo("train lenet5 --data list.json --data-root images --class-order natural \(options)2")
    #expect(trained.status == 0, "\(trained.errors)")
    let indices = try String(contentsOfFile: folder.path("models/r2/class_indices.json"), encoding: .utf8)
    #expect(indices == "{\n    \"0\": \"nine\",\n    \"1\": \"ten\"\n}\n")

    try folder.write(#"{"0": "NINE", "1": "TEN"}"#, to: "names.json")
    let predicted = try zoo("predict r2@last images/9/0.png --json --class-indices names.json --threads 1")
    #expect(predicted.status == 0, "\(predicted.errors)")
    #expect(predicted.output.contains("\"NINE\"") && predicted.output.contains("\"TEN\""))
    try folder.write(#"{"0": "NINE"}"#, to: "names.json")
    let wrong = try zoo("predict r2@last images/9/0.png --class-indices names.json --threads 1")
    #expect(wrong.status == 1 && wrong.errors.contains("1 names are given for a network of 2"))
  }

  @Test func verifyTellsByItsCode() throws {
    _ = try TinyFolder(in: folder, named: "images/train", classes: ["a": 3, "b": 3])
    _ = try TinyFolder(in: folder, named: "images/val", classes: ["a": 1, "b": 1])
    let leaking = try zoo("data verify images")
    #expect(leaking.status == 1 && leaking.output.contains("leak        images/val/a/0.png is images/train/a/0.png"))
    let sound = try zoo("data verify images/train --json")
    #expect(sound.status == 0, "\(sound.errors)")
    #expect(try JSONValue(parsing: sound.output)["training"]?["classes"]?["b"] == 3)
    try FileManager.default.copyItem(
      atPath: folder.path("images/train/a/0.png"), toPath: folder.path("images/train/b/copy.png"))
    let remarks = try zoo("data verify images/train")
    #expect(remarks.status == 2 && remarks.errors.isEmpty)
    #expect(remarks.output.contains("two classes images/train/a/0.png = images/train/b/copy.png"), "\(remarks.output)")
    try folder.write("no image", to: "images/train/b/x\u{1B}.png")
    let damaged = try zoo("data verify images/train")
    #expect(damaged.status == 1 && damaged.output.contains("damaged"))
    #expect(!damaged.output.contains("\u{1B}") && damaged.output.contains("not fit to train on"))
    // It has no such option.
    #expect(!damaged.errors.contains("--skip-corrupt"))
    try folder.write("{", to: "list.json")
    let unreadable = try zoo("data verify list.json")
    #expect(unreadable.status == 1 && unreadable.errors.contains("list.json") && unreadable.output.isEmpty)
    #expect(!unreadable.errors.contains("--skip-corrupt"))
    #expect(try !zoo("train lenet5 --data list.json").errors.contains("--skip-corrupt"))
  }

  /// A training refuses such folders, so the check that is made before must find them.
  @Test func verifyReportsEmptyClasses() throws {
    _ = try TinyFolder(in: folder, named: "images", classes: ["a": 2, "b": 0])
    let text = try zoo("data verify images")
    #expect(text.status == 1 && text.output.contains("empty       'b' has no images"), "\(text.output)\(text.errors)")
    let json = try JSONValue(parsing: zoo("data verify images --json").output)
    #expect(json["training"]?["empty_classes"] == ["b"] && json["verdict"] == "errors")
    try folder.write("path,label\na/0.png,0\na/1.png,2\n", to: "images/list.csv")
    let list = try zoo("data verify images/list.csv")
    #expect(list.status == 2 && list.output.contains("empty       '1' has no images"), "\(list.output)\(list.errors)")
  }

  @Test func previewWritesAPicture() throws {
    _ = try TinyFolder(in: folder, named: "images", classes: ["a": 3, "b": 3])
    let result = try zoo("data preview images --augment crop --input-size 32 --count 4 --to sheet.png --gray")
    #expect(result.status == 0 && result.output.hasPrefix("wrote sheet.png, "), "\(result.errors)")
    let bytes = try Data(contentsOf: URL(filePath: folder.path("sheet.png")))
    #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    #expect(try zoo("data preview images --to sheet.jpg").status == 64)
    #expect(try zoo("data preview images --count 5000").status == 1)
  }

  @Test func arraysBecomeFolders() throws {
    _ = try TinyData(in: folder, named: "packed")
    let result = try zoo("data fashion-mnist --from packed --to clothes")
    #expect(result.status == 0, "\(result.errors)")
    let indices = try String(contentsOfFile: folder.path("clothes/class_indices.json"), encoding: .utf8)
    #expect(indices.contains("\"0\": \"T-shirt-top\""))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("clothes")).count == 3)
    #expect(try zoo("data fashion-mnist --from packed --to clothes").errors.contains("is not empty"))
    // What would be in the way at the end is found at the beginning.
    _ = try folder.makeFolder("half/test")
    try folder.write("x", to: "half/test/x")
    #expect(try zoo("data fashion-mnist --from packed --to half").errors.contains("half: is not empty"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("half")) == ["test"])
    #expect(!FileManager.default.fileExists(atPath: folder.path("half.part")))
  }
}
