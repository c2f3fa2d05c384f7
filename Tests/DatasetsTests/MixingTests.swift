import Foundation
import Tensors
import Testing

@testable import Datasets

/// Mixed batches against torchvision (`Goldens/make_mixing.py`), and what must not change them.
@Suite struct MixingTests {
  struct Recorded: Sendable, Decodable {
    /// [N, C, H, W]
    let shape: [Int]
    let classes: Int
    let images: Data
    let labels: [Int32]
    let cases: [Case]

    /// What one transform drew and made.
    struct Case: Sendable, Decodable {
      let share: Double?
      let box: [Int]?
      let images: Data
      let targets: [Float]
    }

    static func load() throws -> Recorded {
      let data = try #require(FileManager.default.contents(atPath: Goldens.folder + "/mixing.json"))
      return try JSONDecoder().decode(Recorded.self, from: data)
    }
  }

  @Test func pixelsAndTargetsAreTorchvisions() throws {
    let recorded = try Recorded.load()
    let (count, sample) = (recorded.shape[0], Array(recorded.shape.dropFirst()))
    #expect(recorded.cases.count == 5)
    for item in recorded.cases {
      let mixture: Mixture
      if let box = item.box {
        mixture = .cutmix(
          PixelBox(left: box[0], top: box[1], size: ImageSize(box[3] - box[1], box[2] - box[0])),
          of: ImageSize(sample[1], sample[2]))
      } else {
        mixture = .mixup(share: try #require(item.share))
      }
      var images = recorded.images
      images.withUnsafeMutableBytes { bytes in
        guard let start = bytes.bindMemory(to: Float.self).baseAddress else { return }
        mixture.apply(to: start, count: count, shape: sample)
      }
      #expect(images == item.images, "\(mixture)")
      let targets = mixture.probabilities(of: recorded.labels, classes: recorded.classes)
      #expect(targets.shape == [count, recorded.classes])
      #expect(targets.elements(as: Float.self) == item.targets, "\(mixture)")
    }
  }

  /// The mean of Beta(α, α) is 1/2 and its variance 1 / (4·(2α + 1)): 5 standard errors of 20,000 numbers.
  @Test(arguments: [0.01, 0.2, 1, 4]) func sharesAreOfTheBetaDistribution(alpha: Double) {
    var random = RandomSource(seed: 1, purpose: .mixing)
    let numbers = (0..<20_000).map { _ in random.beta(alpha) }
    let variance = 1 / (4 * (2 * alpha + 1))
    let mean = numbers.reduce(0, +) / 20_000
    let spread = numbers.reduce(0) { $0 + ($1 - 0.5) * ($1 - 0.5) } / 20_000
    #expect(numbers.allSatisfy { (0...1).contains($0) })
    #expect(abs(mean - 0.5) < 5 * (variance / 20_000).squareRoot())
    #expect(abs(spread - variance) < 0.05 * variance)
  }

  private func batches(_ mixing: BatchMixing, workers: Int, epoch: Int = 0) throws -> [Batch] {
    var options = DataLoader.Options(batchSize: 4, shuffle: true, seed: 7, workers: workers)
    options.mixing = mixing
    let loader = try DataLoader(
      SyntheticDataset(), preprocessing: .train(inputSize: ImageSize(8)), options: options)
    let iterator = try loader.epoch(epoch)
    var batches: [Batch] = []
    while let batch = try iterator.next() { batches.append(batch) }
    return batches
  }

  @Test(arguments: [1, 3]) func workersChangeNothing(workers: Int) throws {
    let mixing = BatchMixing(mixupAlpha: 0.4, cutmixAlpha: 1)
    let (reference, parallel) = (try batches(mixing, workers: 0), try batches(mixing, workers: workers))
    #expect(reference.map(\.mixture) == parallel.map(\.mixture))
    for (left, right) in zip(reference, parallel) { #expect(left.images.isIdentical(to: right.images)) }
    // Another epoch mixes otherwise, and both kinds appear.
    let other = try batches(mixing, workers: workers, epoch: 1)
    #expect(other.map(\.mixture) != reference.map(\.mixture))
    let kinds = Set(try (0..<4).flatMap { try batches(mixing, workers: 0, epoch: $0) }.map { $0.mixture?.isMixup })
    #expect(kinds == [true, false])
  }

  /// What is mixed is what is shown without mixing.
  @Test func eachImageMeetsTheOneBeforeIt() throws {
    let plain = try batches(BatchMixing(), workers: 0)
    let mixed = try batches(BatchMixing(mixupAlpha: 1, cutmixAlpha: 0), workers: 0)
    #expect(plain.allSatisfy { $0.mixture == nil && $0.probabilities(classes: 2) == nil })
    for (before, after) in zip(plain, mixed) {
      let share = Float(try #require(after.mixture).share)
      let (old, new) = (before.images.elements(as: Float.self), after.images.elements(as: Float.self))
      let sample = old.count / before.count
      #expect(before.labels == after.labels)
      for i in old.indices {
        let neighbour = old[(i + old.count - sample) % old.count]
        #expect(abs(new[i] - (old[i] * share + neighbour * (1 - share))) < 1e-6)
      }
    }
  }
}

extension Mixture {
  fileprivate var isMixup: Bool { if case .mixup = self { true } else { false } }
}
