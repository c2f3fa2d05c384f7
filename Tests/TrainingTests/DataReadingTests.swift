import Checkpoint
import Datasets
import Fixtures
import Foundation
import Testing
import Zoo

@testable import Training

/// Where a training's images come from, and that a resumed training has the same.
struct DataReadingTests {
  let folder: TemporaryFolder
  let store: RunStore

  init() throws {
    folder = try TemporaryFolder()
    store = RunStore(folder: folder.path("store"))
  }

  private func settings(_ data: String) -> TrainingSettings {
    TrainingSettings(
      model: TinyModel.entry.name, data: data, validationShare: 0.25, epochs: 2, batchSize: 4,
      augmentation: TrainingSettings.Augmentation.none, workers: 1, threads: 1)
  }

  private func trainer(_ settings: TrainingSettings, run: String = "run") throws -> Trainer {
    try Trainer(settings, run: run, in: store, entry: TinyModel.entry)
  }

  private func resumed(data: String? = nil) throws -> Trainer {
    var changes = ResumeChanges()
    changes.data = data
    return try Trainer(resuming: "run", in: store, changing: changes, entry: TinyModel.entry)
  }

  @Test func classesCanBeNumberedNaturally() throws {
    var settings = settings(try TinyFolder(in: folder, named: "t", classes: ["1": 3, "10": 3, "2": 3]).path)
    #expect(try trainer(settings, run: "a").preparation.classNames == ["1", "10", "2"])
    settings.reading.classOrder = .natural
    let trainer = try trainer(settings, run: "b")
    #expect(trainer.preparation.classNames == ["1", "2", "10"])
    #expect(try ClassIndices(contentsOf: trainer.run.folder + "/class_indices.json").names == ["1", "2", "10"])
  }

  @Test func aListIsTrainedOnLikeAFolder() throws {
    let data = try TinyFolder(in: folder, named: "t", classes: ["a": 6, "b": 6])
    let lines = (0..<6).flatMap { ["a/\($0).png,a", "b/\($0).png,b"] }.sorted()
    try folder.write("path,label\n" + lines.joined(separator: "\n"), to: "t/list.csv")
    let (fromFolder, fromList) = (
      try trainer(settings(data.path), run: "f"), try trainer(settings(data.path + "/list.csv"), run: "l")
    )
    #expect(fromList.dataDigest == fromFolder.dataDigest)
    try fromFolder.train()
    try fromList.train()
    #expect(
      fromList.state.training == fromFolder.state.training && fromList.state.validation == fromFolder.state.validation)
  }

  @Test func otherNamesForTheClassesStayWithTheRun() throws {
    let data = try TinyFolder(in: folder, named: "t", classes: ["a": 6, "b": 6])
    var settings = settings(data.path)
    settings.reading.classNames = ["b", "none", "a"]
    var trainer: Trainer? = try trainer(settings)
    try trainer?.train(stopWhen: true)
    trainer = nil
    #expect(try resumed().preparation.classNames == ["b", "none", "a"])
    settings.reading.classNames = ["a", "c"]
    #expect { try self.trainer(settings, run: "other") } throws: { "\($0)".contains("'b'") }
  }

  /// In mid-epoch other images would be trained on than those that are left; at the end of an epoch one may go on, told.
  @Test func otherImagesAreNoticed() throws {
    let data = try TinyFolder(in: folder, named: "t", classes: ["a": 8, "b": 8])
    var trainer: Trainer? = try trainer(settings(data.path))
    try trainer?.train(stopWhen: trainer?.state.batchesDone == 1)
    trainer = nil
    let moved = folder.path("moved")
    try FileManager.default.moveItem(atPath: data.path, toPath: moved)
    trainer = try resumed(data: moved)
    trainer = nil
    try FileManager.default.moveItem(atPath: moved + "/a/0.png", toPath: moved + "/a/00.png")
    #expect { try resumed(data: moved) } throws: { "\($0)".contains("not the same any more") }
    try FileManager.default.moveItem(atPath: moved + "/a/00.png", toPath: moved + "/a/0.png")
    trainer = try resumed(data: moved)
    try trainer?.train(stopWhen: trainer?.state.epochsDone == 1)
    trainer = nil
    try FileManager.default.moveItem(atPath: moved + "/a/0.png", toPath: moved + "/a/00.png")
    var notices: [String] = []
    try resumed(data: moved).train { if case .notice(let text) = $0 { notices.append(text) } }
    #expect(notices.contains { $0.contains("not those that the run began with") }, "\(notices)")
  }
}
