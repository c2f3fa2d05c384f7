import Datasets
import Foundation
import Synchronization
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

@Suite struct CorruptImageTests {
  private let dataset = SyntheticDataset(corrupt: [5, 6, 22])

  @Test(arguments: [0, 1, 4])
  func theFirstBadImageFailsItsBatch(workers: Int) throws {
    let loader = try loader(.init(batchSize: 4, workers: workers))
    let iterator = try loader.epoch(0)
    #expect(try iterator.next()?.indices == [0, 1, 2, 3])
    #expect { try iterator.next() } throws: { "\($0)".hasPrefix("synthetic[5]: is damaged") }
    #expect(try iterator.next() == nil)
  }

  @Test(arguments: [0, 3])
  func replacedImagesKeepTheBatchSize(workers: Int) throws {
    let result = try records(dataset, .init(batchSize: 4, workers: workers, corruptImages: .replace))
    #expect(result.map(\.labels.count) == [4, 4, 4, 4, 4, 3])
    #expect(result[1].indices == [4, 7, 7, 7])
    #expect(result[1].labels == [0, 1, 1, 1])
    #expect(result[1].skipped == [5, 6, 6])
    #expect(result[5].indices == [20, 21, 0])
    // The stand-ins are augmented as the places they fill: three different cuts of the same image.
    let size = result[1].values.count / 4
    let cuts = (1..<4).map { Array(result[1].values[$0 * size..<($0 + 1) * size]) }
    #expect(Set(cuts).count == 3)
  }

  @Test(arguments: [0, 3])
  func leftOutImagesShrinkTheBatch(workers: Int) throws {
    let result = try records(dataset, .init(batchSize: 4, workers: workers, corruptImages: .leaveOut))
    #expect(result.map(\.shape.dimensions[0]) == [4, 2, 4, 4, 4, 2])
    #expect(result[1].indices == [4, 7])
    #expect(result[1].skipped == [5, 6])
    let whole = try records(SyntheticDataset(), .init(batchSize: 4, workers: 0))
    let size = whole[1].values.count / 4
    #expect(result[1].values == Array(whole[1].values[..<size] + whole[1].values[(3 * size)...]))
  }

  @Test func nothingButCorruptImagesIsAnError() throws {
    let all = SyntheticDataset(count: 6, corrupt: Set(0..<6))
    #expect { try records(all, .init(batchSize: 4, corruptImages: .replace)) } throws: {
      "\($0)".contains("all corrupt")
    }
    #expect(try records(all, .init(batchSize: 4, corruptImages: .leaveOut)).map(\.labels.count) == [0, 0])
  }

  /// Only what is wrong within one sample can be skipped: not a list, an archive, or a disk.
  @Test func errorsOfOneImageAreMarked() throws {
    let folder = try TemporaryFolder()
    try folder.write(Data("no image".utf8), to: "a.jpg")
    try folder.write(Data("{".utf8), to: "list.json")
    func error(_ body: () throws -> Void) -> DatasetsError? {
      do { try body() } catch { return error as? DatasetsError }
      return nil
    }
    let image = error { _ = try records(ImageList(paths: [folder.path + "/a.jpg"]), .init(batchSize: 1)) }
    #expect(image?.concernsOneImage == true && image?.location.hasSuffix("a.jpg") == true)
    let list = error { _ = try ImageManifest(folder.path + "/list.json") }
    #expect(list?.code == .corrupt && list?.concernsOneImage == false)
  }

  /// A file that is gone is not a corrupt image: skipping would hide that the disk is.
  @Test(arguments: CorruptImagePolicy.allCases)
  func missingFilesAreAlwaysErrors(policy: CorruptImagePolicy) throws {
    let list = ImageList(paths: ["/nowhere/1.jpg"])
    #expect { try records(list, .init(batchSize: 1, corruptImages: policy)) } throws: { error in
      (error as? DatasetsError)?.code == .notFound
    }
  }

  private func loader(_ options: DataLoader.Options) throws -> DataLoader {
    try DataLoader(dataset, preprocessing: .train(inputSize: ImageSize(8)), options: options)
  }
}

@Suite struct DataLoaderResourceTests {
  @Test func batchMemoryIsReused() throws {
    let loader = try loader(.init(batchSize: 4, workers: 2))
    var addresses: Set<UInt> = []
    for epoch in 0..<5 {
      let iterator = try loader.epoch(epoch)
      while let batch = try iterator.next() {
        batch.images.withUnsafeBytes { bytes in
          #expect(UInt(bitPattern: bytes.baseAddress) % 64 == 0)
          addresses.insert(UInt(bitPattern: bytes.baseAddress))
        }
      }
    }
    // 30 batches: one with the consumer, up to prefetch + 1 in the queue, and as much again while an epoch ends.
    #expect(addresses.count <= 8)
  }

  /// A batch that is kept is not written by later ones.
  @Test func keptBatchesStayAsTheyWere() throws {
    let loader = try loader(.init(batchSize: 4, workers: 2))
    let iterator = try loader.epoch(0)
    var kept: [(Batch, [Float])] = []
    while let batch = try iterator.next() { kept.append((batch, batch.images.elements(as: Float.self))) }
    let again = try loader.epoch(1)
    while try again.next() != nil {}
    for (batch, values) in kept { #expect(batch.images.elements(as: Float.self) == values) }
  }

  /// Threads end with the iterator, whether it is used up, cancelled, dropped, or failed.
  @Test func noThreadOutlivesItsIterator() throws {
    let counter = CountingDataset()
    let options = DataLoader.Options(batchSize: 2, workers: 3, prefetch: 1)
    let loader = try DataLoader(counter, preprocessing: .train(inputSize: ImageSize(8)), options: options)
    do {
      let iterator = try loader.epoch(0)
      _ = try iterator.next()
      iterator.cancel()
      #expect(try iterator.next() == nil)
    }
    let afterCancel = counter.reads.withLock { $0 }
    do { _ = try loader.epoch(1) }
    let afterDrop = counter.reads.withLock { $0 }
    #expect(afterCancel <= 2 + 3 * 2 && afterDrop <= afterCancel + 3 * 2)
    // Bounded prefetch: nobody takes a batch, so no more than prefetch + 1 are made.
    let idle = try loader.epoch(2)
    let made = afterDrop + 2 * 2
    let deadline = Date(timeIntervalSinceNow: 30)
    while counter.reads.withLock({ $0 }) < made && Date() < deadline { Thread.sleep(forTimeInterval: 0.01) }
    Thread.sleep(forTimeInterval: 0.05)
    #expect(counter.reads.withLock { $0 } == made)
    // It waits for the threads, so none can read afterwards.
    idle.cancel()
    #expect(counter.reads.withLock { $0 } == made)
    Thread.sleep(forTimeInterval: 0.05)
    #expect(counter.reads.withLock { $0 } == made)
  }

  @Test func impossibleOptionsAreRefused() throws {
    for (options, says) in [
      (DataLoader.Options(batchSize: 0), "batch size is at least 1"), (.init(batchSize: 1, workers: -1), "-1 workers"),
      (.init(batchSize: 1, prefetch: 0), "at least 1"), (.init(batchSize: 24, dropLast: true), "do not fill one batch"),
    ] {
      #expect { try loader(options) } throws: { "\($0)".contains(says) }
    }
    #expect {
      try DataLoader(SyntheticDataset(count: 0), preprocessing: .train(), options: .init(batchSize: 1))
    } throws: {
      ($0 as? DatasetsError)?.code == .empty
    }
    #expect { try loader(.init(batchSize: 4)).epoch(0, startingAt: 7) } throws: { "\($0)".contains("has 6 batches") }
  }

  private func loader(_ options: DataLoader.Options) throws -> DataLoader {
    try DataLoader(SyntheticDataset(), preprocessing: .train(inputSize: ImageSize(8)), options: options)
  }
}
