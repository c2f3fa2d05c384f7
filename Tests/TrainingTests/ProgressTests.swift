import Testing

@testable import Training

struct ProgressTests {
  @Test func throughputLooksBackTenSeconds() {
    var throughput = Throughput(at: 100)
    #expect(throughput.imagesPerSecond == 0)
    for step in 1...100 { throughput.add(images: 32, at: 100 + Double(step) * 0.1) }
    #expect(abs(throughput.imagesPerSecond - 320) < 1e-6)
    // Ten seconds later at half the speed, nothing of the first ten counts any more.
    for step in 1...110 { throughput.add(images: 16, at: 110 + Double(step) * 0.1) }
    #expect(abs(throughput.imagesPerSecond - 160) < 1)
  }

  @Test func waitingForDataCounts() {
    var throughput = Throughput(at: 0)
    throughput.add(images: 10, at: 1)
    throughput.add(images: 10, at: 5)
    #expect(throughput.imagesPerSecond == 4)
  }

  @Test func slowStepsHaveARate() {
    var throughput = Throughput(at: 0)
    for step in 1...5 { throughput.add(images: 30, at: Double(step) * 60) }
    #expect(throughput.imagesPerSecond == 0.5)
  }

  @Test func timeLeftCountsEveryEpochAndValidation() {
    var left = TimeLeft(trainingImages: 1000, validationImages: 300, epochs: 3)
    #expect(left.seconds(epoch: 1, imagesDone: 10, imagesPerSecond: 0) == nil)
    // 500 + 2000 images at 10/s, and 3 validations of 300 images at 30/s.
    #expect(left.seconds(epoch: 1, imagesDone: 500, imagesPerSecond: 10) == 280)
    left.validationSeconds = 4
    #expect(left.seconds(epoch: 3, imagesDone: 1000, imagesPerSecond: 10) == 4)
  }

  @Test func bestIsHigherTop1ThenSmallerLoss() {
    let best = TrainingState.Best(epoch: 1, metrics: EpochMetrics(loss: 1, top1: 0.5))
    #expect(WatchedMetric.top1.isBetter(EpochMetrics(loss: 2, top1: 0.6), than: best.metrics))
    #expect(WatchedMetric.top1.isBetter(EpochMetrics(loss: 0.5, top1: 0.5), than: best.metrics))
    #expect(!WatchedMetric.top1.isBetter(EpochMetrics(loss: 1, top1: 0.5), than: best.metrics))
    #expect(!WatchedMetric.top1.isBetter(EpochMetrics(loss: 0.1, top1: 0.4), than: best.metrics))
  }
}
