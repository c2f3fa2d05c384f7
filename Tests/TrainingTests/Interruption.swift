import Checkpoint
import Testing

@testable import Training

/// The same training without a stop and with some.
enum Interruption {
  /// Trains twice and compares every byte of the nets, of what the optimizer keeps, and of what was measured.
  /// - Parameters:
  ///   - settings: Of two epochs of ``TinyModel``, which keep the checkpoint of every epoch.
  ///   - store: Where the runs `whole` and `parts` are made.
  ///   - batches: Where to stop in the first epoch, after that many of its batches.
  static func changesNothing(_ settings: TrainingSettings, in store: RunStore, atBatches batches: [Int] = [3, 5]) throws
  {
    var whole: Trainer? = try Trainer(settings, run: "whole", in: store, entry: TinyModel.entry)
    #expect(try whole?.train() == .finished)
    let expected = whole?.state
    whole = nil

    var parts: Trainer? = try Trainer(settings, run: "parts", in: store, entry: TinyModel.entry)
    for batch in batches {
      let outcome = try parts?.train(stopWhen: parts.map { $0.state.batchesDone >= batch } ?? true)
      #expect(outcome == .stopped)
      #expect(parts?.state.epochsDone == 0)
      // The lock of the run goes with the trainer.
      parts = nil
      parts = try Trainer(resuming: "parts", in: store, entry: TinyModel.entry)
    }
    var isValidating = false
    let outcome = try parts?.train(stopWhen: isValidating) { event in
      if case .validating = event { isValidating = true }
    }
    #expect(outcome == .stopped)
    parts = nil
    parts = try Trainer(resuming: "parts@last", in: store, entry: TinyModel.entry)
    #expect(try parts?.train() == .finished)

    let first = try Snapshot.read(store.resolve("whole@last").path)
    let second = try Snapshot.read(store.resolve("parts@last").path)
    #expect(ResumeTests.differences(first, second) == [])
    #expect(parts?.state.training == expected?.training)
    #expect(parts?.state.validation == expected?.validation)
    #expect(parts?.state.best == expected?.best)
    parts = nil

    // Going back to the end of the first epoch leads to the same end.
    let again = try Trainer(resuming: "whole@1", in: store, entry: TinyModel.entry)
    #expect(again.state.epochsDone == 1)
    #expect(try again.train() == .finished)
    #expect(ResumeTests.differences(first, try Snapshot.read(store.resolve("whole@last").path)) == [])
  }
}
