@testable import Checkpoint
import Foundation
import Testing

/// Zip archives for tests.
enum ZipFiles {
  /// The bytes that the archives of `Goldens/zip` have in their larger entries.
  static let data = [UInt8]((0..<8).flatMap { _ in 0...255 } as [UInt8])

  /// An archive that another program wrote: `Goldens/zip/make_zip_goldens.py`.
  static func golden(_ name: String) throws -> String {
    try #require(Bundle.module.path(forResource: name, ofType: "zip", inDirectory: "Goldens/zip"))
  }

  /// What an archive holds, by name; folders are left out.
  static func contents(_ path: String) throws -> [String: [UInt8]] {
    let archive = try ZipArchive(OpenFile(path, .read))
    var contents: [String: [UInt8]] = [:]
    for entry in archive.entries where !entry.isFolder {
      try archive.check(entry)
      contents[entry.name] = try archive.bytes(of: entry, atMost: 1 << 20)
    }
    return contents
  }

  /// An archive of two entries, one stored (`a`: hello), one deflated (`bb`: 1000 times Z), whose bytes `change` changed.
  static func archive(
    in folder: TemporaryFolder, _ style: ZipWriter.Style = .plain, _ change: (inout [UInt8]) throws -> Void = { _ in }
  ) throws -> String {
    let path = folder.file("archive.zip")
    try? FileManager.default.removeItem(atPath: path)
    let writer = ZipWriter(to: try OpenFile(path, .create), style: style)
    try writer.add("a", Array("hello".utf8))
    let letters = [UInt8](repeating: UInt8(ascii: "Z"), count: 1000)
    try letters.withUnsafeBytes { try writer.add("bb", deflating: [$0], level: 6) }
    try writer.finish()
    var bytes = try TemporaryFolder.bytes(path)
    try change(&bytes)
    try TemporaryFolder.write(bytes, to: path)
    return path
  }
}

extension [UInt8] {
  /// Where the n-th record of a signature (`PK` and two letters) begins.
  func record(_ signature: UInt32, _ number: Int = 0) throws -> Int {
    let places = indices.dropLast(3).filter { littleEndian($0) == signature }
    return try #require(places.count > number ? places[number] : nil)
  }

  /// Overwrites a number.
  mutating func set(_ offset: Int, _ number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { replaceSubrange(offset..<offset + $0.count, with: $0) }
  }
}
