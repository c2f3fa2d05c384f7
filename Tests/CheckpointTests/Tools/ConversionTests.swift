import Checkpoint
import Foundation
import Tensors
import Testing

struct ConversionTests {
  private let folder: TemporaryFolder
  private let source: CheckpointFile

  init() throws {
    folder = try TemporaryFolder()
    try Samples.training().write(to: folder.file("a.h5"))
    source = try CheckpointFile(opening: folder.file("a.h5"))
  }

  /// Everything comes back after a visit to any format that can hold it.
  @Test(arguments: CheckpointFormat.writable.filter { $0 != .npy && $0 != .safetensorsIndex })
  func thereAndBack(format: CheckpointFormat) throws {
    var rules = ConversionRules()
    rules.isLossy = true
    let there = folder.file("there"), back = folder.file("back.h5")
    let conversion = try Conversion(of: source, to: format, rules: rules)
    try conversion.run(to: there)
    #expect(try conversion.verify(there).isSame)
    try Conversion(of: CheckpointFile(opening: there), to: .native).run(to: back)
    let comparison = try CheckpointComparison(source.snapshot(), CheckpointFile(opening: back).snapshot())
    #expect(comparison.isSame, "\(format): \(comparison)")
    guard conversion.losses.isEmpty else { return }
    let (old, new) = (try source.snapshot().metadata, try CheckpointFile(opening: back).snapshot().metadata)
    #expect(new.architecture == old.architecture && new.position == old.position && new.seed == old.seed)
    #expect(new.settings == old.settings && new.metrics == old.metrics && new.classNames == old.classNames)
    #expect(new.schedule == old.schedule && new.preprocessing == old.preprocessing && new.arguments == old.arguments)
    #expect(new.optimizer?.kind == old.optimizer?.kind && new.optimizer?.step == old.optimizer?.step)
    #expect(new.optimizer?.groups == old.optimizer?.groups)
    #expect(new.provenance.array?.count == 3)
    #expect(new.provenance.array?.last?["format"]?.string == format.rawValue)
  }

  @Test func whatIsOnlyReadIsRefused() throws {
    #expect { _ = try Conversion(of: source, to: .onnx) } throws: { "\($0)".contains("only read") }
  }

  @Test func aFailureLeavesTheOldTarget() throws {
    let target = folder.file("t.h5")
    try Data("old".utf8).write(to: URL(filePath: target))
    var bytes = try Data(contentsOf: URL(filePath: folder.file("a.h5")))
    let damaged = try #require(source.contents.tensors.first { $0.name == "classifier.weight" })
    bytes[try #require(damaged.offset) + 5] ^= 1
    try bytes.write(to: URL(filePath: folder.file("bad.h5")))
    let conversion = try Conversion(of: CheckpointFile(opening: folder.file("bad.h5")), to: .native)
    #expect(throws: CheckpointError.self) { try conversion.run(to: target) }
    #expect(try Data(contentsOf: URL(filePath: target)) == Data("old".utf8))
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(Set(left) == ["a.h5", "bad.h5", "t.h5"])

    let verification = try Verification(of: CheckpointFile(opening: folder.file("bad.h5")))
    #expect(!verification.isSound && verification.damages.count == 1)
    #expect(verification.damages.first?.contains("classifier.weight") == true)
  }

  @Test func verificationCountsWhatIsNotFinite() throws {
    let net: StateDict = ["a": Tensor([Float](arrayLiteral: 1, .nan, .infinity, -.infinity), shape: [4])]
    try Snapshot(net: net).write(to: folder.file("n.h5"))
    let verification = try Verification(of: CheckpointFile(opening: folder.file("n.h5")))
    #expect(verification.isSound && verification.digestCount == 1)
    #expect(verification.nonFinite.map(\.name) == ["a"])
    #expect(verification.nonFinite.map { [$0.nanCount, $0.infinityCount] } == [[1, 2]])
    #expect(try Verification(of: source).tensorCount == 7)
  }
}
