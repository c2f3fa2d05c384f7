import CPixels

/// Memory that grows as needed and is reused: one worker's scratch.
///
/// The kernels may read a few bytes past the last pixel, so every allocation has that slack.
struct PixelMemory: ~Copyable {
  /// More than this is not kept from sample to sample: one huge image must not hold its memory for the whole run.
  static let keptByteCount = 64 << 20

  private(set) var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int

  init() {
    capacity = 0
    base = Self.allocate(0)
  }

  deinit { base.deallocate() }

  /// Makes room for `count` bytes. What was there is lost when the memory has to grow.
  mutating func reserve(_ count: Int) {
    guard count > capacity else { return }
    base.deallocate()
    capacity = max(count, min(2 * capacity, Self.keptByteCount))
    base = Self.allocate(capacity)
  }

  /// Gives unusually much memory back.
  mutating func trim() {
    guard capacity > Self.keptByteCount else { return }
    base.deallocate()
    capacity = 0
    base = Self.allocate(0)
  }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: count + CPIXELS_SLACK, alignment: 64)
    return bytes.bindMemory(to: UInt8.self, capacity: count + CPIXELS_SLACK)
  }
}

/// Pixels in someone else's memory: rows of interleaved 8-bit channels, 1 or 3.
///
/// Whoever makes a view says how long it is valid. After the last pixel the slack of ``PixelMemory`` is readable.
struct PixelView {
  let base: UnsafePointer<UInt8>
  let size: ImageSize
  let channels: Int
  let rowBytes: Int

  /// The part inside a box, without copying. Traps when the box leaves the image.
  func cropped(to box: PixelBox) -> PixelView {
    precondition(
      box.left >= 0 && box.top >= 0 && box.left + box.size.width <= size.width
        && box.top + box.size.height <= size.height, "the box \(box) leaves the image of \(size)")
    return PixelView(
      base: base + box.top * rowBytes + box.left * channels, size: box.size, channels: channels, rowBytes: rowBytes)
  }
}
