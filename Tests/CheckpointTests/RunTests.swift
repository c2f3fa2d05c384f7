@testable import Checkpoint
import Foundation
import Tensors
import Testing

/// Runs: their folders, names, checkpoints and locks.
@Suite struct RunTests {
  let folder: TemporaryFolder
  let store: RunStore

  init() throws {
    folder = try TemporaryFolder()
    store = RunStore(folder: folder.file("models"))
  }

  @Test func creating() throws {
    let run = try store.createRun("mine", model: "alexnet", settings: ["model": "alexnet", "lr": 0.1])
    #expect(try run.settings() == ["model": "alexnet", "lr": 0.1])
    #expect(checkpointError { _ = try store.createRun("mine", model: "alexnet", settings: [:]) }?.code == .exists)
    let names = try (0..<3).map { _ in try store.createRun(nil, model: "lenet5", settings: [:]).name }
    #expect(names == ["lenet5", "lenet5-2", "lenet5-3"])
    #expect(try store.runNames() == ["lenet5", "lenet5-2", "lenet5-3", "mine"])
  }

  @Test(arguments: ["", "..", ".", "a/b", "a\\b", "-x", ".x", "a@b", "a\u{1B}[2J", "a\nb", " a", "a.h5", "a\u{202E}b"])
  func namesThatAreRefused(_ name: String) throws {
    let error = checkpointError { _ = try store.createRun(name, model: "alexnet", settings: [:]) }
    #expect(error?.code == .invalid)
    #expect(error?.message.contains("\u{1B}") == false)
    #expect(folder.names == [])
  }

  @Test func references() throws {
    let run = try store.createRun("mine", model: "alexnet", settings: [:])
    let snapshot = Snapshot(net: ["weight": Tensor(scalar: Float(1))])
    try run.save(snapshot, as: .last, .best, .epoch(12))
    for (word, label) in [
      ("mine", CheckpointLabel.last), ("mine@last", .last), ("mine@best", .best), ("mine@12", .epoch(12)),
    ] {
      let found = try store.resolve(word)
      #expect(found.path == run.path(of: label) && found.run == run && found.label == label)
    }
    let plain = try store.resolve(run.path(of: .best))
    #expect(plain.path == run.path(of: .best) && plain.run == nil && plain.label == nil)
    #expect(try store.resolve(run.folder + "/").path == run.path(of: .last))

    let unknown = checkpointError { _ = try store.resolve("mine@13") }
    #expect(unknown?.code == .notFound && unknown?.message.contains("it has: last, best, 12") == true)
    #expect(checkpointError { _ = try store.resolve("mine@012") }?.code == .notFound)
    #expect(checkpointError { _ = try store.resolve("no/such.h5") }?.code == .notFound)
    #expect(checkpointError { _ = try store.resolve("such.h5") }?.message == "there is no such file")
    #expect(checkpointError { _ = try store.resolve("../mine@best") }?.code == .notFound)
    #expect(checkpointError { _ = try store.resolve("mine@best/x") }?.code == .notFound)
  }

  @Test func unknownRunNamesTheNearestFirst() throws {
    for name in ["resnet18", "alexnet", "alexnet_half"] { _ = try store.createRun(name, model: "m", settings: [:]) }
    let unknown = checkpointError { _ = try store.resolve("alexnett@best") }
    #expect(unknown?.message == "there is no run 'alexnett'; there are: alexnet, alexnet_half, resnet18")
    let empty = RunStore(folder: folder.file("nowhere"))
    #expect(checkpointError { _ = try empty.run("a") }?.message.contains("there are none in") == true)
    #expect(try empty.runNames() == [])
  }

  @Test func bestOutlivesLast() throws {
    let run = try store.createRun("mine", model: "alexnet", settings: [:])
    for step in 1...3 {
      var snapshot = Snapshot(net: ["weight": Tensor(scalar: Int32(step))])
      snapshot.position = TrainingPosition(epoch: step, step: step)
      if step == 2 { try run.save(snapshot, as: .last, .best) } else { try run.save(snapshot, as: .last) }
    }
    #expect(try Snapshot.read(run.path(of: .best)).position?.step == 2)
    #expect(try Snapshot.read(run.path(of: .last)).position?.step == 3)
    #expect(TemporaryFolder.names(in: run.folder) == ["best.h5", "last.h5", "settings.json"])
  }

  @Test func lockKeepsOthersOut() throws {
    let run = try store.createRun("mine", model: "alexnet", settings: [:])
    var lock: RunLock? = try run.lock()
    let busy = checkpointError { _ = try run.lock() }
    #expect(busy?.code == .busy && busy?.path == run.folder)
    #expect(try store.summaries().first?.process != nil)
    lock = nil
    #expect(try store.summaries().first?.process == nil)
    lock = try run.lock()
    _ = lock
  }

  @Test func summaries() throws {
    let run = try store.createRun("mine", model: "alexnet", settings: ["model": "alexnet", "epochs": 5])
    #expect(try store.summaries().first?.model == "alexnet")
    var snapshot = Samples.training()
    try run.save(snapshot, as: .last, .best)
    snapshot.metrics = ["val_top1": 0.5]
    snapshot.position?.epoch = 4
    try run.save(snapshot, as: .last)
    let summary = try #require(try store.summaries().first)
    #expect(summary.model == "alexnet_half_bn" && summary.position?.epoch == 4 && summary.problem == nil)
    #expect(summary.bestMetrics["val_top1"] == 0.875 && summary.lastMetrics["val_top1"] == 0.5)
    #expect(summary.labels == [.last, .best] && summary.settings["epochs"] == 5)
    #expect(summary.byteCount > 2 * 300_000)

    try TemporaryFolder.write(Array("junk".utf8), to: run.path(of: .best))
    let broken = try #require(try store.summaries().first)
    #expect(broken.problem?.contains("best.h5") == true && broken.position?.epoch == 4)
  }
}

/// Where models that come with the program are looked for.
@Suite struct ShippedModelsTests {
  @Test(arguments: [
    ("/usr/local/bin/zoo", ["/usr/local/share/zoo/models"]), ("/home/a/bin/zoo", ["/home/a/share/zoo/models"]),
    ("/src/zoo/.build/x86_64/release/zoo", ["/src/zoo/.build/x86_64/share/zoo/models", "/src/zoo/models"]),
  ])
  func folders(executable: String, expected: [String]) {
    #expect(ShippedModels.folders(of: executable) == expected)
  }
  /// What a killed `zoo runs ship` leaves is removed by the next; what another one is filling stays.
  @Test func draftsThatWereAbandonedGo() throws {
    let folder = try TemporaryFolder()
    for name in [".a@b.1x", ".a@b.c.3x", ".a@bc.4x"] { try Self.make(name, 1, in: folder) }
    _ = try ShippedModels.make("a@b", in: folder.path) { draft in
      // A second one of the same name comes between.
      _ = try ShippedModels.make("a@b", in: folder.path) { try Self.fill($0, 2) }
      try Self.fill(draft, 3)
      #expect(FileStatus.exists("\(draft.folder)/best.h5"))
      try FileManager.default.removeItem(atPath: folder.file("a@b"))
    }
    #expect(try Folder(path: folder.path).names() == [".a@b.c.3x", ".a@bc.4x", "a@b"])
    #expect(try Data(contentsOf: URL(filePath: folder.file("a@b/best.h5"))) == Data([3]))
  }

  /// Killed between the two renamings of a replacement: the old model comes back.
  @Test func aModelThatGaveWayToNothingComesBack() throws {
    let folder = try TemporaryFolder()
    try Self.make(".a@b.1x.old", 7, in: folder)
    try Self.make(".a@b.1x", 8, in: folder)
    #expect(throws: CheckpointError.self) { try ShippedModels.make("a@b", in: folder.path) { try Self.fill($0, 9) } }
    #expect(try Folder(path: folder.path).names() == ["a@b"])
    #expect(try Data(contentsOf: URL(filePath: folder.file("a@b/best.h5"))) == Data([7]))
    _ = try ShippedModels.make("a@b", in: folder.path, replaces: true) { try Self.fill($0, 9) }
    #expect(try Data(contentsOf: URL(filePath: folder.file("a@b/best.h5"))) == Data([9]))
  }

  private static func make(_ name: String, _ byte: UInt8, in folder: TemporaryFolder) throws {
    try Folder(path: folder.path).create()
    try Folder(path: folder.file(name)).create()
    try fill(Run(name: name, folder: folder.file(name)), byte)
  }

  private static func fill(_ draft: Run, _ byte: UInt8) throws {
    try Data([byte]).write(to: URL(filePath: draft.path(of: .best)))
  }
}
