public import Tensors

/// Some of the samples of a dataset.
public struct SubsetDataset: Dataset {
  private let base: any Dataset
  private let indices: [Int]

  /// Those samples of `base`, in that order.
  public init(_ base: any Dataset, _ indices: [Int]) {
    self.base = base
    self.indices = indices
  }

  /// The number of samples.
  public var count: Int { indices.count }
  /// All classes of the whole.
  public var classNames: [String] { base.classNames }
  /// The one size of all images, if there is one.
  public var imageSize: ImageSize? { base.imageSize }
  /// The class of a sample.
  public func label(of index: Int) -> Int32 { base.label(of: indices[index]) }
  /// Names a sample for messages.
  public func describe(_ index: Int) -> String { base.describe(indices[index]) }
  /// Names a sample within the dataset.
  public func identifier(of index: Int) -> String { base.identifier(of: indices[index]) }
  /// The samples in a random order of the whole, which suits how they are stored.
  public func shuffled(by random: inout RandomSource) -> [Int] {
    // The places of each sample of the whole, linked from the first to the last: -1 ends them.
    var first = [Int](repeating: -1, count: base.count)
    var next = [Int](repeating: -1, count: count)
    for place in indices.indices.reversed() {
      next[place] = first[indices[place]]
      first[indices[place]] = place
    }
    var order: [Int] = []
    order.reserveCapacity(count)
    for sample in base.shuffled(by: &random) {
      var place = first[sample]
      while place >= 0 {
        order.append(place)
        place = next[place]
      }
    }
    return order
  }
  /// Reads the content of a sample.
  public func read(_ index: Int, into content: inout SampleContent) throws(DatasetsError) {
    try base.read(indices[index], into: &content)
  }
}

extension Dataset {
  /// Divides the samples at random in two, every class in the same proportion; each keeps at least one sample for
  /// training.
  ///
  /// A sample's fate is drawn from the seed and its own name (``identifier(of:)``): the parts are the same wherever the data
  /// lies, and images that are added or removed later move few others across. An image that is listed several times is for
  /// training with all its showings when one of them is.
  /// - Parameters:
  ///   - fraction: The part for validation, in 0..<1; each class gives its nearest whole number.
  ///   - seed: Another seed makes other parts.
  public func split(
    validationFraction fraction: Double, seed: UInt64
  ) -> (training: any Dataset, validation: any Dataset) {
    var byClass = [[(rank: UInt64, index: Int)]](repeating: [], count: classNames.count)
    for index in 0..<count {
      let name = FNV1a(identifier(of: index).utf8).value
      var random = RandomSource(seed: seed, purpose: .split, first: name & 0xFFFF_FFFF_FFFF, second: name >> 48)
      byClass[Int(label(of: index))].append((random.next(), index))
    }
    var training: [(rank: UInt64, index: Int)] = []
    var validation: [(rank: UInt64, index: Int)] = []
    for samples in byClass where !samples.isEmpty {
      let order = samples.sorted { ($0.rank, $0.index) < ($1.rank, $1.index) }
      let taken = min(Int((Double(samples.count) * fraction).rounded()), samples.count - 1)
      validation += order[..<taken]
      training += order[taken...]
    }
    // Equal names have equal ranks: what is on both sides would be measured by what was learnt.
    let learnt = Set(training.map(\.rank))
    let repeated = validation.filter { learnt.contains($0.rank) }
    if !repeated.isEmpty {
      validation.removeAll { learnt.contains($0.rank) }
      training += repeated
    }
    return (SubsetDataset(self, training.map(\.index).sorted()), SubsetDataset(self, validation.map(\.index).sorted()))
  }

  /// A digest of which samples there are, in which order and with which labels; not of their pixels. Equal for equal data,
  /// wherever it lies.
  public var digest: UInt64 {
    var digest = FNV1a()
    for name in classNames { digest.add(name.utf8, end: 0) }
    for index in 0..<count {
      digest.add(identifier(of: index).utf8, end: UInt8(truncatingIfNeeded: label(of: index)))
    }
    return digest.value
  }
}

/// The hash of Fowler, Noll and Vo, 64 bits, variant 1a: the same on every machine and in every run.
struct FNV1a {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  init() {}

  init(_ bytes: some Sequence<UInt8>) { add(bytes) }

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }

  mutating func add(_ bytes: some Sequence<UInt8>, end: UInt8) {
    add(bytes)
    add(CollectionOfOne(0))
    add(CollectionOfOne(end))
  }
}
