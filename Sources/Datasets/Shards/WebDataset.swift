public import Tensors

/// Images in tar archives, the shards of WebDataset: `000.jpg`, `000.cls`, `001.jpg`, …; made by Python's `webdataset`, or by
/// `tar` from files sorted by name.
///
/// Opening it reads every shard's headers and labels; images are read one by one when they are needed, in place, so memory
/// holds a few words for each sample and nothing more. The archives are plain: packed ones (`.tar.gz`) cannot be read so.
///
/// **Order.** A random epoch goes through the shards in random order and through each from its beginning, by way of a
/// buffer that the next sample is drawn from: disks and networks are read in long runs. The order is computed on the
/// numbers of the samples alone, from the seed and the epoch, so a resumed training takes up any batch at once, and the
/// number of workers changes nothing.
public struct WebDataset: Dataset {
  /// The archives, in their order.
  public let shards: [String]
  /// The name of each label.
  public let classNames: [String]
  /// So many samples are waiting to be drawn from in a random epoch, at least 1; 1 keeps each shard's order.
  public let shuffleBuffer: Int

  private struct Sample {
    let shard: Int32
    let label: Int32
    let byteCount: Int
    let offset: Int
    let key: String
    let fileExtension: String
  }
  private let samples: [Sample]
  /// The number of the first sample of each shard, and of all samples.
  private let starts: [Int]

  /// Reads the headers of the shards.
  /// - Parameters:
  ///   - shards: Paths, in the order of the dataset (see ``shards(named:)``).
  ///   - order: How classes are numbered whose labels are names; labels that are all numbers are kept.
  ///   - shuffleBuffer: Samples to draw from in a random epoch, at least 1.
  /// - Throws: ``DatasetsError`` that names the shard: it is not there, damaged, or a sample lacks an image or a label.
  public init(
    _ shards: [String], order: ClassOrder = .codePoint, shuffleBuffer: Int = 1000
  ) throws(DatasetsError) {
    guard shuffleBuffer >= 1 else {
      throw DatasetsError(.argument, "a shuffle buffer of \(shuffleBuffer) samples; it needs at least 1")
    }
    self.shards = shards
    self.shuffleBuffer = shuffleBuffer
    let indices = try concurrently(shards.count) { (shard) throws(DatasetsError) in try ShardIndex(shards[shard]) }
    let texts = indices.flatMap(\.labels)
    guard !texts.isEmpty else { throw DatasetsError(.empty, at: shards.first ?? "", "the shards hold no samples") }
    func place(_ number: Int) -> String {
      var rest = number
      for index in indices {
        if rest < index.samples.count { return "\(index.path)/\(index.samples[rest].key)" }
        rest -= index.samples.count
      }
      return shards.first ?? ""
    }
    let labels: [Int32]
    (labels, classNames) = try WrittenLabels(texts, at: place)
      .numbered(by: order, names: nil, path: shards.first ?? "", at: place)
    var samples: [Sample] = []
    samples.reserveCapacity(texts.count)
    var starts = [0]
    for (shard, index) in indices.enumerated() {
      for sample in index.samples {
        samples.append(
          Sample(
            shard: Int32(shard), label: labels[samples.count], byteCount: sample.byteCount, offset: sample.offset,
            key: sample.key, fileExtension: sample.fileExtension))
      }
      starts.append(samples.count)
    }
    self.samples = samples
    self.starts = starts
  }

  /// The number of samples.
  public var count: Int { samples.count }

  /// The label of a sample.
  public func label(of index: Int) -> Int32 { samples[index].label }

  /// `shard-000.tar/000.jpg`, with the folder before it.
  public func describe(_ index: Int) -> String { "\(shards[Int(samples[index].shard)])/\(name(samples[index]))" }

  /// The same without the folder.
  public func identifier(of index: Int) -> String {
    let shard = shards[Int(samples[index].shard)]
    return "\(shard.split(separator: "/").last ?? "")/\(name(samples[index]))"
  }

  private func name(_ sample: Sample) -> String { "\(sample.key).\(sample.fileExtension)" }

  /// Reads an image out of its shard.
  public func read(_ index: Int, into content: inout SampleContent) throws(DatasetsError) {
    let sample = samples[index]
    let file = try RandomAccessFile(shards[Int(sample.shard)])
    try content.setEncoded(count: sample.byteCount) { (bytes) throws(DatasetsError) in
      try file.read(sample.offset..<sample.offset + sample.byteCount, into: bytes)
    }
  }

  /// Shards in random order, samples through the buffer.
  public func shuffled(by random: inout RandomSource) -> [Int] {
    var order: [Int] = []
    order.reserveCapacity(count)
    var buffer: [Int] = []
    for shard in random.permutation(shards.count) {
      for sample in starts[shard]..<starts[shard + 1] {
        if buffer.count < shuffleBuffer {
          buffer.append(sample)
        } else {
          let place = random.integer(below: buffer.count)
          order.append(buffer[place])
          buffer[place] = sample
        }
      }
    }
    return order + random.permutation(buffer.count).map { buffer[$0] }
  }
}

extension WebDataset {
  /// The shards that a name means: one archive, a pattern such as `train-{000..009}.tar`, or a folder of archives, by name;
  /// nil when the name means none.
  /// - Throws: ``DatasetsError`` for a pattern that is malformed, or a folder that cannot be read.
  public static func shards(named name: String) throws(DatasetsError) -> [String]? {
    if name.contains("{") && name.lowercased().hasSuffix(".tar") { return try BracePattern.expanded(name) }
    if DirectoryListing.isFolder(name) {
      let listing = try DirectoryListing(name)
      let archives = listing.files.filter { $0.lowercased().hasSuffix(".tar") && !$0.hasPrefix("._") }
      guard !archives.isEmpty, listing.folders.isEmpty else { return nil }
      return archives.map { name.hasSuffix("/") ? name + $0 : "\(name)/\($0)" }
    }
    return name.lowercased().hasSuffix(".tar") ? [name] : nil
  }
}
