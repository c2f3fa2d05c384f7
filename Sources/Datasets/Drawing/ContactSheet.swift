import Tensors

/// A picture of samples as a network gets them, each with its class beneath: augmented, cropped, erased, turned back from
/// numbers to colours.
public struct ContactSheet: Sendable {
  /// So many images fit on a sheet.
  public static let mostImages = 1000

  private let dataset: any Dataset
  private let preprocessing: Preprocessing
  private let mixing: BatchMixing
  private let samples: [Int]
  private let variants: Int
  private let seed: UInt64
  private let columns: Int

  /// A sheet of samples chosen at random.
  /// - Parameters:
  ///   - count: How many samples; all when there are fewer.
  ///   - variants: How many epochs of each are shown side by side; random steps differ in each.
  ///   - mixing: How images are mixed: each with the one shown before it, and the first with the last, as in a batch of
  ///     its own.
  ///   - seed: What a training with that seed does to an image in an epoch is shown.
  /// - Throws: ``DatasetsError`` of code `argument` when too many or no images are asked for.
  public init(
    _ dataset: any Dataset, preprocessing: Preprocessing, count: Int = 24, variants: Int = 1,
    mixing: BatchMixing = BatchMixing(), seed: UInt64 = 0
  ) throws(DatasetsError) {
    guard count >= 1, variants >= 1, count <= Self.mostImages / variants else {
      throw DatasetsError(
        .argument, "a sheet of \(count) samples in \(variants) variants; it takes 1 to \(Self.mostImages) images in all"
      )
    }
    guard dataset.count > 0 else { throw DatasetsError(.empty, "the dataset has no samples") }
    self.dataset = dataset
    self.preprocessing = preprocessing
    self.variants = variants
    self.mixing = mixing
    self.seed = seed
    var random = RandomSource(seed: seed, purpose: .shuffle)
    samples = Array(dataset.shuffled(by: &random).prefix(count))
    var columns = 1
    while columns * columns * 2 < samples.count * 3 { columns += 1 }
    self.columns = variants > 1 ? variants : min(columns, samples.count)
  }

  private static let margin = 4
  private static let ink = FillColor(gray: 32)
  private static let wrong = FillColor(red: 200, green: 30, blue: 30)

  /// Makes the images and draws the sheet. An image that cannot be decoded is a red box that says so.
  /// - Throws: ``DatasetsError`` when a file is missing or cannot be read, or the sheet fits no memory.
  public func drawing() throws(DatasetsError) -> Drawing {
    let size = preprocessing.outputSize
    // Small images are enlarged by a whole number, so that text beneath them can be read.
    let scale = max(1, 96 / max(size.width, 1))
    let cell = ImageSize(
      size.height * scale + BitmapFont.height + 2 * Self.margin, size.width * scale + Self.margin)
    let rows = (samples.count * variants + columns - 1) / columns
    let title = preprocessing.transforms.map(\.title).joined(separator: ", ")
    let width = columns * cell.width + Self.margin
    let top = BitmapFont.height + 2 * Self.margin
    let height = rows * cell.height + top
    guard width * height <= ImageDecoder.mostPixels else {
      throw DatasetsError(.tooLarge, "the sheet would have \(height)x\(width) pixels: ask for fewer images")
    }
    var drawing = Drawing(ImageSize(height, width))
    drawing.write(Self.fitting(title, width - 2 * Self.margin), left: Self.margin, top: Self.margin, Self.ink)
    var processor = SampleProcessor(preprocessing)
    for place in 0..<samples.count * variants {
      let left = place % columns * cell.width + Self.margin
      let y = place / columns * cell.height + top
      var caption = name(of: samples[place / variants])
      var color = Self.ink
      do throws(DatasetsError) {
        let image: Image
        (image, caption) = try shown(place / variants, epoch: place % variants, &processor)
        drawing.draw(image.enlarged(by: scale), left: left, top: y)
      } catch {
        guard error.concernsOneImage else { throw error }
        drawing.fill(
          PixelBox(left: left, top: y, size: ImageSize(size.height * scale, size.width * scale)), Self.wrong)
        caption = "corrupt: " + caption
        color = Self.wrong
      }
      let line = Self.fitting(caption, cell.width - Self.margin)
      drawing.write(line, left: left, top: y + size.height * scale + Self.margin / 2, color)
    }
    return drawing
  }

  /// The class of a sample.
  private func name(of sample: Int) -> String {
    let label = Int(dataset.label(of: sample))
    return dataset.classNames.indices.contains(label) ? dataset.classNames[label] : "no class"
  }

  /// One of the chosen samples as the network gets it in an epoch, mixed with its neighbour, and what is written beneath.
  private func shown(
    _ index: Int, epoch: Int, _ processor: inout SampleProcessor
  ) throws(DatasetsError) -> (Image, String) {
    let (sample, size) = (samples[index], preprocessing.outputSize)
    var values = try self.values(of: sample, epoch: epoch, &processor)
    var caption = name(of: sample)
    var random = RandomSource(seed: seed, purpose: .mixing, first: UInt64(epoch), second: UInt64(index))
    if let mixture = mixing.mixture(size: size, &random) {
      let neighbour = samples[index == 0 ? samples.count - 1 : index - 1]
      let (count, share) = (values.count, Int((mixture.share * 100).rounded()))
      values += try self.values(of: neighbour, epoch: epoch, &processor)
      values.withUnsafeMutableBufferPointer { values in
        guard let base = values.baseAddress else { return }
        mixture.apply(to: base, count: 2, shape: [preprocessing.channels, size.height, size.width])
      }
      values.removeLast(count)
      caption = "\(share)% \(caption), \(100 - share)% \(name(of: neighbour))"
    }
    return (preprocessing.image(of: values), caption)
  }

  /// A sample as the network gets it in an epoch: [channels, height, width].
  private func values(
    of sample: Int, epoch: Int, _ processor: inout SampleProcessor
  ) throws(DatasetsError) -> [Float] {
    let size = preprocessing.outputSize
    var values = [Float](repeating: 0, count: preprocessing.channels * size.height * size.width)
    let random = RandomSource(seed: seed, purpose: .augmentation, first: UInt64(epoch), second: UInt64(sample))
    var failure: DatasetsError?
    values.withUnsafeMutableBufferPointer { values in
      guard let base = values.baseAddress else { return }
      do throws(DatasetsError) {
        try processor.process(sample, of: dataset, random: random, into: base)
      } catch { failure = error }
    }
    if let failure { throw failure }
    return values
  }

  /// As much of a text as a width takes.
  private static func fitting(_ text: String, _ width: Int) -> String {
    let count = max(width / BitmapFont.advance, 1)
    return text.count <= count ? text : String(text.prefix(max(count - 2, 0))) + ".."
  }
}

extension Image {
  /// Each pixel as a square of pixels.
  package func enlarged(by scale: Int) -> Image {
    guard scale > 1 else { return self }
    var larger = [UInt8]()
    larger.reserveCapacity(pixels.count * scale * scale)
    for row in 0..<size.height {
      var line = [UInt8]()
      for column in 0..<size.width {
        let start = (row * size.width + column) * channels
        for _ in 0..<scale { line += pixels[start..<start + channels] }
      }
      for _ in 0..<scale { larger += line }
    }
    return Image(size: ImageSize(size.height * scale, size.width * scale), channels: channels, pixels: larger)
  }
}

extension Preprocessing {
  /// What the network gets of an image, [channels, height, width], turned back to 8 bits.
  package func image(of values: [Float]) -> Image {
    let pixelCount = outputSize.height * outputSize.width
    var pixels = [UInt8](repeating: 0, count: values.count)
    for channel in 0..<channels {
      let (mean, deviation) = normalization(of: channel)
      for pixel in 0..<pixelCount {
        let value = (values[channel * pixelCount + pixel] * deviation + mean) * 255
        pixels[pixel * channels + channel] = UInt8(max(0, min(255, value.rounded())))
      }
    }
    return Image(size: outputSize, channels: channels, pixels: pixels)
  }

  /// What is subtracted from a channel's values, which are fractions of 255, and what they are divided by.
  fileprivate func normalization(of channel: Int) -> (mean: Float, deviation: Float) {
    for case .normalize(let mean, let std) in transforms {
      return (Float(mean[mean.count > 1 ? channel : 0]), Float(std[std.count > 1 ? channel : 0]))
    }
    return (0, 1)
  }
}
