extension Philox {
  /// Writes the words of consecutive blocks: word i of `words` is word i % 4 of the block whose counter's first word is
  /// `counter[0] + i / 4`, wrapping around.
  ///
  /// Several times faster than ``block(counter:key:)`` for many words: the compiler computes blocks side by side.
  /// - Parameter words: Uninitialised or initialised; the last block may be cut short.
  package static func fill(_ words: UnsafeMutableBufferPointer<UInt32>, counter: SIMD4<UInt32>, key: SIMD2<UInt32>) {
    guard let base = words.baseAddress else { return }
    let whole = words.count / 4
    let (first, second, third, fourth) = (counter[0], counter[1], counter[2], counter[3])
    let (firstKey, secondKey) = (UInt64(key[0]), UInt64(key[1]))
    var index = 0
    while index < whole {
      // Words live in the low halves of 64-bit numbers, whose upper halves hold what nobody reads: this, the masks before
      // the products and the wrapping operators are what the optimiser needs to use vector instructions.
      var word0 = UInt64(first &+ UInt32(truncatingIfNeeded: index))
      var (word1, word2, word3) = (UInt64(second), UInt64(third), UInt64(fourth))
      var (key0, key1) = (firstKey, secondKey)
      var round = 0
      while round < 10 {
        let product0 = (word0 & 0xFFFF_FFFF) &* 0xD251_1F53
        let product1 = (word2 & 0xFFFF_FFFF) &* 0xCD9E_8D57
        word0 = (product1 &>> 32) ^ word1 ^ key0
        word1 = product1
        word2 = (product0 &>> 32) ^ word3 ^ key1
        word3 = product0
        key0 &+= 0x9E37_79B9
        key1 &+= 0xBB67_AE85
        round &+= 1
      }
      base[4 &* index] = UInt32(truncatingIfNeeded: word0)
      base[4 &* index &+ 1] = UInt32(truncatingIfNeeded: word1)
      base[4 &* index &+ 2] = UInt32(truncatingIfNeeded: word2)
      base[4 &* index &+ 3] = UInt32(truncatingIfNeeded: word3)
      index &+= 1
    }
    let rest = words.count - 4 * whole
    if rest > 0 {
      let last = block(counter: SIMD4(first &+ UInt32(truncatingIfNeeded: whole), second, third, fourth), key: key)
      for lane in 0..<rest { base[4 * whole + lane] = last[lane] }
    }
  }
}
