/// A canonical Huffman code as Deflate has it (RFC 1951, 3.2.2): for each symbol how many bits it takes, and which.
struct HuffmanCode {
  /// The bits of each symbol; 0 for one that does not occur.
  let lengths: [UInt8]
  /// The code of each symbol, its first bit lowest: the order in which Deflate writes them.
  let codes: [UInt16]

  /// The shortest code for symbols that occur so often, no symbol longer than `limit` bits.
  ///
  /// By package-merge (Larmore and Hirschberg, "A fast algorithm for optimal length-limited Huffman codes", 1990).
  /// - Precondition: 2 to the power of `limit` symbols or fewer occur, and two or more.
  init(frequencies: [Int], limit: Int) {
    lengths = Self.lengths(frequencies, limit)
    codes = Self.codes(lengths)
  }

  /// The bits that symbols of these frequencies take.
  func bitCount(of frequencies: [Int]) -> Int { zip(frequencies, lengths).reduce(0) { $0 + $1.0 * Int($1.1) } }

  /// A symbol, or two items that stay together from here on.
  private struct Item {
    let weight: Int
    let symbol: Int
    let parts: (Int, Int)?
  }

  private static func lengths(_ frequencies: [Int], _ limit: Int) -> [UInt8] {
    var items = frequencies.indices.filter { frequencies[$0] > 0 }
      .map { Item(weight: frequencies[$0], symbol: $0, parts: nil) }
    items.sort { ($0.weight, $0.symbol) < ($1.weight, $1.symbol) }
    let symbolCount = items.count
    precondition(symbolCount >= 2 && symbolCount <= 1 << limit, "a code of \(limit) bits for \(symbolCount) symbols")
    // Each round pairs the items of the last and merges the pairs with the symbols, lightest first.
    var list = Array(0..<symbolCount)
    for _ in 1..<limit {
      var merged: [Int] = []
      merged.reserveCapacity(symbolCount + list.count / 2)
      var symbol = 0
      for pair in stride(from: 0, to: list.count - 1, by: 2) {
        let (first, second) = (list[pair], list[pair + 1])
        let weight = items[first].weight + items[second].weight
        while symbol < symbolCount, items[symbol].weight <= weight {
          merged.append(symbol)
          symbol += 1
        }
        merged.append(items.count)
        items.append(Item(weight: weight, symbol: -1, parts: (first, second)))
      }
      merged.append(contentsOf: symbol..<symbolCount)
      list = merged
    }
    // How often a symbol is in the lightest items is its length.
    var lengths = [UInt8](repeating: 0, count: frequencies.count)
    var open = Array(list.prefix(2 * symbolCount - 2))
    while let index = open.popLast() {
      if let (first, second) = items[index].parts {
        open.append(first)
        open.append(second)
      } else {
        lengths[items[index].symbol] += 1
      }
    }
    return lengths
  }

  private static func codes(_ lengths: [UInt8]) -> [UInt16] {
    var counts = [UInt16](repeating: 0, count: 17)
    for length in lengths where length > 0 { counts[Int(length)] += 1 }
    var next = [UInt16](repeating: 0, count: 17)
    for length in 1..<17 { next[length] = (next[length - 1] &+ counts[length - 1]) &<< 1 }
    return lengths.map { length in
      guard length > 0 else { return 0 }
      defer { next[Int(length)] &+= 1 }
      var (code, reversed) = (next[Int(length)], UInt16(0))
      for _ in 0..<length {
        reversed = reversed << 1 | code & 1
        code >>= 1
      }
      return reversed
    }
  }
}
