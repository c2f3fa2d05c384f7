import CPixels

/// Does pixel operations one after the other, from one memory into another; its memory is reused.
struct PixelCanvas: ~Copyable {
  private var resampler = Resampler()
  // Operations write to `first` and read from `second`, and the two are exchanged.
  private var first = PixelMemory()
  private var second = PixelMemory()

  /// Does all operations.
  /// - Returns: A view into this canvas or of `source`, valid until either changes.
  mutating func apply(_ operations: [PixelOperation], to source: PixelView) -> PixelView {
    var view = source
    var next = 0
    while next < operations.count {
      let operation = operations[next]
      next += 1
      switch operation {
      case .crop(let box): view = view.cropped(to: box)
      case .resize(let size, let interpolation):
        let window = Self.window(of: size, operations, &next)
        view = resampler.resize(view, to: size, interpolation, window: window, into: &first)
        swap(&first, &second)
      case .resample(let region, let size, let interpolation):
        let window = Self.window(of: size, operations, &next)
        view = resampler.resize(view, region, to: size, interpolation, window: window, into: &first)
        swap(&first, &second)
      case .pad(let left, let top, let size, let mode, let fill):
        view = padded(view, left: left, top: top, to: size, mode, fill)
      case .flip: view = mirrored(view)
      case .verticalFlip: view = turnedOver(view)
      case .transpose: view = transposed(view)
      case .affine(let map, let size, let interpolation, let fill):
        view = mapped(view, map, to: size, interpolation, fill)
      case .color(let change):
        let channels = change.channels(of: view)
        first.reserve(view.size.width * view.size.height * view.channels)
        change.apply(to: view, into: first.base)
        view = written(view.size, channels)
      }
    }
    return view
  }

  /// The part of a resized image that the next operation keeps: of what is cropped away, nothing is computed.
  private static func window(of size: ImageSize, _ operations: [PixelOperation], _ next: inout Int) -> PixelBox {
    guard next < operations.count, case .crop(let box) = operations[next] else {
      return PixelBox(left: 0, top: 0, size: size)
    }
    next += 1
    return box
  }

  /// Gives memory back that only an unusually large image needed.
  mutating func trim() {
    first.trim()
    second.trim()
    resampler.trim()
  }

  private mutating func padded(
    _ view: PixelView, left: Int, top: Int, to size: ImageSize, _ mode: Pad.Mode, _ fill: FillColor
  ) -> PixelView {
    if mode == .constant {
      let view = widened(view, for: fill)
      filled(size, view.channels, with: fill)
      let rowBytes = size.width * view.channels
      Resampler.copy(view, to: first.base + top * rowBytes + left * view.channels, targetRowBytes: rowBytes)
      return written(size, view.channels)
    }
    let channels = view.channels
    let columns = (0..<size.width).map { (mode.source(of: $0 - left, count: view.size.width) ?? 0) * channels }
    first.reserve(size.width * size.height * channels)
    var target = first.base
    for row in 0..<size.height {
      let source = view.base + (mode.source(of: row - top, count: view.size.height) ?? 0) * view.rowBytes
      for column in columns {
        for channel in 0..<channels { target[channel] = source[column + channel] }
        target += channels
      }
    }
    return written(size, channels)
  }

  private mutating func mapped(
    _ view: PixelView, _ map: AffineMap, to size: ImageSize, _ interpolation: Interpolation, _ fill: FillColor
  ) -> PixelView {
    let view = widened(view, for: fill)
    filled(size, view.channels, with: fill)
    // What is mapped from is only read.
    var source = cpixels_image(
      base: UnsafeMutablePointer(mutating: view.base), stride: view.rowBytes, width: Int32(view.size.width),
      height: Int32(view.size.height), channels: Int32(view.channels))
    var target = cpixels_image(
      base: first.base, stride: size.width * view.channels, width: Int32(size.width), height: Int32(size.height),
      channels: Int32(view.channels))
    let filter =
      switch interpolation {
      case .nearest: CPIXELS_AFFINE_NEAREST
      case .bilinear: CPIXELS_AFFINE_BILINEAR
      case .bicubic: CPIXELS_AFFINE_BICUBIC
      }
    map.matrix.withUnsafeBufferPointer { matrix in
      guard let matrix = matrix.baseAddress else { return }
      cpixels_affine(&source, &target, matrix, filter)
    }
    return written(size, view.channels)
  }

  /// Gray as three channels where the fill is a colour.
  private mutating func widened(_ view: PixelView, for fill: FillColor) -> PixelView {
    guard view.channels == 1, !fill.isGray else { return view }
    first.reserve(view.size.width * view.size.height * 3)
    var target = first.base
    for row in 0..<view.size.height {
      let source = view.base + row * view.rowBytes
      for column in 0..<view.size.width {
        target.update(repeating: source[column], count: 3)
        target += 3
      }
    }
    return written(view.size, 3)
  }

  /// Paints the memory that is written next.
  private mutating func filled(_ size: ImageSize, _ channels: Int, with fill: FillColor) {
    let count = size.width * size.height * channels
    first.reserve(count)
    if fill.isGray {
      first.base.update(repeating: fill.red, count: count)
      return
    }
    var target = first.base
    for _ in 0..<size.width * size.height {
      (target[0], target[1], target[2]) = (fill.red, fill.green, fill.blue)
      target += 3
    }
  }

  private mutating func mirrored(_ view: PixelView) -> PixelView {
    let rowBytes = view.size.width * view.channels
    first.reserve(rowBytes * view.size.height)
    cpixels_mirror(
      view.base, view.rowBytes, first.base, rowBytes, Int32(view.size.width), Int32(view.size.height),
      Int32(view.channels))
    return written(view.size, view.channels)
  }

  private mutating func turnedOver(_ view: PixelView) -> PixelView {
    let rowBytes = view.size.width * view.channels
    first.reserve(rowBytes * view.size.height)
    for row in 0..<view.size.height {
      let source = view.base + (view.size.height - 1 - row) * view.rowBytes
      (first.base + row * rowBytes).update(from: source, count: rowBytes)
    }
    return written(view.size, view.channels)
  }

  private mutating func transposed(_ view: PixelView) -> PixelView {
    let channels = view.channels
    first.reserve(view.size.width * view.size.height * channels)
    for row in 0..<view.size.height {
      for column in 0..<view.size.width {
        let source = view.base + row * view.rowBytes + column * channels
        (first.base + (column * view.size.height + row) * channels).update(from: source, count: channels)
      }
    }
    return written(ImageSize(view.size.width, view.size.height), channels)
  }

  /// The view of what was just written to `first`, which the next step reads while it writes the other.
  private mutating func written(_ size: ImageSize, _ channels: Int) -> PixelView {
    swap(&first, &second)
    return PixelView(base: UnsafePointer(second.base), size: size, channels: channels, rowBytes: size.width * channels)
  }
}
