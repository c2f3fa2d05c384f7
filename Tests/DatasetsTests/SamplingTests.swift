import Foundation
import Tensors
import Testing

@testable import Datasets

@Suite struct SamplingTests {
  /// What PyTorch's DistributedSampler gives each process; see `Goldens/make_shards.py`.
  private struct Expected: Decodable {
    struct Shares: Decodable {
      let total, world: Int
      let drop: Bool
      let samples: [[Int]]
    }

    let shares: [Shares]
  }

  private func indices(_ dataset: any Dataset, _ options: DataLoader.Options, epoch: Int = 0) throws -> [Int] {
    let loader = try DataLoader(dataset, preprocessing: .squash(inputSize: ImageSize(2)), options: options)
    let iterator = try loader.epoch(epoch)
    var indices: [Int] = []
    while let batch = try iterator.next() { indices += batch.indices }
    #expect(indices.count == loader.sampleCount)
    return indices
  }

  @Test func sharesAreThoseOfDistributedSampler() throws {
    let data = try Data(contentsOf: URL(filePath: Goldens.folder + "/sampling.json"))
    let expected = try JSONDecoder().decode(Expected.self, from: data).shares
    #expect(expected.count > 30)
    for shares in expected {
      for (rank, samples) in shares.samples.enumerated() {
        var options = DataLoader.Options(batchSize: 3, workers: 0)
        options.share = try SampleShare(rank: rank, of: shares.world, dropsRest: shares.drop)
        #expect(try indices(SyntheticDataset(count: shares.total), options) == samples)
      }
    }
  }

  @Test func processesShareOneRandomOrder() throws {
    var options = DataLoader.Options(batchSize: 4, shuffle: true, seed: 3, workers: 2)
    let whole = try indices(SyntheticDataset(count: 24), options, epoch: 2)
    var shared: [[Int]] = []
    for rank in 0..<3 {
      options.share = try SampleShare(rank: rank, of: 3)
      shared.append(try indices(SyntheticDataset(count: 24), options, epoch: 2))
    }
    for (place, sample) in whole.enumerated() { #expect(shared[place % 3][place / 3] == sample) }
  }

  @Test func thereIsNoSuchProcess() {
    #expect(throws: DatasetsError.self) { try SampleShare(rank: 3, of: 3) }
    #expect(throws: DatasetsError.self) { try SampleShare(rank: -1, of: 3) }
    #expect(throws: DatasetsError.self) { try SampleShare(rank: 0, of: 0) }
    #expect(throws: DatasetsError.self) {
      var options = DataLoader.Options(batchSize: 1, workers: 0)
      options.share = try SampleShare(rank: 0, of: 4, dropsRest: true)
      _ = try indices(SyntheticDataset(count: 3), options)
    }
  }

  /// 4,000 samples of three classes, 1 : 10 : 100, and one class that nothing has.
  private struct Uneven: Dataset {
    var count: Int { 4000 }
    var classNames: [String] { ["rare", "some", "none", "many"] }
    func label(of index: Int) -> Int32 { index % 111 == 0 ? 0 : index % 11 == 1 ? 1 : 3 }
    func describe(_ index: Int) -> String { "\(index)" }
    func read(_ index: Int, into content: inout SampleContent) throws(DatasetsError) {
      content.setPixels(ImageSize(1), channels: 1) { $0[0] = UInt8(truncatingIfNeeded: index) }
    }
  }

  private func counts(_ weights: [Double], epoch: Int = 0) throws -> [Int] {
    var options = DataLoader.Options(batchSize: 500, shuffle: true, seed: 8, workers: 0)
    options.classWeights = weights
    var counts = [0, 0, 0, 0]
    for index in try indices(Uneven(), options, epoch: epoch) { counts[Int(Uneven().label(of: index))] += 1 }
    return counts
  }

  /// Five standard deviations of a binomial draw of 4,000.
  @Test func classesAreDrawnByTheirWeights() throws {
    let balanced = try counts(Uneven().balancedClassWeights)
    #expect(balanced[2] == 0 && balanced.reduce(0, +) == 4000)
    for count in [balanced[0], balanced[1], balanced[3]] { #expect(abs(count - 1333) < 150, "\(balanced)") }
    let sizes = Uneven().classCounts
    let expected = 4000 * Double(sizes[0]) * 5 / (Double(sizes[0]) * 5 + Double(sizes[3]))
    let weighted = try counts([5, 0, 7, 1])
    #expect(weighted[1] == 0 && abs(Double(weighted[0]) - expected) < 5 * expected.squareRoot())
    #expect(try counts([5, 0, 7, 1], epoch: 1) != weighted)
  }

  /// Within a class every sample is as likely as any other: a chi-square of 35 degrees of freedom is below 80.
  @Test func samplesOfAClassAreDrawnAlike() throws {
    var options = DataLoader.Options(batchSize: 500, seed: 2, workers: 0)
    options.classWeights = [1, 0, 0, 0]
    var drawn: [Int: Int] = [:]
    for index in try indices(Uneven(), options) { drawn[index, default: 0] += 1 }
    let expected = 4000 / 37.0
    var distance = 0.0
    for count in drawn.values { distance += (Double(count) - expected) * (Double(count) - expected) / expected }
    #expect(Uneven().classCounts[0] == 37 && drawn.count == 37)
    #expect(distance < 80)
  }

  @Test(arguments: [1, 3])
  func drawsDoNotDependOnWorkersAndResume(workers: Int) throws {
    func values(_ workers: Int, from batch: Int) throws -> [Float] {
      var options = DataLoader.Options(batchSize: 5, shuffle: true, seed: 4, workers: workers)
      options.classWeights = [1, 3]
      let loader = try DataLoader(SyntheticDataset(), preprocessing: .train(inputSize: ImageSize(3)), options: options)
      let epoch = try loader.epoch(1, startingAt: batch)
      var values: [Float] = []
      while let batch = try epoch.next() { values += batch.images.elements(as: Float.self) }
      return values
    }
    let whole = try values(0, from: 0)
    #expect(try values(workers, from: 0) == whole)
    #expect(try values(workers, from: 2) == Array(whole.dropFirst(2 * 5 * 27)))
  }

  /// What is drawn again in one epoch is varied again.
  @Test func drawsOfOneSampleLookDifferent() throws {
    var options = DataLoader.Options(batchSize: 8, seed: 4, workers: 0)
    options.classWeights = [1, 1]
    let loader = try DataLoader(
      SyntheticDataset(count: 1, size: ImageSize(40)), preprocessing: .train(inputSize: ImageSize(3)),
      options: .init(batchSize: 8, workers: 0))
    #expect(loader.sampleCount == 1)
    let two = try DataLoader(
      SyntheticDataset(count: 2, size: ImageSize(40)), preprocessing: .train(inputSize: ImageSize(3)), options: options)
    var looks: [Int: Set<[Float]>] = [:]
    var shown = 0
    for epoch in 0..<10 {
      let iterator = try two.epoch(epoch)
      while let batch = try iterator.next() {
        let values = batch.images.elements(as: Float.self)
        for (place, index) in batch.indices.enumerated() {
          looks[index, default: []].insert(Array(values[place * 27..<place * 27 + 27]))
          shown += 1
        }
      }
    }
    #expect(looks.values.reduce(0) { $0 + $1.count } == shown)
  }

  @Test(arguments: [[1.0], [1, -1], [1, .nan], [.infinity, 1], [0, 0]])
  func weightsThatMakeNoSenseAreRefused(weights: [Double]) {
    var options = DataLoader.Options(batchSize: 1, workers: 0)
    options.classWeights = weights
    #expect(throws: DatasetsError.self) { try indices(SyntheticDataset(), options) }
  }
}
