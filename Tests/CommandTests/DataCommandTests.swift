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
}
