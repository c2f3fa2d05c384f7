@testable import Checkpoint
import Tensors
import Testing

/// What is written comes back.
@Suite struct ZipWritingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func random(_ count: Int, seed: UInt64) -> [UInt8] {
    Samples.tensor(.uint8, [count], seed: seed).elements(as: UInt8.self)
  }

  @Test(arguments: [true, false])
  func roundTrip(_ isPytorch: Bool) throws {
    let path = folder.file("a.zip")
    let file = try OpenFile(path, .create)
    let writer = ZipWriter(to: file, style: isPytorch ? .pytorch : .plain)
    var expected: [String: [UInt8]] = [:]
    // The last are long enough for several threads and several deflated blocks.
    for (index, count) in [0, 1, 63, 64, 65, 4096, 600_000, 17 << 20].enumerated() {
      let bytes = Self.random(count, seed: UInt64(index))
      for name in ["stored\(index)", "a/b \u{E9}\(index)"] {
        expected[name] = bytes
        try writer.add(name, bytes)
      }
      let parts = [bytes[..<(count / 3)], bytes[(count / 3)...]].map(Array.init)
      expected["deflated\(index)"] = bytes
      try parts[0].withUnsafeBytes { first in
        try parts[1].withUnsafeBytes { second in
          try writer.add("deflated\(index)", deflating: [first, second], level: 1)
        }
      }
    }
    let size = try writer.finish()
    #expect(try file.size() == size)
    let archive = try ZipArchive(OpenFile(path, .read))
    #expect(archive.entries.count == expected.count)
    for entry in archive.entries {
      #expect(entry.offset % 64 == 0)
      #expect(try archive.bytes(of: entry, atMost: 1 << 30) == expected[entry.name])
      try archive.check(entry)
    }
  }

  @Test func impossibleNames() throws {
    let writer = ZipWriter(to: try OpenFile(folder.file("a.zip"), .create), style: .plain)
    try writer.add("a", [])
    for name in ["a", "", "a\0b", String(repeating: "x", count: 70_000)] {
      #expect(checkpointError { try writer.add(name, []) }?.code == .invalid)
    }
  }

  @Test func manyEntries() throws {
    let path = folder.file("a.zip")
    let writer = ZipWriter(to: try OpenFile(path, .create), style: .plain)
    for index in 0..<66_000 { _ = try writer.place("\(index)", byteCount: 0) }
    try writer.finish()
    #expect(try ZipArchive(OpenFile(path, .read)).entries.count == 66_000)
  }

  /// Five gigabytes of zeros that take no room on the disk, and an entry behind them.
  @Test(arguments: [true, false])
  func large(_ isPytorch: Bool) throws {
    let path = folder.file("a.zip")
    let count = 5 << 30
    let writer = ZipWriter(to: try OpenFile(path, .create), style: isPytorch ? .pytorch : .plain)
    let place = try writer.place("large", byteCount: count)
    try writer.add("after", [1, 2, 3])
    writer.set(7, of: place)
    try writer.finish()
    let archive = try ZipArchive(OpenFile(path, .read))
    #expect(archive.entries.map(\.byteCount) == [count, 3] && archive.entries[1].headerOffset > count)
    #expect(archive.entry("large")?.crc == 7)
    #expect(try archive.bytes(of: archive.entries[1], atMost: 10) == [1, 2, 3])
    var last: [UInt8] = [9]
    try last.withUnsafeMutableBytes { try archive.read(archive.entries[0], at: count - 1, into: $0) }
    #expect(last == [0])
  }

  @Test func checksums() {
    // The check value of CRC-32/ISO-HDLC, and the sums of pieces.
    let bytes = Array("123456789".utf8)
    #expect(bytes.withUnsafeBytes { CRC32.of($0) } == 0xCBF4_3926)
    let long = Self.random(5000, seed: 1)
    let expected =
      long.reduce(0xFFFF_FFFF as UInt32) { crc, byte in
        (0..<8).reduce(crc ^ UInt32(byte)) { state, _ in state & 1 == 1 ? state >> 1 ^ 0xEDB8_8320 : state >> 1 }
      } ^ 0xFFFF_FFFF
    long.withUnsafeBytes { all in
      #expect(CRC32.of(all) == expected)
      for cut in [0, 1, 63, 64, 65, 127, 1000, 4999, 5000] {
        let (first, second) = (
          UnsafeRawBufferPointer(rebasing: all[..<cut]), UnsafeRawBufferPointer(rebasing: all[cut...])
        )
        var sequential = CRC32()
        sequential.update(first)
        sequential.update(second)
        #expect(sequential.value == expected)
        var combined = CRC32()
        combined.update(CRC32.of(first), count: first.count)
        combined.update(CRC32.of(second), count: second.count)
        #expect(combined.value == expected)
      }
    }
  }
}
