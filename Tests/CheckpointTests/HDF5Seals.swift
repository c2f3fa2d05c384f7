@testable import Checkpoint

/// The checksums of a sound HDF5 file: where they stand is found by trying, so that they can be made right again after damage.
struct HDF5Seals {
  /// For each kind of structure, the bytes under the checksum of each one in the order of the file; 0 where it is not known.
  private var counts: [String: [Int]] = [:]

  init(_ bytes: [UInt8]) {
    var records = Set<Int>()
    Self.forEachSignature(bytes) { signature, start in
      if signature == "BTHD", start + 12 <= bytes.count { records.insert(Int(bytes[start + 10])) }
    }
    Self.forEachSignature(bytes) { signature, start in
      let candidates = Self.candidates(signature, records, Array(bytes[start..<min(start + 34, bytes.count)]))
      let count = candidates.first { Self.isSealed(bytes, start, $0) }
      counts[signature, default: []].append(count ?? 0)
    }
  }

  /// The bytes, with the checksums that their structures should have.
  func applied(to bytes: [UInt8]) -> [UInt8] {
    var (bytes, seen) = (bytes, [String: Int]())
    var places: [(start: Int, count: Int)] = []
    Self.forEachSignature(bytes) { signature, start in
      let number = seen[signature, default: 0]
      seen[signature] = number + 1
      // The header of an object says itself how long it is.
      let own = signature == "OHDR" ? Self.candidates(signature, [], Array(bytes[start...].prefix(34))).first : nil
      if let all = counts[signature], number < all.count { places.append((start, own ?? all[number])) }
    }
    for (start, count) in places where count > 0 && start + count + 4 <= bytes.count {
      let sum = H5Checksum.lookup3(bytes[start..<start + count])
      for index in 0..<4 { bytes[start + count + index] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * index)) }
    }
    return bytes
  }

  private static let signatures = [
    "FRHP", "BTHD", "BTLF", "BTIN", "FAHD", "FADB", "EAHD", "EAIB", "EASB", "EADB", "OHDR", "OCHK", "FHIB",
  ]

  private static func forEachSignature(_ bytes: [UInt8], _ body: (String, Int) -> Void) {
    for start in 0..<max(0, bytes.count - 48) {
      guard bytes[start] == 0x89 || (0x41...0x5A).contains(bytes[start]) else { continue }
      if bytes[start...].starts(with: H5Superblock.signature), bytes[start + 8] >= 2 { body("HDF", start) }
      let signature = String(decoding: bytes[start..<start + 4], as: UTF8.self)
      if signatures.contains(signature) { body(signature, start) }
    }
  }

  private static func isSealed(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Bool {
    guard count > 0, start + count + 4 <= bytes.count else { return false }
    let sum = bytes[start + count..<start + count + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return H5Checksum.lookup3(bytes[start..<start + count]) == sum
  }

  /// How many bytes a structure may have, as the library writes them by itself.
  private static func candidates(_ signature: String, _ records: Set<Int>, _ head: [UInt8]) -> [Int] {
    let entries = [8] + Array(13...20)
    let powers = (0...11).map { 1 << $0 }
    switch signature {
    case "HDF": return [44]
    case "FRHP": return [142]
    case "BTHD": return [34]
    case "FAHD": return [24]
    case "EAHD": return [68]
    case "BTLF": return records.flatMap { size in (0...200).map { 6 + $0 * size } }
    case "BTIN":
      return records.flatMap { size in
        (0...60).flatMap { count in (9...13).map { 6 + count * size + (count + 1) * $0 } }
      }
    case "FADB": return (0...4).map { 14 + $0 } + entries.flatMap { size in (0...100).map { 14 + $0 * size } }
    case "EAIB": return entries.map { 14 + 4 * $0 + 31 * 8 }
    case "EASB": return powers.flatMap { count in [0, count, 2 * count].map { 18 + 8 * count + $0 } }
    case "EADB": return [18] + entries.flatMap { size in powers.map { 18 + $0 * size } }
    case "FHIB": return (1...16).flatMap { count in (2...5).map { 13 + $0 + 32 * count } }
    case "OCHK": return Array(20...600)
    case "OHDR":
      guard head.count > 5 else { return [] }
      let prefix = 6 + (head[5] & 0x20 != 0 ? 16 : 0) + (head[5] & 0x10 != 0 ? 4 : 0)
      let size = 1 << Int(head[5] & 3)
      guard prefix + size <= head.count else { return [] }
      return [prefix + size + head[prefix..<prefix + size].reversed().reduce(0) { $0 << 8 & 0xFFF_FFFF | Int($1) }]
    default: return []
    }
  }
}
