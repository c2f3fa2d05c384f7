import Tensors
import Testing

@testable import Checkpoint

/// Files of PyTorch that break a rule: each gives a sentence that says what is wrong and where.
@Suite struct TorchRulesTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("a.pth")
  }

  /// What opening a file, and reading all of it, throws.
  private func error(_ file: TorchFile) throws -> CheckpointError? {
    try file.write(to: path)
    return readingError()
  }

  private func readingError() -> CheckpointError? {
    checkpointError {
      let file = try CheckpointFile(opening: path)
      for tensor in file.contents.tensors { _ = try file.read(tensor) }
      _ = try file.snapshot().loaded()
    }
  }

  @Test func soundFile() throws {
    #expect(try error(TorchFile([.init(name: "a"), .init(name: "b")])) == nil)
  }

  static let layouts: [(item: TorchFile.Item, message: String)] = [
    (.init(name: "w", shape: [5]), "does not lie in its storage, which has 4 elements"),
    (.init(name: "w", shape: [2, 3], strides: [3, 1]), "does not lie in its storage"),
    (.init(name: "w", shape: [2], strides: [4]), "does not lie in its storage"),
    (.init(name: "w", shape: [2], strides: [.max]), "does not lie in its storage"),
    (.init(name: "w", shape: [.max, 2], strides: [0, 0]), "more than memory could hold"),
    (.init(name: "w", shape: [1 << 40, 1 << 40], strides: [0, 0]), "more than memory could hold"),
    (.init(name: "w", shape: [-1]), "no storage, offset, shape and strides"),
    (.init(name: "w", strides: [-1]), "no storage, offset, shape and strides"),
    (.init(name: "w", shape: [2, 2]), "no storage, offset, shape and strides"),
    (
      .init(name: "w", shape: Array(repeating: 1, count: 65), strides: Array(repeating: 1, count: 65)),
      "no storage, offset, shape and strides"
    ),
    (.init(name: "w", count: 5), "has 16 bytes; a FloatStorage of 5 elements has 4 for each"),
    (.init(name: "w", count: -1), "no storage of PyTorch"),
    (.init(name: "w", count: .max), "has 4 for each"),
    (.init(name: "w", storage: "DoubleStorage"), "a DoubleStorage of 4 elements has 8 for each"),
    (.init(name: "w", key: "9"), "the record 'archive/data/9', which tensors are made of, is missing"),
    (
      .init(name: "w", key: "../../etc/passwd"),
      "the record 'archive/data/../../etc/passwd', which tensors are made of, is missing"
    ),
    (.init(name: "w", count: 16, storage: nil), ""),
    (.init(name: "w", shape: [9], count: 16, storage: nil), "does not lie in its storage, which has 8 elements"),
  ]

  @Test(arguments: layouts.indices)
  func tensorsOutsideOfTheirStorage(_ index: Int) throws {
    let (item, message) = Self.layouts[index]
    let found = try error(TorchFile([item]))
    #expect(message.isEmpty ? found == nil : found?.message.contains(message) == true, "\(String(describing: found))")
  }

  /// Elements that are stored once and repeated: fine while they are few.
  @Test func repeatedElements() throws {
    #expect(try error(TorchFile([.init(name: "w", shape: [1000, 4], strides: [0, 1])])) == nil)
    let bomb = TorchFile([.init(name: "w", shape: [1_000_000_000, 4], strides: [0, 1])])
    let found = try error(bomb)
    #expect(found?.code == .refused && found?.message.contains("repeats 16 bytes until they are 16.0 GB") == true)
    // Looking at the list costs nothing.
    #expect(try CheckpointFile(opening: path).contents.tensors[0].shape == [1_000_000_000, 4])
  }

  @Test func unknownElementTypes() throws {
    try TorchFile([.init(name: "w", storage: "QInt8Storage"), .init(name: "x")], recordSize: 16).write(to: path)
    let found = readingError()
    #expect(found?.message.contains("a QInt8Storage of 4 elements has 1 for each") == true)
    var file = TorchFile([.init(name: "w", storage: "QInt32Storage"), .init(name: "x")])
    try file.write(to: path)
    let contents = try CheckpointFile(opening: path).contents
    #expect(contents.tensors.map(\.name) == ["x"])
    #expect(contents.warnings == ["'w' is left out: no tensor here has elements of QInt32Storage"])
    file = TorchFile([.init(name: "w", storage: nil), .init(name: "x", count: 4)], dtype: "bits8")
    file.set("data/0", [1, 2, 3, 4])
    try file.write(to: path)
    #expect(try CheckpointFile(opening: path).contents.warnings.count == 1)
  }

  @Test func recordsOfTheArchive() throws {
    var file = TorchFile([.init(name: "a")])
    file.set("byteorder", Array("middle".utf8))
    #expect(try error(file)?.message.contains("the order of bytes is 'middle'; it must be 'little' or 'big'") == true)
    file.set("byteorder", nil)
    #expect(try error(file) == nil)
    for version in ["11", "x", "", "-1"] {
      file.set("version", Array(version.utf8))
      #expect(try error(file)?.code == .unsupported)
    }
    file.set("version", nil)
    #expect(try error(file) == nil)
    #expect(try CheckpointFile(opening: path).contents.warnings.map { $0.contains("no record 'version'") } == [true])
    // Only one folder deep, and of this name: anything else is no file of PyTorch.
    for folder in ["", "a/b/"] {
      try file.write(to: path, folder: folder)
      #expect(readingError()?.code == .unrecognised)
    }
    file.set("data.pkl", [])
    #expect(try error(file)?.code == .truncated)
  }

  /// One bit of every tensor's record: PyTorch notices nothing, and here the tensor and its place are named.
  @Test func flippedBits() throws {
    let file = TorchFile([.init(name: "a"), .init(name: "b", shape: [2], strides: [2])])
    try file.write(to: path)
    let sound = try TemporaryFolder.bytes(path)
    let archive = try ZipArchive(try OpenFile(path, .read))
    for (name, record) in [("a", "archive/data/0"), ("b", "archive/data/1")] {
      let entry = try #require(archive.entry(record))
      for offset in 0..<16 {
        var bytes = sound
        bytes[entry.offset + offset] ^= 1 << UInt8(offset % 8)
        try TemporaryFolder.write(bytes, to: path)
        let found = readingError()
        #expect(
          found?.code == .corrupt
            && found?.message.contains("\(name) (record \(record), bytes \(entry.offset)..<") == true)
        #expect(throws: Never.self) {
          let file = try CheckpointFile(opening: path)
          for tensor in file.contents.tensors { _ = try file.read(tensor, verifying: false) }
        }
      }
    }
    let pickle = try #require(archive.entry("archive/data.pkl"))
    var bytes = sound
    bytes[pickle.offset + 40] ^= 1
    try TemporaryFolder.write(bytes, to: path)
    #expect(readingError()?.message.contains("'archive/data.pkl'") == true)
  }

  /// Every file of PyTorch's, cut at many places: an error each time, and never a crash.
  @Test(arguments: ["sgd", "module_legacy", "legacy", "tar", "layouts", "legacy_view"])
  func cutFiles(_ name: String) throws {
    let sound = try TemporaryFolder.bytes(try TorchGoldens.path(name))
    // A tar ends with empty blocks, which nobody misses.
    let end = name == "tar" ? 3700 : sound.count
    for length in Array(stride(from: 0, to: end, by: max(end / 40, 1))) + [end - 1] {
      try TemporaryFolder.write(Array(sound[..<length]), to: path)
      #expect(readingError() != nil, "\(length) of \(sound.count)")
    }
  }

  @Test func legacyRules() throws {
    let sound = try TemporaryFolder.bytes(try TorchGoldens.path("legacy_view"))
    func changed(_ old: [UInt8], _ new: [UInt8]) throws -> CheckpointError? {
      let start = try #require(sound.indices.first { sound[$0...].starts(with: old) })
      var bytes = sound
      bytes.replaceSubrange(start..<start + old.count, with: new)
      try TemporaryFolder.write(bytes, to: path)
      return readingError()
    }
    // Version 1001 is M 0xE9 0x03.
    #expect(try changed([0x4D, 0xE9, 0x03], [0x4D, 0xEA, 0x03])?.message.contains("version 1002") == true)
    // The list of storages, ["77"], names another.
    let list: [UInt8] = [0x5D, 0x71, 0x00, 0x58, 2, 0, 0, 0, 0x37, 0x37]
    #expect(
      try changed(list, list.dropLast() + [0x38])?.message.contains("a storage '78' that nothing is made of") == true)
    // The number of elements, 6, and more than there are.
    let length: [UInt8] = [6, 0, 0, 0, 0, 0, 0, 0]
    #expect(try changed(length, [7, 0, 0, 0, 0, 0, 0, 0])?.code == .truncated)
    #expect(try changed(length, [0, 0, 0, 0, 0, 0, 0, 0x80])?.message.contains("claims") == true)
    #expect(try changed(length, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])?.message.contains("claims") == true)
    #expect(try changed(length, [4, 0, 0, 0, 0, 0, 0, 0])?.message.contains("does not lie in its storage") == true)
  }

  /// A storage that is a part of another, from the last element of all on: sums of such numbers do not overflow.
  @Test func offsetsBeyondEverything() throws {
    let sound = try TemporaryFolder.bytes(try TorchGoldens.path("legacy_view"))
    let view: [UInt8] = [0x4B, 2, 0x4B, 3, 0x87]
    let start = try #require(sound.indices.first { sound[$0...].starts(with: view) })
    let largest: [UInt8] = [0x8A, 8] + [UInt8](repeating: 0xFF, count: 7) + [0x7F]
    for part in [largest + [0x4B, 3], [0x4B, 2] + largest, largest + largest] {
      var bytes = sound
      bytes.replaceSubrange(start..<start + 4, with: part)
      try TemporaryFolder.write(bytes, to: path)
      let found = readingError()
      #expect(part.starts(with: [0x4B]) || found?.message.contains("does not lie in its storage") == true)
    }
  }

  /// One name of 2 MB, and tensors in it: each would have it in its own.
  @Test func hugeNames() throws {
    var file = TorchFile([.init(name: "a")])
    var encoder = PickleEncoder()
    encoder.openDictionary()
    encoder.add(String(repeating: "a", count: 2_000_000))
    encoder.openList()
    for _ in 0..<10 {
      encoder.addTensor(
        key: "0", dtype: "", storage: "FloatStorage", shape: [4], strides: [1], count: 4, byteCount: 16)
    }
    encoder.closeList()
    encoder.closeDictionary()
    encoder.finish()
    file.set("data.pkl", encoder.bytes)
    #expect(try error(file)?.message.contains("the names of tensors take more than") == true)
  }

  @Test func tarRules() throws {
    let sound = try TemporaryFolder.bytes(try TorchGoldens.path("tar"))
    var bytes = sound
    bytes[150] ^= 1
    try TemporaryFolder.write(bytes, to: path)
    #expect(readingError()?.message.contains("the header of the tar archive at offset 0 is damaged") == true)
    // A tar of anything else.
    bytes = sound
    let start = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("storages\0".utf8)) })
    bytes[start] ^= 1
    var sum = 0
    for index in start..<start + 512 { sum += (148..<156).contains(index - start) ? 0x20 : Int(bytes[index]) }
    let digits = String(sum, radix: 8)
    let text = String(repeating: "0", count: 6 - digits.count) + digits
    bytes.replaceSubrange(start + 148..<start + 154, with: Array(text.utf8))
    try TemporaryFolder.write(bytes, to: path)
    #expect(readingError()?.message.contains("this is a tar archive") == true)
  }

  /// A refused call is refused in every container, and shown in every one.
  @Test func callsInFiles() throws {
    var file = TorchFile([.init(name: "a")])
    file.set("data.pkl", Array("cos\nsystem\n(U\u{2}lstR.".utf8))
    let found = try error(file)
    #expect(found?.code == .refused && found?.message.contains("the file would call os.system") == true)
    let values = try CheckpointFile(opening: path, ReadingOptions(isInert: true)).contents.values
    #expect(values == .record(.init("os.system", arguments: ["ls"])))
    try TemporaryFolder.write([0x80, 2] + Array("cos\nsystem\n(U\u{2}lstR.".utf8), to: path)
    #expect(readingError()?.message.contains("the file would call os.system") == true)
  }

  /// Many tensors that are parts of one record: its checksum is computed once, and not for each.
  @Test func sharedRecords() throws {
    let items = (0..<300).map { TorchFile.Item(name: "t\($0)", shape: [2], strides: [1], count: 1 << 20, key: "0") }
    var file = TorchFile(items)
    file.set("data/0", [UInt8](repeating: 7, count: 4 << 20))
    try file.write(to: path)
    // 600 times 4 MB would take a debug build minutes.
    #expect(readingError() == nil)
  }
}
