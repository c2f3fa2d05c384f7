import CPixels
import Tensors

/// Turns samples into numbers: reads, decodes, transforms and fills a place in a batch. Its memory is reused: one per
/// worker.
struct SampleProcessor: ~Copyable {
  private let preprocessing: Preprocessing
  private let tables: ValueTables
  private var content = SampleContent()
  private var decoder = ImageDecoder()
  private var resampler = Resampler()
  private var luma = PixelMemory()
  private var operations: [PixelOperation] = []
  // Steps write to one of these in turn and read from the other.
  private var first = PixelMemory()
  private var second = PixelMemory()

  init(_ preprocessing: Preprocessing) {
    self.preprocessing = preprocessing
    tables = ValueTables(preprocessing)
  }

  /// Processes one sample of a dataset.
  /// - Parameters:
  ///   - random: The source of the transforms' parameters.
  ///   - target: [C, H, W], as the preprocessing says; written whole.
  mutating func process(
    _ index: Int, of dataset: some Dataset, random: RandomSource, into target: UnsafeMutablePointer<Float>
  ) throws(DatasetsError) {
    try dataset.read(index, into: &content)
    // The name is made only for an error.
    let view: PixelView
    do throws(DatasetsError) { view = try decoder.decode(content, named: "") } catch {
      throw DatasetsError(error.code, at: dataset.describe(index), error.message)
    }
    fill(target, from: view, random: random)
    content.trim()
    decoder.trim()
  }

  /// Processes a decoded image.
  mutating func process(_ image: Image, random: RandomSource, into target: UnsafeMutablePointer<Float>) {
    content.setPixels(image.size, channels: image.channels) { bytes in
      image.pixels.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }
    if let view = content.view { fill(target, from: view, random: random) }
    content.trim()
  }

  private mutating func fill(_ target: UnsafeMutablePointer<Float>, from view: PixelView, random: RandomSource) {
    var random = random
    var view = converted(view)
    var size = view.size
    operations.removeAll(keepingCapacity: true)
    for transform in preprocessing.transforms {
      for operation in transform.operations(for: size, random: &random) {
        operations.append(operation)
        size = operation.size(after: size)
      }
    }
    // A flip at the end costs nothing: the rows are read backwards.
    let isMirrored = operations.last == .flip
    if isMirrored { operations.removeLast() }
    view = apply(to: view)
    tables.values.withUnsafeBufferPointer { tables in
      guard let tables = tables.baseAddress else { return }
      cpixels_fill_planes(
        view.base, view.rowBytes, Int32(view.size.width), Int32(view.size.height), Int32(view.channels),
        Int32(preprocessing.channels), isMirrored ? 1 : 0, tables, target)
    }
    luma.trim()
    first.trim()
    second.trim()
  }

  /// RGB as luma when the preprocessing wants gray. Gray stays at one channel, which stands for three equal ones.
  private mutating func converted(_ view: PixelView) -> PixelView {
    guard preprocessing.mode == .gray, view.channels == 3 else { return view }
    luma.reserve(view.size.width * view.size.height)
    for row in 0..<view.size.height {
      cpixels_rgb_to_luma(view.base + row * view.rowBytes, luma.base + row * view.size.width, view.size.width)
    }
    return PixelView(base: UnsafePointer(luma.base), size: view.size, channels: 1, rowBytes: view.size.width)
  }

  private mutating func apply(to source: PixelView) -> PixelView {
    var view = source
    var next = 0
    while next < operations.count {
      let operation = operations[next]
      next += 1
      switch operation {
      case .crop(let box): view = view.cropped(to: box)
      case .resize(let size, let interpolation):
        // Of what is cropped away afterwards, nothing is computed.
        var window = PixelBox(left: 0, top: 0, size: size)
        if next < operations.count, case .crop(let box) = operations[next] {
          window = box
          next += 1
        }
        view = resampler.resize(view, to: size, interpolation, window: window, into: &first)
        swap(&first, &second)
      case .pad(let left, let top, let size):
        view = padded(view, left: left, top: top, to: size)
      case .flip: view = mirrored(view)
      }
    }
    return view
  }

  private mutating func padded(_ view: PixelView, left: Int, top: Int, to size: ImageSize) -> PixelView {
    let rowBytes = size.width * view.channels
    first.reserve(rowBytes * size.height)
    first.base.update(repeating: 0, count: rowBytes * size.height)
    Resampler.copy(view, to: first.base + top * rowBytes + left * view.channels, targetRowBytes: rowBytes)
    return written(size, view.channels)
  }

  private mutating func mirrored(_ view: PixelView) -> PixelView {
    let rowBytes = view.size.width * view.channels
    first.reserve(rowBytes * view.size.height)
    cpixels_mirror(
      view.base, view.rowBytes, first.base, rowBytes, Int32(view.size.width), Int32(view.size.height),
      Int32(view.channels))
    return written(view.size, view.channels)
  }

  /// The view of what was just written to `first`, which the next step reads while it writes the other.
  private mutating func written(_ size: ImageSize, _ channels: Int) -> PixelView {
    swap(&first, &second)
    return PixelView(base: UnsafePointer(second.base), size: size, channels: channels, rowBytes: size.width * channels)
  }
}
