import CPixels
import Tensors

/// Turns samples into numbers: reads, decodes, transforms and fills a place in a batch. Its memory is reused: one per
/// worker.
struct SampleProcessor: ~Copyable {
  private let preprocessing: Preprocessing
  private let tables: ValueTables
  private var content = SampleContent()
  private var decoder: ImageDecoder
  private var canvas = PixelCanvas()
  private var luma = PixelMemory()
  private var operations: [PixelOperation] = []

  init(_ preprocessing: Preprocessing) {
    self.preprocessing = preprocessing
    decoder = ImageDecoder(preprocessing.decoding)
    tables = ValueTables(preprocessing)
  }

  /// Processes one sample of a dataset.
  /// - Parameters:
  ///   - random: The source of the transforms' parameters.
  ///   - target: [C, H, W], as the preprocessing says; written whole.
  mutating func process(
    _ index: Int, of dataset: some Dataset, random: RandomSource, into target: UnsafeMutablePointer<Float>
  ) throws(DatasetsError) {
    defer {
      content.trim()
      decoder.trim()
    }
    // The name is made only for an error.
    do throws(DatasetsError) {
      try dataset.read(index, into: &content)
      try fill(target, random: random)
    } catch {
      throw DatasetsError(error, ofSample: dataset.describe(index))
    }
  }

  /// Processes a decoded image.
  mutating func process(
    _ image: Image, random: RandomSource, into target: UnsafeMutablePointer<Float>
  ) throws(DatasetsError) {
    content.setPixels(image.size, channels: image.channels) { bytes in
      image.pixels.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }
    defer { content.trim() }
    try fill(target, random: random)
  }

  /// Decodes, transforms and writes the content.
  private mutating func fill(_ target: UnsafeMutablePointer<Float>, random: RandomSource) throws(DatasetsError) {
    var random = random
    let opened = try decoder.open(content, named: "")
    try plan(for: opened.orientation.size(after: opened.size), random: &random)
    let decoding = DecodingPlan(operations, for: opened, reduces: preprocessing.decoding.reducesJPEG)
    var view = converted(try decoder.decode(decoding.part, of: opened, named: ""))
    operations = decoding.operations
    // A flip at the end costs nothing: the rows are read backwards.
    let isMirrored = operations.last == .flip
    if isMirrored { operations.removeLast() }
    view = canvas.apply(operations, to: view)
    tables.values.withUnsafeBufferPointer { tables in
      guard let tables = tables.baseAddress else { return }
      cpixels_fill_planes(
        view.base, view.rowBytes, Int32(view.size.width), Int32(view.size.height), Int32(view.channels),
        Int32(preprocessing.channels), isMirrored ? 1 : 0, tables, target)
    }
    if let erasing = preprocessing.erasing, let box = erasing.box(in: view.size, random: &random) {
      erasing.erase(box, of: view.size, channels: preprocessing.channels, in: target, random: &random)
    }
    luma.trim()
    canvas.trim()
  }

  /// What the steps come down to for an image of a size, into `operations`.
  private mutating func plan(for source: ImageSize, random: inout RandomSource) throws(DatasetsError) {
    var size = source
    operations.removeAll(keepingCapacity: true)
    for transform in preprocessing.transforms {
      for operation in try transform.operations(for: size, random: &random) {
        operations.append(operation)
        try check(operation, on: size, of: source)
        size = operation.size(after: size)
        // An image of extreme proportions can become one that fits no memory.
        let (count, overflow) = size.width.multipliedReportingOverflow(by: size.height)
        guard !overflow, count <= ImageDecoder.mostPixels else {
          throw DatasetsError(
            .tooLarge,
            "has \(source) pixels, of which the preprocessing would make \(size); at most \(ImageDecoder.mostPixels) "
              + "are made: remove or crop it")
        }
      }
    }
  }

  /// Refuses to resize an image whose row or column is so long that the weights alone would fill memory.
  private func check(_ operation: PixelOperation, on size: ImageSize, of source: ImageSize) throws(DatasetsError) {
    guard case .resize(let target, let interpolation) = operation else { return }
    let most = max(
      ResampleWeights.count(from: size.width, to: target.width, interpolation),
      ResampleWeights.count(from: size.height, to: target.height, interpolation))
    guard most <= ResampleWeights.mostWeights else {
      throw DatasetsError(
        .tooLarge,
        "has \(source) pixels, which to resize from \(size) to \(target) takes \(most) weights; at most "
          + "\(ResampleWeights.mostWeights) are made: remove or crop it")
    }
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
}
