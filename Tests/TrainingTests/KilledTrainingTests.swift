#if os(Linux)
  import Checkpoint
  import Fixtures
  import Foundation
  import Glibc
  import Testing
  import Zoo

  @testable import Training

  /// Trainings that are killed between any two steps of saving: a run always holds what its `last` says, and goes on as if
  /// nothing had happened.
  @Suite(.serialized) struct KilledTrainingTests {
    /// Three epochs of 8 steps, of which the best one, every second one and steps in between are saved.
    private static func settings(_ data: String) -> TrainingSettings {
      var settings = TrainingSettings(
        model: TinyModel.entry.name, data: data, epochs: 3, batchSize: 8,
        optimizer: OptimizerSettings(.sgd, learningRate: 0.02), schedule: ScheduleSettings(.constant), seed: 3,
        workers: 0, threads: 1)
      settings.checkpoints.bestBy = .loss
      settings.checkpoints.bestCount = 1
      settings.checkpoints.everyEpochs = 2
      settings.checkpoints.everySteps = 12
      return settings
    }

    /// The work of a child: in `folder`, what `work` says, up to the step of saving that `point` says.
    private struct Child {
      let folder: String
      var store: RunStore { RunStore(folder: folder + "/store") }

      func read(_ name: String) throws -> String { try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) }

      func write(_ text: String, to name: String) throws {
        try text.write(toFile: "\(folder)/\(name)", atomically: false, encoding: .utf8)
      }

      /// Counts a step of saving, and ends the process at the one that is to be its last.
      func probe() throws -> () -> Void {
        let last = try #require(Int(read("point")))
        var count = 0
        return {
          count += 1
          if count == last { kill(getpid(), SIGKILL) }
        }
      }
    }

    /// Trains until it is killed. Runs only in a child.
    @Test(.enabled(if: ChildProcess.folder(of: "train") != nil, "runs in a child process only"))
    func childThatTrains() throws {
      let child = Child(folder: try #require(ChildProcess.folder(of: "train")))
      let trainer = try Trainer(
        Self.settings(child.folder + "/data"), run: "r", in: child.store, entry: TinyModel.entry)
      trainer.probe = try child.probe()
      try trainer.train()
    }

    /// Goes back to the second epoch, and is killed meanwhile. Runs only in a child.
    @Test(.enabled(if: ChildProcess.folder(of: "back") != nil, "runs in a child process only"))
    func childThatGoesBack() throws {
      let child = Child(folder: try #require(ChildProcess.folder(of: "back")))
      _ = try Trainer(resuming: "r@2", in: child.store, entry: TinyModel.entry, probe: child.probe())
    }

    /// What a run holds: `best`, and the epochs under their numbers.
    private static func checkpoints(_ run: Run) throws -> [String: Int?] {
      let labels = try run.labels().filter { $0 != .last }
      return Dictionary(
        uniqueKeysWithValues: try labels.map {
          ($0.description, try Snapshot.read(run.path(of: $0)).position?.step)
        })
    }

    /// What `last` says is there is there.
    private static func expectWhole(_ run: Run, _ comment: Comment) throws {
      guard run.existing(.last) != nil else { return }
      let last = try Snapshot.read(run.path(of: .last))
      let state: TrainingState = try #require(last.metrics["state"]).decoded(of: "state", in: run.name)
      for best in state.bestFew ?? [] {
        #expect(try Snapshot.read(run.path(of: .epoch(best.epoch))).position?.epoch == best.epoch, comment)
      }
      if let best = state.best {
        // The epoch that is repeated can be the best already.
        let found = try Snapshot.read(run.path(of: .best)).position?.epoch
        #expect(found == best.epoch || found == state.epochsDone + 1, comment)
      }
    }

    @Test(.enabled(if: getenv(ChildProcess.variable) == nil))
    func killedBetweenAnyTwoSteps() throws {
      let folder = try TemporaryFolder()
      let settings = Self.settings(try TinyData(in: folder).path)
      let child = Child(folder: folder.path)
      let whole = try Trainer(settings, run: "whole", in: child.store, entry: TinyModel.entry)
      try whole.train()
      let expected = try Snapshot.read(whole.run.path(of: .last))
      var kills = 0
      while true {
        try? FileManager.default.removeItem(atPath: folder.path("store/r"))
        try child.write("\(kills + 1)", to: "point")
        guard try ChildProcess(filter: "childThatTrains", job: "train", folder: folder.path).wasKilled() else { break }
        kills += 1
        let comment: Comment = "killed at point \(kills)"
        let run = try child.store.run("r")
        try Self.expectWhole(run, comment)
        do {
          let rest = try Trainer(resuming: "r", in: child.store, entry: TinyModel.entry)
          try rest.train()
          #expect(rest.state.bestFew == whole.state.bestFew && rest.state.best == whole.state.best, comment)
        } catch let error as TrainingError where error.code == .run {
          // All was safe but what comes after the last saving.
          #expect(error.message.contains("has finished"), comment)
        }
        try Self.expectWhole(run, comment)
        #expect(
          ResumeTests.differences(expected, try Snapshot.read(run.path(of: .last))) == [], comment)
        #expect(try Self.checkpoints(run)["best"] == Self.checkpoints(whole.run)["best"], comment)
        #expect(RunHistory(name: "", try RunLog.entries(at: run.logPath)).epochs.map(\.epoch) == [1, 2, 3], comment)
      }
      // In mid-epoch, at the end of each epoch under several names, and for each file that is removed.
      #expect(kills >= 10, "\(kills)")
    }

    /// Going back is whole or has not happened, and the training then goes on as if it had been left alone.
    @Test(.enabled(if: getenv(ChildProcess.variable) == nil))
    func killedWhileGoingBack() throws {
      let folder = try TemporaryFolder()
      let settings = Self.settings(try TinyData(in: folder).path)
      let child = Child(folder: folder.path)
      let whole = try Trainer(settings, run: "whole", in: child.store, entry: TinyModel.entry)
      try whole.train()
      #expect(whole.state.best?.epoch == 3, "the case is about a best epoch that is abandoned")
      let expected = try Snapshot.read(whole.run.path(of: .last))
      var kills = 0
      while true {
        try? FileManager.default.removeItem(atPath: folder.path("store/r"))
        try FileManager.default.copyItem(atPath: whole.run.folder, toPath: folder.path("store/r"))
        try child.write("\(kills + 1)", to: "point")
        guard try ChildProcess(filter: "childThatGoesBack", job: "back", folder: folder.path).wasKilled() else { break }
        kills += 1
        let comment: Comment = "killed at point \(kills)"
        let run = try child.store.run("r")
        let rest = try Trainer(resuming: "r", in: child.store, entry: TinyModel.entry)
        #expect(rest.state.epochsDone == 2, comment)
        try Self.expectWhole(run, comment)
        try rest.train()
        #expect(rest.state.bestFew == whole.state.bestFew && rest.state.best == whole.state.best, comment)
        #expect(ResumeTests.differences(expected, try Snapshot.read(run.path(of: .last))) == [], comment)
        #expect(RunHistory(name: "", try RunLog.entries(at: run.logPath)).epochs.map(\.epoch) == [1, 2, 3], comment)
        #expect(try Snapshot.read(run.supersededFolder + "/best.h5").position?.epoch == 3, comment)
      }
      #expect(kills >= 3, "\(kills)")
    }
  }
#endif
