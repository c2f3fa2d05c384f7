import Foundation
import Testing

/// What a user may get wrong: a message that names it, an exit code, and nothing lost.
@Suite(.serialized) struct BadInputTests {
  private let folder: Command.Folder
  private var place: String { folder.path }

  init() throws {
    folder = try Command.Folder()
    try Self.writeImages(in: folder.path + "/train", classes: ["cat", "dog"], count: 6)
  }

  /// Gray PNGs of 32×32 pixels, by the smallest encoder that is valid: stored blocks of deflate.
  private static func writeImages(in folder: String, classes: [String], count: Int) throws {
    for (number, name) in classes.enumerated() {
      let path = "\(folder)/\(name)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      for index in 0..<count {
        let pixels = (0..<32 * 32).map { UInt8(truncatingIfNeeded: $0 * (number + 3) + index * 17) }
        try GrayPNG(width: 32, height: 32, pixels: pixels).data.write(to: URL(filePath: "\(path)/\(index).png"))
      }
    }
  }

  private func expect(_ result: Command.Result, status: Int32, says parts: String...) {
    #expect(result.status == status, "\(result.errors)")
    for part in parts { #expect(result.errors.contains(part), "\(result.errors)") }
    #expect(!result.errors.contains("Fatal error"))
  }

  @Test func unknownModel() throws {
    expect(
      try Command.run("train", "lenett5", "--data", "train", in: place), status: 1,
      says: "no model is called 'lenett5'; did you mean 'lenet5'?")
    expect(try Command.run("show", "zzz", in: place), status: 1, says: "no model is called 'zzz'")
  }

  @Test func unknownRun() throws {
    expect(try Command.run("resume", "nothing", in: place), status: 1, says: "nothing")
    expect(try Command.run("evaluate", "nothing@best", "--data", "train", in: place), status: 1, says: "nothing")
  }

  @Test func missingAndEmptyData() throws {
    let files = FileManager.default
    try files.createDirectory(atPath: place + "/empty", withIntermediateDirectories: true)
    try files.createDirectory(atPath: place + "/half/cat", withIntermediateDirectories: true)
    try files.copyItem(atPath: place + "/train/dog", toPath: place + "/half/dog")
    expect(try Command.run("train", "lenet5", "--data", "nowhere", in: place), status: 1, says: "nowhere")
    expect(try Command.run("train", "lenet5", "--data", "empty", in: place), status: 1, says: "holds no folders")
    expect(try Command.run("train", "lenet5", "--data", "half", in: place), status: 1, says: "no images: 'cat'")
    #expect(!files.fileExists(atPath: place + "/models"))
  }

  @Test func corruptImage() throws {
    try Data("no image".utf8).write(to: URL(filePath: place + "/train/cat/3.png"))
    expect(
      try Command.run("train", "lenet5", "--data", "train", "--epochs", "1", "--val-share", "0", in: place), status: 1,
      says: "train/cat/3.png")
    let skipping = try Command.run(
      "train", "lenet5", "--data", "train", "--epochs", "1", "--val-share", "0", "--skip-corrupt", "--run", "skipping",
      in: place)
    #expect(skipping.status == 0, "\(skipping.errors)")
    #expect((skipping.output + skipping.errors).contains("cat/3.png"))
  }

  @Test func settingsThatMakeNoSense() throws {
    for arguments in [
      ["--batch-size", "0"], ["--lr", "-1"], ["--lr", "nan"], ["--momentum", "2"], ["--epochs", "0"],
    ] {
      let result = try Command.run("train", "lenet5", "--data", "train", arguments[0], arguments[1], in: place)
      expect(result, status: 64, says: "zoo: error:")
    }
    expect(
      try Command.run("train", "alexnet", "--data", "train", "--input-size", "20", in: place), status: 1,
      says: "smallest square image that this network takes is 63x63")
    expect(
      try Command.run("train", "lenet5", "--data", "train", "--device", "cuda", in: place), status: 1,
      says: "this build has no CUDA device")
    #expect(!FileManager.default.fileExists(atPath: place + "/models"))
  }

  @Test func validationClassesThatTrainingLacks() throws {
    try Self.writeImages(in: place + "/val", classes: ["cat", "emu"], count: 2)
    expect(
      try Command.run("train", "lenet5", "--data", "train", "--val", "val", in: place), status: 1, says: "'emu'")
  }

  @Test func checkpointsThatDoNotFit() throws {
    let trained = try Command.run(
      "train", "lenet5", "--data", "train", "--epochs", "1", "--val-share", "0", "--run", "a", in: place)
    #expect(trained.status == 0, "\(trained.errors)")
    let checkpoint = URL(filePath: place + "/models/a/last.h5")
    let whole = try Data(contentsOf: checkpoint)

    try whole.prefix(whole.count / 2).write(to: URL(filePath: place + "/cut.h5"))
    expect(try Command.run("evaluate", "cut.h5", "--data", "train", in: place), status: 1, says: "cut.h5")
    var flipped = whole
    flipped[whole.count / 4] ^= 0x10  // in the net, which comes before the optimizer
    try flipped.write(to: URL(filePath: place + "/flipped.h5"))
    expect(try Command.run("evaluate", "flipped.h5", "--data", "train", in: place), status: 1, says: "flipped.h5")
    try Data("<!DOCTYPE html>".utf8).write(to: URL(filePath: place + "/page.h5"))
    expect(try Command.run("inspect", "page.h5", in: place), status: 1, says: "page.h5")

    try Self.writeImages(in: place + "/other", classes: ["emu", "yak"], count: 2)
    expect(try Command.run("evaluate", "a@last", "--data", "other", in: place), status: 1, says: "'emu'", "'yak'")
    expect(
      try Command.run("train", "lenet5", "--data", "train", "--run", "a", in: place), status: 1, says: "a")
    #expect(try Data(contentsOf: checkpoint) == whole)
  }

  @Test func divergence() throws {
    let result = try Command.run(
      "train", "lenet5", "--data", "train", "--lr", "100", "--epochs", "40", "--val-share", "0", "--momentum", "0.99",
      "--run", "wild", in: place)
    expect(result, status: 3, says: "epoch", "stopped")
  }

  @Test func interruptionSavesAndSaysHowToGoOn() throws {
    let result = try Command.run(
      "train", "lenet5", "--data", "train", "--epochs", "100000", "--val-share", "0", "--run", "long", in: place,
      signal: (SIGTERM, "epoch"))
    #expect(result.status == 75, "\(result.errors)")
    #expect((result.output + result.errors).contains("zoo resume long"))
    #expect(FileManager.default.fileExists(atPath: place + "/models/long/last.h5"))
    let again = try Command.run("evaluate", "long@last", "--data", "train", "--json", in: place)
    #expect(again.status == 0, "\(again.errors)")
    _ = try JSONSerialization.jsonObject(with: Data(again.output.utf8))
  }

  /// `zoo list | head` ends quietly.
  @Test func listsAndShows() throws {
    let list = try Command.run("list", "vgg1*", "--json", in: place)
    #expect(list.status == 0)
    let models = try #require(try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]])
    #expect(models.compactMap { $0["name"] as? String }.contains("vgg16_bn"))
    let show = try Command.run("show", "alexnet", in: place)
    #expect(show.output.contains("61,100,840") && show.output.contains("714,188,480"))
    #expect(show.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }
}

/// A PNG of gray pixels in stored blocks: no compression, but every length and checksum right.
private struct GrayPNG {
  let width, height: Int
  let pixels: [UInt8]

  var data: Data {
    var rows: [UInt8] = []
    for row in 0..<height { rows += [0] + pixels[row * width..<(row + 1) * width] }
    var stream: [UInt8] = [0x78, 0x01, 1]
    stream += [
      UInt8(rows.count & 255), UInt8(rows.count >> 8), UInt8(~rows.count & 255), UInt8(~rows.count >> 8 & 255),
    ]
    stream += rows + Self.bigEndian(Self.adler32(rows))
    var file = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    file += Self.chunk(
      "IHDR", Self.bigEndian(UInt32(width)) + Self.bigEndian(UInt32(height)) + [8, 0, 0, 0, 0])
    file += Self.chunk("IDAT", stream)
    file += Self.chunk("IEND", [])
    return file
  }

  private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + content
    return bigEndian(UInt32(content.count)) + body + bigEndian(crc32(body))
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(value >> (24 - 8 * $0) & 255) } }

  private static func adler32(_ bytes: [UInt8]) -> UInt32 {
    var (a, b) = (UInt32(1), UInt32(0))
    for byte in bytes {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    return b << 16 | a
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
    }
  }
}
