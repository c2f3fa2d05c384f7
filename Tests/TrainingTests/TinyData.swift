import Foundation
import Tensors

/// A folder of small images for trainings that take a second.
///
/// They are 28×28 gray in the MNIST family's IDX format, and their classes differ by where a bright square
/// stands, so that a net can learn them.
struct TinyData {
  private let folder: URL
  /// What `--data` takes.
  var path: String { folder.path }

  /// Writes training and test images.
  /// - Parameter count: Of training images; a quarter of it of test images.
  init(in parent: URL, count: Int = 60, classes: Int = 3, seed: UInt64 = 5) throws {
    folder = parent.appendingPathComponent("data", isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Self.write("train", count: count, classes: classes, seed: seed, to: folder)
    try Self.write("t10k", count: max(count / 4, classes), classes: classes, seed: seed + 1, to: folder)
  }

  private static func write(_ part: String, count: Int, classes: Int, seed: UInt64, to folder: URL) throws {
    let side = 28
    var images = header(0x0803, [count, side, side])
    var labels = header(0x0801, [count])
    var random = RandomSource(seed: seed, purpose: .synthetic)
    for index in 0..<count {
      let label = index % classes
      labels.append(UInt8(label))
      for y in 0..<side {
        for x in 0..<side {
          let isBright = (y / 9 == label % 3) && (x / 9 == label / 3)
          images.append(UInt8(random.integer(below: 100)) + (isBright ? 150 : 0))
        }
      }
    }
    try images.write(to: folder.appendingPathComponent("\(part)-images-idx3-ubyte"))
    try labels.write(to: folder.appendingPathComponent("\(part)-labels-idx1-ubyte"))
  }

  private static func header(_ magic: UInt32, _ extents: [Int]) -> Data {
    var data = Data()
    for value in [magic] + extents.map(UInt32.init) {
      withUnsafeBytes(of: value.bigEndian) { data.append(contentsOf: $0) }
    }
    return data
  }
}

/// A folder that goes when the test ends.
final class TemporaryFolder {
  let url: URL
  var path: String { url.path }

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "zoo-tests-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}
