import CPixels

/// Resizes images as Pillow does, bit for bit, and computes only the part of the result that is wanted.
struct Resampler: ~Copyable {
  private var horizontal = ResampleWeights()
  private var vertical = ResampleWeights()
  private var between = PixelMemory()
  private var starts: [Int32] = []

  /// Resizes an image to `size` and keeps the box `window` of the result.
  /// - Parameter region: The part that is resized, in all of whose pixels the filter may look; all when `nil`.
  /// - Returns: A view into `target`, which may not be where `source` lies.
  mutating func resize(
    _ source: PixelView, _ region: PixelRegion? = nil, to size: ImageSize, _ interpolation: Interpolation,
    window: PixelBox,
    into target: inout PixelMemory
  ) -> PixelView {
    let rowBytes = window.size.width * source.channels
    target.reserve(rowBytes * window.size.height)
    let result = PixelView(
      base: UnsafePointer(target.base), size: window.size, channels: source.channels, rowBytes: rowBytes)
    if interpolation == .nearest {
      precondition(region == nil, "nearest neighbours are taken from whole images")
      Self.nearest(source, to: size, window: window, target: target.base)
      return result
    }
    let columns = window.left..<window.left + window.size.width
    let rows = window.top..<window.top + window.size.height
    let isWider = region != nil || source.size.width != size.width
    let isTaller = region != nil || source.size.height != size.height
    if isWider {
      horizontal.prepare(
        inputs: source.size.width, from: region?.left ?? 0, extent: region?.width ?? Float(source.size.width),
        outputs: size.width, interpolation: interpolation)
    }
    if isTaller {
      vertical.prepare(
        inputs: source.size.height, from: region?.top ?? 0, extent: region?.height ?? Float(source.size.height),
        outputs: size.height, interpolation: interpolation)
    }

    switch (isWider, isTaller) {
    case (false, false): Self.copy(source.cropped(to: window), to: target.base)
    case (true, false):
      let box = PixelBox(left: 0, top: window.top, size: ImageSize(rows.count, source.size.width))
      resizeRows(source.cropped(to: box), columns, to: target.base)
    case (false, true):
      let box = PixelBox(left: window.left, top: 0, size: ImageSize(source.size.height, columns.count))
      resizeColumns(source.cropped(to: box), rows, to: target.base)
    case (true, true):
      if Self.isVerticalFirst(from: source.size, to: size) {
        verticalFirst(source, columns, rows, to: target.base)
      } else {
        horizontalFirst(source, columns, rows, to: target.base)
      }
    }
    return result
  }

  /// Gives memory back that only an unusual image needed.
  mutating func trim() {
    horizontal.trim()
    vertical.trim()
  }

  /// Pillow 13 starts with the pass that leaves fewer pixels; the order shows in the rounding between the passes.
  static func isVerticalFirst(from source: ImageSize, to size: ImageSize) -> Bool {
    size.height < source.height && source.height - size.height > 2 * (source.width - size.width)
  }

  private mutating func horizontalFirst(
    _ source: PixelView, _ columns: Range<Int>, _ rows: Range<Int>, to target: UnsafeMutablePointer<UInt8>
  ) {
    let needed = vertical.inputs(of: rows)
    let rowBytes = columns.count * source.channels
    between.reserve(rowBytes * needed.count)
    let box = PixelBox(left: 0, top: needed.lowerBound, size: ImageSize(needed.count, source.size.width))
    resizeRows(source.cropped(to: box), columns, to: between.base)
    let middle = PixelView(
      base: UnsafePointer(between.base), size: ImageSize(needed.count, columns.count), channels: source.channels,
      rowBytes: rowBytes)
    resizeColumns(middle, rows, origin: needed.lowerBound, to: target)
    between.trim()
  }

  private mutating func verticalFirst(
    _ source: PixelView, _ columns: Range<Int>, _ rows: Range<Int>, to target: UnsafeMutablePointer<UInt8>
  ) {
    let needed = horizontal.inputs(of: columns)
    let rowBytes = needed.count * source.channels
    between.reserve(rowBytes * rows.count)
    let box = PixelBox(left: needed.lowerBound, top: 0, size: ImageSize(source.size.height, needed.count))
    resizeColumns(source.cropped(to: box), rows, to: between.base)
    let middle = PixelView(
      base: UnsafePointer(between.base), size: ImageSize(rows.count, needed.count), channels: source.channels,
      rowBytes: rowBytes)
    resizeRows(middle, columns, origin: needed.lowerBound, to: target)
    between.trim()
  }

  /// One pass along the rows; `origin` is the column of the whole image where `source` starts.
  private mutating func resizeRows(
    _ source: PixelView, _ columns: Range<Int>, origin: Int = 0, to target: UnsafeMutablePointer<UInt8>
  ) {
    horizontal.withAxis(columns, origin: Int32(origin), shifted: &starts) { axis in
      cpixels_resample_horizontal(
        source.base, source.rowBytes, target, columns.count * source.channels, Int32(source.size.height),
        Int32(source.channels), axis)
    }
  }

  /// One pass along the columns; `origin` is the row of the whole image where `source` starts.
  private mutating func resizeColumns(
    _ source: PixelView, _ rows: Range<Int>, origin: Int = 0, to target: UnsafeMutablePointer<UInt8>
  ) {
    let rowBytes = source.size.width * source.channels
    vertical.withAxis(rows, origin: Int32(origin), shifted: &starts) { axis in
      cpixels_resample_vertical(source.base, source.rowBytes, target, rowBytes, Int32(rowBytes), axis)
    }
  }

  /// Pillow's nearest neighbour: positions are summed up in double precision, as its affine transform does.
  private static func nearest(
    _ source: PixelView, to size: ImageSize, window: PixelBox, target: UnsafeMutablePointer<UInt8>
  ) {
    let columns = positions(source.size.width, size.width)[window.left..<window.left + window.size.width]
    let rows = positions(source.size.height, size.height)[window.top..<window.top + window.size.height]
    var to = target
    for row in rows {
      let from = source.base + row * source.rowBytes
      for column in columns {
        for channel in 0..<source.channels { to[channel] = from[column * source.channels + channel] }
        to += source.channels
      }
    }
  }

  private static func positions(_ inputs: Int, _ outputs: Int) -> [Int] {
    let scale = Double(inputs) / Double(outputs)
    var position = scale * 0.5
    return (0..<outputs).map { _ in
      defer { position += scale }
      return min(Int(position), inputs - 1)
    }
  }

  /// Copies a view row by row.
  static func copy(_ source: PixelView, to target: UnsafeMutablePointer<UInt8>, targetRowBytes: Int? = nil) {
    let rowBytes = source.size.width * source.channels
    for row in 0..<source.size.height {
      (target + row * (targetRowBytes ?? rowBytes)).update(from: source.base + row * source.rowBytes, count: rowBytes)
    }
  }
}
