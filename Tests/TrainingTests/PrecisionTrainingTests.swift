import Checkpoint
import Engine
import Fixtures
import Foundation
import Testing

@testable import Training

/// Runs in bfloat16: what they keep, how they go on, and what is refused.
struct PrecisionTrainingTests {
  static let isSupported = (try? ExecutionOptions.Precision.bfloat16.check()) != nil

  private static func settings(in folder: TemporaryFolder) throws -> TrainingSettings {
    var settings = ResumeTests.settings(ResumeTests.cases[0], data: try TinyData(in: folder).path)
    settings.precision = .emulatedBFloat16
    return settings
  }

  @Test(arguments: [false, true]) func resumesExactly(isDeterministic: Bool) throws {
    let folder = try TemporaryFolder()
    var settings = try Self.settings(in: folder)
    settings.isDeterministic = isDeterministic
    try Interruption.changesNothing(settings, in: RunStore(folder: folder.path("store")))
  }

  /// With several batches a step, clipping, an average and a part that does not learn.
  @Test func resumesExactlyWithAllThatMeetsGradients() throws {
    let folder = try TemporaryFolder()
    var settings = try Self.settings(in: folder)
    settings.gradients.accumulate = 2
    settings.gradients.clipNorm = 1
    settings.average.decay = 0.9
    settings.freezing.parameters = ["conv.*"]
    try Interruption.changesNothing(settings, in: RunStore(folder: folder.path("store")), atBatches: [2, 4])
  }

  /// The losses of the first epoch are near float32's, and not the same.
  @Test func trainsLikeFloat32() throws {
    let folder = try TemporaryFolder()
    let store = RunStore(folder: folder.path("store"))
    var settings = try Self.settings(in: folder)
    let rounded = try Trainer(settings, run: "rounded", in: store, entry: TinyModel.entry)
    try rounded.train()
    settings.precision = .float32
    let exact = try Trainer(settings, run: "exact", in: store, entry: TinyModel.entry)
    try exact.train()
    let losses = [rounded, exact].map { $0.state.training?.loss ?? .nan }
    #expect(losses[0] != losses[1] && abs(losses[0] - losses[1]) < 0.05 * losses[1], "\(losses)")
  }

  /// The run keeps its precision unless it is told otherwise, which is said, and refused where results must be the same.
  @Test func anotherPrecisionIsNoticed() throws {
    let folder = try TemporaryFolder()
    let store = RunStore(folder: folder.path("store"))
    var settings = try Self.settings(in: folder)
    settings.isDeterministic = true
    var trainer: Trainer? = try Trainer(settings, run: "r", in: store, entry: TinyModel.entry)
    _ = try trainer?.train(stopWhen: trainer.map { $0.state.batchesDone >= 2 } ?? true)
    trainer = nil
    trainer = try Trainer(resuming: "r", in: store, entry: TinyModel.entry)
    #expect(trainer?.settings.precision == .emulatedBFloat16)
    #expect(trainer?.network.options.precision == .emulatedBFloat16)
    trainer = nil

    var changes = ResumeChanges()
    changes.precision = .float32
    let error = #expect(throws: TrainingError.self) {
      try Trainer(resuming: "r", in: store, changing: changes, entry: TinyModel.entry)
    }
    #expect(error?.message.contains("in fp32 in place of bf16-emulated") == true)
    changes.isDeterministic = false
    let resumed = try Trainer(resuming: "r", in: store, changing: changes, entry: TinyModel.entry)
    #expect(resumed.network.options.precision == .float32)
  }

  /// Both kinds of bfloat16 multiply the same numbers, so going from one to the other changes the last bits alone.
  @Test func noticesSayHowMuchChanges() throws {
    let folder = try TemporaryFolder()
    var settings = try Self.settings(in: folder)
    let preparation = try Preparation(settings, entry: TinyModel.entry)
    settings.precision = .bfloat16
    let fine = try preparation.notices(about: settings, TrainingState(), of: "r")
    #expect(fine.count == 1 && fine[0].hasPrefix("in bf16-emulated in place of bf16, results differ in the last bits"))
    settings.precision = .float32
    settings.threads += 1
    let coarse = try preparation.notices(about: settings, TrainingState(), of: "r")
    #expect(
      coarse.contains { $0.hasPrefix("in bf16-emulated in place of fp32, results differ by bfloat16's rounding") })
    #expect(coarse.contains { $0.hasPrefix("with 2 ") && $0.contains("differ in the last bits") })
  }

  /// Before images are looked for, and before anything is written. Where the processor has bfloat16, what is missing is the data.
  @Test func whatIsLackingLeavesNothingBehind() throws {
    let folder = try TemporaryFolder()
    var settings = try Self.settings(in: folder)
    settings.precision = .bfloat16
    settings.data = folder.path("nowhere")
    let error = #expect(throws: (any Error).self) {
      try Trainer(settings, run: "r", in: RunStore(folder: folder.path("store")), entry: TinyModel.entry)
    }
    if Self.isSupported {
      #expect("\(error.map { "\($0)" } ?? "")".contains("nowhere"))
    } else {
      let refusal = error as? EngineError
      #expect(refusal?.code == .device && refusal?.message.contains("'--precision bf16-emulated'") == true)
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path("store")))
    // Settings can be looked at anywhere.
    try settings.validate()
  }
}
