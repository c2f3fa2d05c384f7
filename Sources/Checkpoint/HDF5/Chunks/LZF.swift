/// The format of liblzf, which h5py's `compression="lzf"` writes: runs of bytes as they are, and references to bytes that came
/// before.
///
/// A first byte below 32 begins a run of so many bytes and one more. In any other, the upper three bits are the length of a
/// reference less 2 (7: the next byte is added), the lower five with one more byte its distance less 1.
enum LZF {
  /// Unpacks a whole block.
  /// - Returns: How many bytes came out; `nil` when the block is damaged, or more would come out than fits.
  static func decompress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
    var (next, done) = (0, 0)
    while next < input.count {
      let control = Int(input[next])
      next += 1
      if control < 32 {
        let count = control + 1
        guard count <= input.count - next, count <= output.count - done else { return nil }
        UnsafeMutableRawBufferPointer(rebasing: output[done..<done + count]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: input[next..<next + count]))
        next += count
        done += count
        continue
      }
      var count = control >> 5
      if count == 7 {
        guard next < input.count else { return nil }
        count += Int(input[next])
        next += 1
      }
      count += 2
      guard next < input.count else { return nil }
      let distance = (control & 31) << 8 + Int(input[next]) + 1
      next += 1
      guard distance <= done, count <= output.count - done else { return nil }
      // What is copied may be what has just been copied: byte after byte.
      for index in done..<done + count { output[index] = output[index - distance] }
      done += count
    }
    return done
  }
}
