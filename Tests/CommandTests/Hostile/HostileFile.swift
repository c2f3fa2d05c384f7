import Foundation
import Testing

@testable import Checkpoint

/// A file that claims, repeats or nests more than anybody should hold.
struct HostileFile: Sendable, CustomTestStringConvertible {
  /// What the file is called; `zoo` knows it by what it holds.
  let name: String
  /// The bytes of the largest tensor, when it holds tensors that can be had.
  let largest: Int
  /// Whether there is nothing wrong with it.
  let isSound: Bool
  /// Writes it.
  let write: @Sendable (_ path: String) throws -> Void

  var testDescription: String { name }

  init(
    _ name: String, largest: Int = 0, isSound: Bool = false,
    _ write: @escaping @Sendable (_ path: String) throws -> Void
  ) {
    (self.name, self.largest, self.isSound, self.write) = (name, largest, isSound, write)
  }

  /// A file of these bytes.
  static func bytes(_ name: String, _ make: @escaping @Sendable () -> [UInt8]) -> HostileFile {
    HostileFile(name) { try Data(make()).write(to: URL(filePath: $0)) }
  }

  /// A zip archive of these entries.
  static func zip(
    _ name: String, largest: Int = 0, isSound: Bool = false, style: ZipWriter.Style = .plain, deflated: Bool = true,
    _ entries: @escaping @Sendable () -> [(name: String, bytes: [UInt8])]
  ) -> HostileFile {
    HostileFile(name, largest: largest, isSound: isSound) { path in
      let file = try OpenFile(path, .readWrite)
      let writer = ZipWriter(to: file, style: style)
      for entry in entries() {
        if deflated {
          try entry.bytes.withUnsafeBytes { try writer.add(entry.name, deflating: [$0], level: 6) }
        } else {
          try writer.add(entry.name, entry.bytes)
        }
      }
      try file.setSize(try writer.finish())
    }
  }

  /// A PyTorch archive with this pickle and no tensors.
  static func pickle(
    _ name: String, deflated: Bool = false, _ pickle: @escaping @Sendable () -> [UInt8]
  ) -> HostileFile {
    zip(name + ".pth", style: .pytorch, deflated: deflated) {
      [("a/data.pkl", [0x80, 2] + pickle()), ("a/version", Array("3\n".utf8))]
    }
  }

  /// A safetensors file with this header and no bytes of tensors.
  static func safetensors(_ name: String, _ header: @escaping @Sendable () -> [UInt8]) -> HostileFile {
    bytes(name + ".safetensors") {
      let header = header()
      return withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header
    }
  }
}

/// The parts that long files are made of.
enum Repeated {
  /// The same bytes again and again, up to a number of bytes.
  static func bytes(_ unit: [UInt8], upTo count: Int) -> [UInt8] {
    var bytes = unit
    bytes.reserveCapacity(2 * count)
    while bytes.count + unit.count <= count { bytes += bytes.prefix((count - bytes.count) / unit.count * unit.count) }
    return bytes
  }

  static func text(_ unit: String, upTo count: Int) -> [UInt8] { bytes(Array(unit.utf8), upTo: count) }

  /// Numbers of eight digits between two texts.
  static func numbered(_ before: String, _ after: String, count: Int) -> [UInt8] {
    var unit = Array((before + "00000000" + after).utf8)
    let last = before.utf8.count + 7
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count * unit.count)
    for _ in 0..<count {
      bytes += unit
      var place = last
      while unit[place] == 0x39 {
        unit[place] = 0x30
        place -= 1
      }
      unit[place] += 1
    }
    return bytes
  }

  /// A number in as many bytes as its type has, little-endian.
  static func little(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian, Array.init)
  }
}
