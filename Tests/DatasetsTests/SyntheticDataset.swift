import Datasets

/// Images made from their index: no file is needed, and every pixel is known.
struct SyntheticDataset: Dataset {
  var count = 23
  var size = ImageSize(9, 13)
  var channels = 3
  /// Samples that claim to be damaged files.
  var corrupt: Set<Int> = []

  var classNames: [String] { ["even", "odd"] }
  var imageSize: ImageSize? { size }
  func label(of index: Int) -> Int32 { Int32(index % 2) }
  func describe(_ index: Int) -> String { "synthetic[\(index)]" }

  func pixel(_ index: Int, _ offset: Int) -> UInt8 { UInt8(truncatingIfNeeded: (index + 1) &* 131 &+ offset &* 37) }

  func read(_ index: Int, into content: inout SampleContent) throws(DatasetsError) {
    if corrupt.contains(index) { throw DatasetsError(.corrupt, at: describe(index), "is damaged on purpose") }
    content.setPixels(size, channels: channels) { bytes in
      for offset in bytes.indices { bytes[offset] = pixel(index, offset) }
    }
  }
}
