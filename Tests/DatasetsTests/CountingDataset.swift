import Datasets
import Synchronization

/// Counts how often it is read.
final class CountingDataset: Dataset {
  let reads = Mutex(0)
  private let base = SyntheticDataset(count: 1000)

  var count: Int { base.count }
  var classNames: [String] { base.classNames }
  func label(of index: Int) -> Int32 { base.label(of: index) }
  func describe(_ index: Int) -> String { base.describe(index) }
  func read(_ index: Int, into content: inout SampleContent) throws(DatasetsError) {
    reads.withLock { $0 += 1 }
    try base.read(index, into: &content)
  }
}
