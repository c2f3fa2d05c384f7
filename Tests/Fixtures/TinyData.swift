import Foundation
import Tensors

/// A folder of small images for trainings that take a second.
///
/// They are 28×28 gray in the MNIST family's IDX format, and their classes differ by where a bright square stands, so that
/// a net can learn them.
public struct TinyData: Sendable {
  /// What `--data` takes.
  public let path: String

  /// Writes training and test images.
  /// - Parameters:
  ///   - count: Training images; a quarter of it are test images.
  ///   - classes: At most 9.
  public init(
    in folder: TemporaryFolder, named name: String = "data", count: Int = 60, classes: Int = 3, seed: UInt64 = 5
  )
    throws
  {
    path = try folder.makeFolder(name)
    try Self.write("train", count: count, classes: classes, seed: seed, to: path)
    try Self.write("t10k", count: max(count / 4, classes), classes: classes, seed: seed + 1, to: path)
  }

  private static func write(_ part: String, count: Int, classes: Int, seed: UInt64, to folder: String) throws {
    var images = header(0x0803, [count, Pattern.side, Pattern.side])
    var labels = header(0x0801, [count])
    var random = RandomSource(seed: seed, purpose: .synthetic)
    for index in 0..<count {
      labels.append(UInt8(index % classes))
      images.append(contentsOf: Pattern.pixels(of: index % classes, &random))
    }
    try images.write(to: URL(fileURLWithPath: "\(folder)/\(part)-images-idx3-ubyte"))
    try labels.write(to: URL(fileURLWithPath: "\(folder)/\(part)-labels-idx1-ubyte"))
  }

  private static func header(_ magic: UInt32, _ extents: [Int]) -> Data {
    ([magic] + extents.map(UInt32.init)).reduce(into: Data()) { data, value in
      withUnsafeBytes(of: value.bigEndian) { data.append(contentsOf: $0) }
    }
  }
}

/// What the images of the tests show.
enum Pattern {
  static let side = 28

  /// Noise with a bright square in one of nine places.
  static func pixels(of label: Int, _ random: inout RandomSource) -> [UInt8] {
    var pixels: [UInt8] = []
    for y in 0..<side {
      for x in 0..<side {
        let isBright = (y / 9 == label % 3) && (x / 9 == label / 3)
        pixels.append(UInt8(random.integer(below: 100)) + (isBright ? 150 : 0))
      }
    }
    return pixels
  }
}
