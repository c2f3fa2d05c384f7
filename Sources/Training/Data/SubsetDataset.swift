import Datasets
import Tensors

/// Some of the samples of a dataset.
struct SubsetDataset: Dataset {
  private let base: any Dataset
  private let indices: [Int]

  init(_ base: any Dataset, _ indices: [Int]) {
    self.base = base
    self.indices = indices
  }

  var count: Int { indices.count }
  var classNames: [String] { base.classNames }
  var imageSize: ImageSize? { base.imageSize }
  func label(of index: Int) -> Int32 { base.label(of: indices[index]) }
  func describe(_ index: Int) -> String { base.describe(indices[index]) }
  func read(_ index: Int, into content: inout SampleContent) throws(DatasetsError) {
    try base.read(indices[index], into: &content)
  }
}

extension Dataset {
  /// Divides the samples at random in two, every class in the same proportion; each keeps at least one sample for
  /// training. The same seed gives the same parts.
  /// - Parameter share: The part for validation, in 0..<1.
  func split(share: Double, seed: UInt64) -> (training: any Dataset, validation: any Dataset) {
    var byClass = [[Int]](repeating: [], count: classNames.count)
    for index in 0..<count { byClass[Int(label(of: index))].append(index) }
    var training: [Int] = []
    var validation: [Int] = []
    for (label, samples) in byClass.enumerated() where !samples.isEmpty {
      var random = RandomSource(seed: seed, purpose: .split, first: UInt64(label))
      let order = random.permutation(samples.count).map { samples[$0] }
      let taken = min(Int((Double(samples.count) * share).rounded()), samples.count - 1)
      validation += order[..<taken]
      training += order[taken...]
    }
    return (SubsetDataset(self, training.sorted()), SubsetDataset(self, validation.sorted()))
  }
}
