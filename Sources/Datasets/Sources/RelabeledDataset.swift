public import Tensors

/// A dataset whose classes are renumbered to another dataset's, by name.
public struct RelabeledDataset: Dataset {
  let base: any Dataset
  private let mapping: [Int32]
  /// The names that labels now refer to.
  public let classNames: [String]

  init(_ base: any Dataset, classNames: [String], mapping: [Int32]) {
    self.base = base
    self.classNames = classNames
    self.mapping = mapping
  }

  /// The number of samples.
  public var count: Int { base.count }
  /// The one size of all images, if there is one.
  public var imageSize: ImageSize? { base.imageSize }
  /// The sample's class in the new numbering.
  public func label(of index: Int) -> Int32 { mapping[Int(base.label(of: index))] }
  /// Names a sample for messages.
  public func describe(_ index: Int) -> String { base.describe(index) }
  /// Names a sample within the dataset.
  public func identifier(of index: Int) -> String { base.identifier(of: index) }
  /// A random order of the samples.
  public func shuffled(by random: inout RandomSource) -> [Int] { base.shuffled(by: &random) }
  /// Reads the content of a sample.
  public func read(_ index: Int, into content: inout SampleContent) throws(DatasetsError) {
    try base.read(index, into: &content)
  }
}

extension Dataset {
  /// This dataset with the labels of `classNames`, such as validation data with training's. Classes are matched by name,
  /// so a class that is missing here shifts nothing.
  /// - Throws: ``DatasetsError`` of code `classes` that lists every class that `classNames` lacks.
  public func relabeled(to classNames: [String]) throws(DatasetsError) -> any Dataset {
    if self.classNames == classNames { return self }
    let mapping = try labelMapping(from: self.classNames, to: classNames)
    return RelabeledDataset(self, classNames: classNames, mapping: mapping)
  }
}

/// The label in `target` of each class of `source`, by name.
/// - Throws: ``DatasetsError`` of code `classes` when `source` has classes that `target` lacks; all are listed.
public func labelMapping(from source: [String], to target: [String]) throws(DatasetsError) -> [Int32] {
  let labels = Dictionary(target.enumerated().map { ($0.element, Int32($0.offset)) }) { first, _ in first }
  let unknown = source.filter { labels[$0] == nil }
  guard unknown.isEmpty else {
    throw DatasetsError(
      .classes,
      "the data has \(unknown.count) of its \(source.count) classes that the model was not trained on: "
        + "\(summary(of: unknown)); the model knows \(target.count): \(summary(of: target)); "
        + "remove or rename those folders")
  }
  return source.compactMap { labels[$0] }
}
