import Checkpoint
import Engine
import Fixtures
import Testing

@testable import Training

/// What keeps a training's results the same to the last bit, and what is said where they cannot be.
struct ReproducibilityTests {
  private static func settings(in folder: TemporaryFolder) throws -> TrainingSettings {
    ResumeTests.settings(ResumeTests.cases[0], data: try TinyData(in: folder).path)
  }

  /// The first search decides: the run keeps what it found, and going on asks nobody else.
  @Test func searchedAlgorithmsAreKept() throws {
    let folder = try TemporaryFolder()
    let store = RunStore(folder: folder.path("store"))
    var settings = try Self.settings(in: folder)
    settings.searchesAlgorithms = true
    var trainer: Trainer? = try Trainer(settings, run: "searched", in: store, entry: TinyModel.entry)
    let found = try #require(trainer?.settings.algorithms)
    #expect(found.keys.sorted() == ["conv"])
    var notices: [String] = []
    _ = try trainer?.train(stopWhen: trainer.map { $0.state.batchesDone >= 2 } ?? true) { event in
      if case .notice(let text) = event { notices.append(text) }
    }
    #expect(notices.contains { $0.contains("Winograd") })
    trainer = nil
    let kept: TrainingSettings = try store.run("searched").settings().decoded(of: "settings", in: "searched")
    #expect(kept.algorithms == found)
    let resumed = try Trainer(resuming: "searched", in: store, entry: TinyModel.entry)
    #expect(resumed.settings.algorithms == found)
    #expect(resumed.settings.execution.algorithms == found)
  }

  @Test func keptAlgorithmsResumeExactly() throws {
    let folder = try TemporaryFolder()
    var settings = try Self.settings(in: folder)
    settings.searchesAlgorithms = true
    settings.algorithms = ["conv": .direct]
    try Interruption.changesNothing(settings, in: RunStore(folder: folder.path("store")))
  }

  @Test func otherThreadsAreRefusedOnlyWhereResultsMustBeTheSame() throws {
    let folder = try TemporaryFolder()
    let store = RunStore(folder: folder.path("store"))
    var settings = try Self.settings(in: folder)
    settings.isDeterministic = true
    var trainer: Trainer? = try Trainer(settings, run: "exact", in: store, entry: TinyModel.entry)
    _ = try trainer?.train(stopWhen: trainer.map { $0.state.batchesDone >= 2 } ?? true)
    trainer = nil
    var changes = ResumeChanges()
    changes.threads = 1
    let error = #expect(throws: TrainingError.self) {
      try Trainer(resuming: "exact", in: store, changing: changes, entry: TinyModel.entry)
    }
    #expect(error?.code == .mismatch)
    #expect(error?.message.contains("with 1 in place of 2 threads") == true)
    let kept: TrainingSettings = try store.run("exact").settings().decoded(of: "settings", in: "exact")
    #expect(kept.threads == 2, "a refusal changes nothing")
    changes.isDeterministic = false
    #expect(try Trainer(resuming: "exact", in: store, changing: changes, entry: TinyModel.entry).settings.threads == 1)
  }

  /// A checkpoint says what has computed it.
  @Test func otherProcessorsAreNoticed() throws {
    let folder = try TemporaryFolder()
    let preparation = try Preparation(try Self.settings(in: folder), entry: TinyModel.entry)
    var state = TrainingState()
    #expect(state.platform == ExecutionOptions.platform)
    #expect(ExecutionOptions.platform.hasPrefix("oneDNN "))
    #expect(try preparation.notices(about: preparation.settings, state, of: "a") == [])
    state.platform = "oneDNN 9.9.9, abacus"
    #expect(
      try preparation.notices(about: preparation.settings, state, of: "a").contains {
        $0.contains("in place of oneDNN 9.9.9, abacus")
      })
    // Checkpoints of before say nothing.
    state.platform = nil
    #expect(try preparation.notices(about: preparation.settings, state, of: "a") == [])
  }
}
