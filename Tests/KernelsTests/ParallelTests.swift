import CKernels
import Synchronization
import Testing

@Suite struct ParallelTests {
  /// What the parts of two teams, one inside each part of the other, have run.
  final class Runs: Sendable {
    let outer = Mutex([Int](repeating: 0, count: 3))
    let inner = Mutex([Int](repeating: 0, count: 5))
  }

  /// libgomp gives a team inside another one member, as it does under OMP_THREAD_LIMIT=1: every part runs all the same, once.
  @Test func everyPartRunsWhereThereAreFewerThreadsThanParts() {
    let runs = Runs()
    zk_parallel(
      3,
      { context, part, parts in
        guard let context, parts == 3 else { return }
        Unmanaged<Runs>.fromOpaque(context).takeUnretainedValue().outer.withLock { $0[Int(part)] += 1 }
        zk_parallel(
          5,
          { context, part, parts in
            guard let context, parts == 5 else { return }
            Unmanaged<Runs>.fromOpaque(context).takeUnretainedValue().inner.withLock { $0[Int(part)] += 1 }
          }, context)
      }, Unmanaged.passUnretained(runs).toOpaque())
    #expect(runs.outer.withLock { $0 } == [1, 1, 1])
    #expect(runs.inner.withLock { $0 } == [3, 3, 3, 3, 3])
  }
}
