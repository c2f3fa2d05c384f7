import Testing

@testable import Checkpoint

struct ShuffleTests {
  /// Found by random damage: elements of terabytes took as many rounds of nothing.
  @Test func elementsLargerThanTheBytesAreNone() {
    let input: [UInt8] = [1, 2, 3, 4, 5]
    var output = [UInt8](repeating: 0, count: 5)
    input.withUnsafeBytes { source in
      output.withUnsafeMutableBytes { Shuffle.unshuffle(source, elementSize: 1 << 60, into: $0) }
    }
    #expect(output == input)
    output = [0, 0, 0, 0, 0]
    input.withUnsafeBytes { source in
      output.withUnsafeMutableBytes { Shuffle.shuffle(source, elementSize: 1 << 60, into: $0) }
    }
    #expect(output == input)
  }
}
