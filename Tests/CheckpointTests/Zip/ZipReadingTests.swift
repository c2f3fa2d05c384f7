@testable import Checkpoint
import Tensors
import Testing

/// Archives of other programs, and archives that are not what they should be.
@Suite struct ZipReadingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func storedByPython() throws {
    let archive = try ZipArchive(OpenFile(try ZipFiles.golden("stored"), .read))
    #expect(archive.entries.map(\.name) == ["a.txt", "empty", "folder/", "folder/\u{E9}.bin"])
    #expect(archive.entries.map(\.isFolder) == [false, false, true, false])
    #expect(
      try ZipFiles.contents(archive.file.path)
        == ["a.txt": Array("hello".utf8), "empty": [], "folder/\u{E9}.bin": ZipFiles.data])
  }

  @Test func deflatedByPython() throws {
    #expect(
      try ZipFiles.contents(try ZipFiles.golden("deflated"))
        == ["a.txt": Array("hello".utf8), "empty": [], "zeros": [UInt8](repeating: 0, count: 100_000)])
  }

  @Test func otherShapes() throws {
    #expect(try ZipFiles.contents(try ZipFiles.golden("nothing")) == [:])
    #expect(try ZipFiles.contents(try ZipFiles.golden("zip64")) == ["a.txt": Array("hello".utf8)])
    #expect(
      try ZipFiles.contents(try ZipFiles.golden("descriptor")) == [
        "a.txt": Array("hello".utf8), "b.txt": ZipFiles.data,
      ])
  }

  @Test func byTorchAndNumpy() throws {
    let torch = try ZipArchive(OpenFile(try ZipFiles.golden("torch"), .read))
    let name = "torch/data/0"
    let entry = try #require(torch.entry(name))
    #expect(entry.byteCount == 40 && entry.offset % 64 == 0)
    #expect(torch.entries.count == 8 && torch.entry("torch/data/1")?.byteCount == 0 && torch.entry("x") == nil)
    for entry in torch.entries { try torch.check(entry) }
    #expect(try torch.bytes(of: try #require(torch.entry("torch/version")), atMost: 10) == Array("3\n".utf8))
    #expect(try ZipFiles.contents(try ZipFiles.golden("numpy")).keys.sorted() == ["x.npy", "y.npy"])
  }

  @Test(arguments: ["stored", "deflated"])
  func parts(_ name: String) throws {
    let archive = try ZipArchive(OpenFile(try ZipFiles.golden(name), .read))
    for entry in archive.entries {
      let whole = try archive.bytes(of: entry, atMost: 1 << 20)
      for range in [0..<0, 0..<min(3, whole.count), whole.count / 2..<whole.count, whole.count..<whole.count] {
        var bytes = [UInt8](repeating: 9, count: range.count)
        try bytes.withUnsafeMutableBytes { try archive.read(entry, at: range.lowerBound, into: $0) }
        #expect(bytes == Array(whole[range]))
      }
    }
  }

  @Test func limit() throws {
    let archive = try ZipArchive(OpenFile(try ZipFiles.golden("deflated"), .read))
    let error = checkpointError { _ = try archive.bytes(of: try #require(archive.entry("zeros")), atMost: 99_999) }
    #expect(error?.code == .refused && error?.message.contains("100.0 kB") == true)
  }

  /// A rule, how it is broken, and what is said of it.
  struct Rule: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: CheckpointError.Code
    let message: String
    let change: @Sendable (inout [UInt8]) throws -> Void

    init(
      _ name: String, _ code: CheckpointError.Code, _ message: String,
      _ change: @escaping @Sendable (inout [UInt8]) throws -> Void
    ) {
      testDescription = name
      self.code = code
      self.message = message
      self.change = change
    }
  }

  static let rules = [
    Rule("cut", .truncated, "the zip archive has no end") { $0.removeLast() },
    Rule("appended", .truncated, "something was appended") { $0.append(0) },
    Rule("empty", .truncated, "the zip archive has no end") { $0 = [] },
    Rule("several disks", .unsupported, "goes over several files") {
      $0.set(try $0.record(ZipLayout.endSignature) + 4, UInt16(1))
    },
    Rule("directory elsewhere", .corrupt, "its table of contents should be") {
      $0.set(try $0.record(ZipLayout.endSignature) + 16, UInt32(7))
    },
    Rule("too many entries", .corrupt, "65535 entries do not fit") {
      let end = try $0.record(ZipLayout.endSignature)
      $0.set(end + 8, UInt16.max)
      $0.set(end + 10, UInt16.max)
    },
    Rule("too few entries", .corrupt, "has 48 bytes too many") {
      let end = try $0.record(ZipLayout.endSignature)
      $0.set(end + 8, UInt16(1))
      $0.set(end + 10, UInt16(1))
    },
    Rule("no central header", .corrupt, "entry 1 of the zip archive has no header") {
      $0[try $0.record(ZipLayout.centralSignature, 1)] = 0
    },
    Rule("long name", .corrupt, "entry 1 of the zip archive goes beyond the end") {
      $0.set(try $0.record(ZipLayout.centralSignature, 1) + 28, UInt16(99))
    },
    Rule("no UTF-8", .corrupt, "has a name that is not UTF-8") {
      $0[try $0.record(ZipLayout.centralSignature) + ZipLayout.centralSize] = 0xFF
    },
    Rule("NUL in name", .corrupt, "has a NUL in it") {
      $0[try $0.record(ZipLayout.centralSignature, 1) + ZipLayout.centralSize] = 0
    },
    Rule("missing large size", .corrupt, "has sizes that are missing") {
      $0.set(try $0.record(ZipLayout.centralSignature) + 24, UInt32.max)
    },
    Rule("encrypted", .unsupported, "'a' is encrypted") { $0[try $0.record(ZipLayout.centralSignature) + 8] |= 1 },
    Rule("no local header", .corrupt, "it has no local header") { $0[0] = 0 },
    Rule("other name", .corrupt, "its two headers differ in the name") { $0[ZipLayout.localSize] = UInt8(ascii: "x") },
    Rule("other name length", .corrupt, "its two headers differ in the name") { $0.set(26, UInt16(2)) },
    Rule("other method", .corrupt, "its two headers differ in the method") { $0.set(8, UInt16(8)) },
    Rule("other checksum", .corrupt, "its two headers differ in the sizes or the checksum") { $0[14] ^= 1 },
    Rule("other size", .corrupt, "its two headers differ in the sizes or the checksum") { $0[22] ^= 1 },
    Rule("stored with two sizes", .corrupt, "is stored, yet takes 5 bytes for 6") {
      $0[22] = 6
      $0[try $0.record(ZipLayout.centralSignature) + 24] = 6
    },
    Rule("offset beyond", .truncated, "should begin at byte 100000") {
      $0.set(try $0.record(ZipLayout.centralSignature) + 42, UInt32(100_000))
    },
    Rule("size beyond", .truncated, "claims 3000 bytes") {
      let central = try $0.record(ZipLayout.centralSignature)
      for place in [18, 22, central + 20, central + 24] { $0.set(place, UInt32(3000)) }
    },
    Rule("bomb", .refused, "more than could be made of") {
      let (local, central) = (try $0.record(ZipLayout.localSignature, 1), try $0.record(ZipLayout.centralSignature, 1))
      for place in [local + 22, central + 24] { $0.set(place, UInt32(1_000_000)) }
    },
    Rule("overlap", .refused, "lie on the same bytes") {
      let central = try $0.record(ZipLayout.centralSignature)
      for place in [18, 22, central + 20, central + 24] { $0.set(place, UInt32(70)) }
    },
    Rule("long extra field", .corrupt, "its two headers differ in the name") { $0.set(28, UInt16(60_000)) },
  ]

  @Test(arguments: rules)
  func brokenRules(_ rule: Rule) throws {
    let path = try ZipFiles.archive(in: folder, .plain, rule.change)
    let error = checkpointError { _ = try ZipArchive(OpenFile(path, .read)) }
    #expect(error?.code == rule.code, "\(String(describing: error))")
    #expect(error?.message.contains(rule.message) == true, "\(String(describing: error))")
  }

  @Test func twoEntriesOfOneName() throws {
    let path = try ZipFiles.archive(in: folder) { bytes in
      let local = try bytes.record(ZipLayout.localSignature, 1)
      let central = try bytes.record(ZipLayout.centralSignature, 1)
      // 'bb' and 'a' have names of different lengths: the name of the first becomes longer in a copy.
      bytes[local + ZipLayout.localSize] = UInt8(ascii: "b")
      bytes[central + ZipLayout.centralSize] = UInt8(ascii: "b")
    }
    #expect(try ZipFiles.contents(path).count == 2)
    let writer = ZipWriter(to: try OpenFile(folder.file("b.zip"), .create), style: .plain)
    for name in ["aa", "ab"] { try writer.add(name, [1]) }
    try writer.finish()
    var bytes = try TemporaryFolder.bytes(folder.file("b.zip"))
    bytes[try bytes.record(ZipLayout.localSignature, 1) + ZipLayout.localSize + 1] = UInt8(ascii: "a")
    bytes[try bytes.record(ZipLayout.centralSignature, 1) + ZipLayout.centralSize + 1] = UInt8(ascii: "a")
    try TemporaryFolder.write(bytes, to: path)
    let error = checkpointError { _ = try ZipArchive(OpenFile(path, .read)) }
    #expect(error?.code == .refused && error?.message.contains("two entries called 'aa'") == true)
  }

  @Test(arguments: [("bzip2", "compressed with bzip2"), ("lzma", "compressed with LZMA")])
  func otherMethods(_ name: String, _ message: String) throws {
    let path = try ZipFiles.golden(name)
    let error = checkpointError { _ = try ZipArchive(OpenFile(path, .read)) }
    #expect(error?.code == .unsupported && error?.message.contains(message) == true)
  }

  /// Every bit of what entries hold: noticed when the entry is read, unless it means nothing to Deflate.
  @Test func damageIsNoticed() throws {
    let path = try ZipFiles.archive(in: folder, .pytorch)
    let sound = try TemporaryFolder.bytes(path)
    let expected = try ZipFiles.contents(path)
    let archive = try ZipArchive(OpenFile(path, .read))
    for entry in archive.entries {
      var unnoticed = 0
      for bit in 0..<8 * entry.storedCount {
        var bytes = sound
        bytes[entry.offset + bit / 8] ^= 1 << UInt8(bit % 8)
        try TemporaryFolder.write(bytes, to: path)
        let damaged = try ZipArchive(OpenFile(path, .read))
        let error = checkpointError {
          let found = try damaged.bytes(of: entry, atMost: 2000)
          #expect(found == expected[entry.name])
          unnoticed += 1
        }
        #expect(error == nil || error?.code == .corrupt)
        #expect(error?.message.contains("(bytes \(entry.offset)..<") != false)
        #expect(checkpointError { try damaged.check(entry) } == error)
      }
      #expect(unnoticed < (entry.method == .stored ? 1 : 4 * entry.storedCount), "\(entry.name)")
    }
  }

  /// What inflates to more, or to less, than is announced, or goes on after its end.
  @Test(arguments: [999, 1001])
  func otherLength(_ length: UInt32) throws {
    let path = try ZipFiles.archive(in: folder) { bytes in
      bytes.set(try bytes.record(ZipLayout.localSignature, 1) + 22, length)
      bytes.set(try bytes.record(ZipLayout.centralSignature, 1) + 24, length)
    }
    let archive = try ZipArchive(OpenFile(path, .read))
    let error = checkpointError { _ = try archive.bytes(of: try #require(archive.entry("bb")), atMost: 2000) }
    #expect(error?.code == .corrupt && error?.message.contains("does not inflate to the \(length) bytes") == true)
  }

  @Test func cutAnywhere() throws {
    let path = try ZipFiles.archive(in: folder, .pytorch)
    let sound = try TemporaryFolder.bytes(path)
    for length in 0..<sound.count {
      try TemporaryFolder.write(Array(sound[..<length]), to: path)
      #expect(checkpointError { _ = try ZipArchive(OpenFile(path, .read)) }?.code == .truncated, "\(length)")
    }
  }

  /// Bytes changed at random: an error or the same contents, and never a crash.
  @Test func randomDamage() throws {
    let path = try ZipFiles.archive(in: folder, .pytorch)
    let sound = try TemporaryFolder.bytes(path)
    let expected = try ZipFiles.contents(path)
    var random = RandomSource(seed: 3, purpose: .synthetic)
    for round in 0..<400 {
      var bytes = sound
      for _ in 0...random.integer(below: 3) {
        bytes[random.integer(below: bytes.count)] = UInt8(truncatingIfNeeded: random.nextWord())
      }
      try TemporaryFolder.write(bytes, to: path)
      do {
        let found = try ZipFiles.contents(path)
        #expect(Array(found.values.map(\.count)).sorted() == expected.values.map(\.count).sorted(), "round \(round)")
      } catch {
        #expect(error is CheckpointError, "round \(round): \(error)")
      }
    }
  }
}
