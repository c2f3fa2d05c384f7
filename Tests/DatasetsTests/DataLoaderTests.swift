import Datasets
import Tensors
import Testing

/// Everything of a batch that must not depend on how it was made.
private struct Record: Equatable {
  let number: Int
  let shape: Shape
  let labels: [Int32]
  let indices: [Int]
  let skipped: [Int]
  let values: [Float]

  init(_ batch: Batch) {
    number = batch.number
    shape = batch.images.shape
    labels = batch.labels
    indices = batch.indices
    skipped = batch.skipped.map(\.index)
    values = batch.images.elements(as: Float.self)
  }
}

private func records(
  _ dataset: any Dataset, _ options: DataLoader.Options, epoch: Int = 0, startingAt batch: Int = 0
) throws -> [Record] {
  let preprocessing = try Preprocessing.train(inputSize: ImageSize(8))
  let loader = try DataLoader(dataset, preprocessing: preprocessing, options: options)
  let iterator = try loader.epoch(epoch, startingAt: batch)
  var records: [Record] = []
  while let batch = try iterator.next() { records.append(Record(batch)) }
  return records
}

@Suite struct DataLoaderTests {
  @Test(arguments: [1, 2, 5])
  func batchesDoNotDependOnTheNumberOfWorkers(workers: Int) throws {
    let dataset = SyntheticDataset()
    let reference = try records(dataset, .init(batchSize: 4, shuffle: true, seed: 7, workers: 0), epoch: 3)
    let parallel = try records(dataset, .init(batchSize: 4, shuffle: true, seed: 7, workers: workers), epoch: 3)
    #expect(parallel == reference)
    #expect(Set(reference.flatMap(\.indices)) == Set(0..<23))
  }

  @Test func theLastBatchIsKeptUnlessDropped() throws {
    let kept = try records(SyntheticDataset(), .init(batchSize: 4, workers: 2))
    #expect(kept.map(\.shape.dimensions[0]) == [4, 4, 4, 4, 4, 3])
    #expect(kept.flatMap(\.indices) == Array(0..<23))
    let dropped = try records(SyntheticDataset(), .init(batchSize: 4, workers: 2, dropLast: true))
    #expect(dropped.map(\.number) == [0, 1, 2, 3, 4])
    #expect(dropped == Array(kept.dropLast()))
  }

  @Test(arguments: [0, 1, 3, 5, 6], [0, 2])
  func anEpochMayStartAtAnyBatch(start: Int, workers: Int) throws {
    let options = DataLoader.Options(batchSize: 4, shuffle: true, seed: 1, workers: workers)
    let whole = try records(SyntheticDataset(), options, epoch: 2)
    #expect(try records(SyntheticDataset(), options, epoch: 2, startingAt: start) == Array(whole.dropFirst(start)))
  }

  @Test func epochsDifferInOrderAndAugmentation() throws {
    let options = DataLoader.Options(batchSize: 23, shuffle: true, workers: 0)
    let first = try records(SyntheticDataset(), options, epoch: 0)
    let second = try records(SyntheticDataset(), options, epoch: 1)
    #expect(first[0].indices != second[0].indices)
    let unshuffled = DataLoader.Options(batchSize: 23, workers: 0)
    let third = try records(SyntheticDataset(), unshuffled, epoch: 0)
    let fourth = try records(SyntheticDataset(), unshuffled, epoch: 1)
    #expect(third[0].indices == fourth[0].indices)
    #expect(third[0].values != fourth[0].values)
  }
}
