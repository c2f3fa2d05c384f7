import Checkpoint
import Datasets
import Fixtures
import Foundation
import Layers
import Tensors
import Testing
import Zoo

/// `predict --features` and `explain`, from the command line.
struct ExplanationCommandTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    _ = try TinyFolder(in: folder, named: "images", classes: ["x": 2, "longer": 1])
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

  @Test(arguments: ["npz", "h5", "safetensors", "pth"])
  func featuresGoIntoAFile(_ format: String) throws {
    // Batches of two, so that the last is not full.
    let result = try zoo(
      "predict net.h5 images --features pool2,fc1,relu4 --output f.\(format) --json --batch-size 2 --threads 1")
    #expect(result.status == 0, "\(result)")
    #expect(result.errors.contains("3 images written to f.\(format): pool2 [3, 16, 5, 5], fc1 [3, 120], relu4 [3, 84]"))
    let file = try CheckpointFile(opening: folder.path("f.\(format)"))
    func tensor(_ name: String) throws -> Tensor {
      try file.read(try #require(file.contents.tensors.first { $0.name == name }, "\(name)"))
    }
    let images = try tensor("images")
    let (bytes, longest) = (images.elements(as: UInt8.self), images.shape[1])
    let names = (0..<3).map { row in
      String(decoding: bytes[row * longest..<(row + 1) * longest].prefix { $0 != 0 }, as: UTF8.self)
    }
    #expect(names == ["images/longer/0.png", "images/x/0.png", "images/x/1.png"])
    let printed = try result.output.split(separator: "\n").map {
      try JSONValue(parsing: String($0))["predictions"]?.array?.first?["label"]?.integer
    }
    #expect(try tensor("predictions").elements(as: Int64.self).map { Int($0) } == printed)
    // A linear layer and the ReLU after it are kept apart.
    let (before, after) = (try tensor("fc1").elements(as: Float.self), try tensor("relu4").elements(as: Float.self))
    #expect(before.contains { $0 < 0 } && after.allSatisfy { $0 >= 0 })
    #expect(try tensor("logits").shape == [3, 3])
  }

  @Test func wrongFeaturesAreRefused() throws {
    for (line, status, message) in [
      ("predict net.h5 images --features pool3 --output f.npz", Int32(64), "did you mean 'pool1' or 'pool2'"),
      ("predict net.h5 images --features pool2,pool2 --output f.npz", 64, "asked for twice"),
      ("predict net.h5 images --features pool2", 64, "--output"),
      ("predict net.h5 images --features= --output f.npz", 64, "--features"),
      ("predict net.h5 images --features pool2, --output f.npz", 64, "'--features' is a list of layers"),
      ("predict net.h5 images --input x", 64, "'--tensor'"),
      ("predict net.h5 images --output f.npz", 64, "--features"),
      ("predict net.h5 images --features pool2 --output f.npy", 64, ".npz or .h5"),
      ("predict net.h5 images --features pool2 --output f.txt", 64, "does not say the format"),
      ("predict net.h5 images --features pool2 --output no/f.npz", 1, "no"),
      ("predict net.h5 none.png --features pool2 --output f.npz", 1, "no images"),
      ("predict net.h5 --tensor a.npz --features pool2 --output f.npz", 64, "not of a '--tensor'"),
    ] {
      let result = try zoo(line)
      #expect(result.status == status && result.errors.contains(message), "\(line): \(result)")
    }
    #expect(try !FileManager.default.contentsOfDirectory(atPath: folder.path).contains { $0.contains("f.") })
  }

  @Test func explanationsArePictures() throws {
    let one = try zoo("explain net.h5 images/x/0.png --class c --threads 1")
    #expect(one.status == 0 && one.output.contains("written to 0.explained.png"), "\(one)")
    let picture = try Image(contentsOf: folder.path("0.explained.png"))
    #expect(picture.channels == 3 && picture.size.width > 2 * picture.size.height / 2)
    // A picture beside the images is none of them.
    try FileManager.default.copyItem(
      atPath: folder.path("0.explained.png"), toPath: folder.path("images/x/0.explained.png"))
    let several = try zoo("explain net.h5 images/x --layer conv1 --output maps --json --threads 1")
    #expect(several.status == 0, "\(several)")
    let reports = try several.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    #expect(reports.count == 2)
    for report in reports {
      #expect(report["layer"] == "conv1" && report["size"] == [28, 28])
      let heat = (report["heat"]?.array ?? []).compactMap(\.double)
      #expect(heat.count == 28 * 28 && heat.allSatisfy { (0...1).contains($0) })
      #expect(report["explained"] == report["predicted"])
      #expect(FileManager.default.fileExists(atPath: folder.path(report["output"]?.string ?? "")))
    }
  }

  /// The others are explained all the same.
  @Test func imagesThatCannotBeReadAreLeftOut() throws {
    try folder.write("no image", to: "images/x/bad.png")
    let result = try zoo("explain net.h5 images/x --output maps --json --threads 1")
    #expect(result.status == 1 && result.errors.contains("1 image of 3 could not be read"), "\(result)")
    let reports = try result.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    #expect(reports.count == 3 && reports.count { $0["error"]?.string?.contains("bad.png") ?? false } == 1)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("maps")).count == 2)
  }

  @Test func wrongExplanationsAreRefused() throws {
    for (line, status, message) in [
      ("explain net.h5 images/x --class d", Int32(64), "there is no class 'd'"),
      ("explain net.h5 images/x --class 3", 64, "from 0 to 2"),
      ("explain net.h5 images/x --layer fc1", 64, "needs height and width"),
      ("explain net.h5 images/x --layer conv9", 64, "did you mean 'conv1' or 'conv2'"),
      ("explain net.h5 images/x --output a.png", 64, "name a folder"),
      ("explain net.h5 images --output maps", 64, "would both become"),
      ("explain net.h5 images", 64, "would both become"),
      ("explain net.h5 images/x/0.png --output map.jpg", 64, "pictures are PNG files"),
      ("explain net.h5 images/x/0.png --output images/./x/0.png", 64, "would be lost"),
      ("explain net.h5 none.png", 1, "none.png"), ("explain net.h5", 64, "image"),
    ] {
      let result = try zoo(line)
      #expect(result.status == status && result.errors.contains(message), "\(line): \(result)")
    }
  }
}
