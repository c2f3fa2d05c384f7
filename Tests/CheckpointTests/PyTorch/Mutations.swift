import Tensors

/// Changes to bytes as accidents and attackers make them, for readers to survive.
struct Mutations {
  private var random: RandomSource
  private static let numbers: [UInt64] = [
    0, 1, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF,
    0x8000_0000_0000_0000, .max, 1 << 40,
  ]

  /// The same seed makes the same changes.
  init(seed: UInt64) { random = RandomSource(seed: seed, purpose: .synthetic) }

  /// A number in 0..<bound.
  mutating func integer(below bound: Int) -> Int { random.integer(below: max(bound, 1)) }

  /// One to eight changes.
  /// - Parameters:
  ///   - other: Something of the same kind, of which parts may be taken.
  ///   - words: Bytes that mean something.
  mutating func mutated(_ bytes: [UInt8], with other: [UInt8], words: [UInt8] = []) -> [UInt8] {
    var bytes = bytes
    for _ in 0...integer(below: integer(below: 2) == 0 ? 1 : 8) {
      guard !bytes.isEmpty else { return bytes }
      let position = integer(below: bytes.count)
      let count = min(integer(below: 1 << integer(below: 9)), bytes.count - position)
      switch integer(below: 8) {
      case 0: bytes[position] ^= 1 << UInt8(integer(below: 8))
      case 1: bytes[position] = words.isEmpty ? UInt8(integer(below: 256)) : words[integer(below: words.count)]
      case 2: bytes.removeSubrange(position..<position + count)
      case 3: bytes.insert(contentsOf: bytes[position..<position + count], at: integer(below: bytes.count))
      case 4:
        let start = integer(below: other.count)
        let part = other[start..<min(start + 1 + integer(below: 60), other.count)]
        bytes.insert(contentsOf: part, at: position)
      case 5, 6:
        let width = [1, 2, 4, 8][integer(below: 4)]
        let number = Self.numbers[integer(below: Self.numbers.count)]
        for index in 0..<min(width, bytes.count - position) {
          bytes[position + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
        }
      default: bytes.removeLast(integer(below: min(bytes.count, 64)))
      }
    }
    return bytes
  }
}
