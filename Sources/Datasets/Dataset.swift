public import Tensors

/// Labelled images that can be read in any order.
///
/// A dataset delivers samples undecoded where it can (see ``SampleContent``): decoding, transforms and their options
/// are the loader's. Any number of threads may read at the same time.
public protocol Dataset: Sendable {
  /// The number of samples.
  var count: Int { get }

  /// The name of each class; a label is an index here. Empty when the samples have no labels.
  var classNames: [String] { get }

  /// The one size that all images have, when the dataset promises one.
  var imageSize: ImageSize? { get }

  /// The class of a sample, in 0..<classNames.count; −1 when it has none.
  func label(of index: Int) -> Int32

  /// Names a sample for messages: a path, or a place in a file.
  func describe(_ index: Int) -> String

  /// Names a sample within the dataset, by what stays the same when the data is moved elsewhere: splits and the checks of
  /// a resumed training go by it.
  func identifier(of index: Int) -> String

  /// All samples once, in a random order that suits how they are stored.
  func shuffled(by random: inout RandomSource) -> [Int]

  /// Reads the content of a sample, without decoding it. Traps when `index` is not in 0..<count.
  func read(_ index: Int, into content: inout SampleContent) throws(DatasetsError)
}

extension Dataset {
  /// What messages call the sample.
  public func identifier(of index: Int) -> String { describe(index) }

  /// Every order is equally likely.
  public func shuffled(by random: inout RandomSource) -> [Int] { random.permutation(count) }

  /// Nothing is promised about sizes.
  public var imageSize: ImageSize? { nil }

  /// Whether samples have labels.
  public var isLabelled: Bool { !classNames.isEmpty }

  /// The number of samples of each class.
  public var classCounts: [Int] {
    var counts = [Int](repeating: 0, count: classNames.count)
    for index in 0..<count {
      let label = Int(label(of: index))
      if counts.indices.contains(label) { counts[label] += 1 }
    }
    return counts
  }

  /// The label of each class name: torchvision's `class_to_idx`.
  public var labels: [String: Int] {
    Dictionary(classNames.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
  }

  /// Decodes one sample. For batches use ``DataLoader``, which reuses its memory.
  public func image(at index: Int) throws(DatasetsError) -> Image {
    var content = SampleContent()
    try read(index, into: &content)
    return try Image(decoding: content, named: describe(index))
  }
}
