/// The batches of one epoch, in order.
///
/// Workers make samples, not batches, so that the first batch is there as soon as they can make it together. Dropping the
/// iterator, or ``cancel()``, ends the workers within the sample that each is at. One thread uses an iterator.
public final class EpochIterator {
  private let plan: EpochPlan
  private let queue: BatchQueue
  private var threads: [WorkerThread] = []
  // For batches that are made without workers.
  private var processor: SampleProcessor
  private var nextBatch: Int
  private var isOver = false
  private let sampleShape: [Int]

  init(_ plan: EpochPlan, startingAt batch: Int) throws(DatasetsError) {
    self.plan = plan
    nextBatch = batch
    let preprocessing = plan.loader.preprocessing
    sampleShape = [preprocessing.channels, preprocessing.outputSize.height, preprocessing.outputSize.width]
    queue = BatchQueue(plan, startingAt: batch)
    let workers = min(plan.loader.options.workers, plan.loader.sampleCount)
    processor = SampleProcessor(preprocessing)
    guard batch < plan.loader.batchCount else { return }
    for _ in 0..<workers {
      do throws(DatasetsError) {
        threads.append(try WorkerThread { [queue] in queue.work() })
      } catch {
        cancel()
        throw error
      }
    }
  }

  deinit { stop() }

  /// The next batch; nil after the last one, and after ``cancel()``.
  /// - Throws: ``DatasetsError`` when a sample of this batch could not be made; the epoch is over then.
  public func next() throws(DatasetsError) -> Batch? {
    guard !isOver, nextBatch < plan.loader.batchCount else {
      cancel()
      return nil
    }
    let pending = threads.isEmpty ? makeHere() : queue.take(nextBatch)
    nextBatch += 1
    do throws(DatasetsError) {
      return try pending.batch(
        of: plan.loader.dataset, sampleShape: sampleShape, mixture: plan.mixture(of: pending.number))
    } catch {
      cancel()
      throw error
    }
  }

  /// Ends the epoch and its threads. May be called again.
  public func cancel() {
    isOver = true
    stop()
    threads = []
  }

  private func stop() {
    queue.cancel()
    for thread in threads { thread.join() }
  }

  private func makeHere() -> PendingBatch {
    var pending = queue.begin(nextBatch)
    while let place = pending.claim() {
      let outcome = plan.make(
        position: pending.positions.lowerBound + place, with: &processor, into: queue.target(pending.memory, place))
      pending.finish(place, outcome)
      if pending.hasFailed { break }
    }
    return pending
  }
}
