import Foundation

/// A tar archive in the making (POSIX ustar), damaged as a test likes.
struct TarBytes {
  private(set) var bytes: [UInt8] = []

  /// Adds a member.
  /// - Parameters:
  ///   - kind: `0` for a file.
  ///   - size: What the header says; the content's own length when `nil`.
  mutating func add(_ name: String, _ content: [UInt8], kind: Character = "0", size: Int? = nil) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      for (place, byte) in text.utf8.enumerated() { header[offset + place] = byte }
    }
    put(name, at: 0)
    put("0000644", at: 100)
    let octal = String(size ?? content.count, radix: 8)
    put(String(repeating: "0", count: 11 - octal.count) + octal, at: 124)
    put(String(kind), at: 156)
    put("ustar\u{0}00", at: 257)
    put("        ", at: 148)
    let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    put(String(repeating: "0", count: 6 - sum.count) + sum + "\u{0} ", at: 148)
    bytes += header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
  }

  mutating func add(_ name: String, _ content: String, kind: Character = "0") {
    add(name, Array(content.utf8), kind: kind)
  }

  /// The archive with the mark of its end.
  var ended: Data { Data(bytes + [UInt8](repeating: 0, count: 1024)) }
}
