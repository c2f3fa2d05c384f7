@testable import Checkpoint
import OrderedCollections
import Tensors
import Testing

/// Everything of a snapshot but its tensors, as text and back.
@Suite struct SnapshotMetadataTests {
  private static func tensors(
    of snapshot: LazySnapshot, _ metadata: SnapshotMetadata
  ) -> OrderedDictionary<String, TensorSource> {
    snapshot.net.merging(metadata.tensors) { $1 }
  }

  @Test func roundTrip() throws {
    let snapshot = LazySamples.training()
    let metadata = SnapshotMetadata(of: snapshot) { snapshot.net[$0] != nil }
    #expect(metadata.losses == [])
    #expect(
      Array(metadata.tensors.keys) == [
        "optimizer.state.classifier.weight.momentum_buffer", "optimizer.state.features.0.weight.momentum_buffer",
        "others.rng.cpu~", "others.extra",
      ])
    let read = try SnapshotMetadata.snapshot(
      text: metadata.text, tensors: Self.tensors(of: snapshot, metadata), path: "")
    #expect(try LazySamples.differences(snapshot, read) == [])
  }

  @Test func bareWeightsHaveNoText() throws {
    let snapshot = LazySnapshot(net: ["a": TensorSource(Tensor(scalar: 1 as Float))])
    let metadata = SnapshotMetadata(of: snapshot) { _ in true }
    #expect(metadata.text == nil && metadata.tensors.isEmpty && metadata.losses == [])
    let read = try SnapshotMetadata.snapshot(text: nil, tensors: snapshot.net, path: "")
    #expect(try LazySamples.differences(snapshot, read) == [])
  }

  /// Each member of a snapshot alone.
  @Test func partsAlone() throws {
    var parts: [LazySnapshot] = []
    func add(_ change: (inout LazySnapshot) -> Void) {
      var snapshot = LazySnapshot(net: [:])
      change(&snapshot)
      parts.append(snapshot)
    }
    add { $0.metadata.architecture = "" }
    add { $0.metadata.arguments = [:] }
    add { $0.metadata.seed = .max }
    add { $0.metadata.position = TrainingPosition(epoch: 0, step: .max) }
    add { $0.metadata.classNames = ["", "a"] }
    add { $0.metadata.schedule = ["milestones": []] }
    add { $0.metadata.metrics = [1, [2.5, [nil, true]]] }
    add { $0.metadata.optimizer = OptimizerSnapshot(kind: "adam", step: 0, groups: [], state: [:]) }
    add { $0.optimizerState = ["p": ["exp_avg": TensorSource(Tensor(scalar: 1 as Float))]] }
    add { $0.others = .dictionary([]) }
    for part in parts {
      let metadata = SnapshotMetadata(of: part) { _ in false }
      let text = try #require(metadata.text)
      #expect(text.hasPrefix(#"{"format":"zoo-snapshot","version":1,"#))
      let read = try SnapshotMetadata.snapshot(text: text, tensors: metadata.tensors, path: "")
      #expect(try LazySamples.differences(part, read) == [], "\(text)")
    }
  }

  @Test func whatIsSharedVeryOftenIsALoss() {
    var value: Value = .list([.integer(1)])
    for _ in 0..<40 { value = .list([value, value]) }
    var snapshot = LazySnapshot(net: [:])
    snapshot.others = value
    #expect(SnapshotMetadata(of: snapshot) { _ in false }.losses.first?.why.contains("very many places") == true)
    value = .integer(1)
    for _ in 0..<ExactJSON.deepest { value = .list([value]) }
    snapshot.others = value
    let metadata = SnapshotMetadata(of: snapshot) { _ in false }
    #expect(metadata.losses.first?.why.contains("nested deeper than 64") == true && metadata.text == nil)
  }

  @Test func deepestValueReadsBack() throws {
    var value: Value = .integer(1)
    for _ in 1..<ExactJSON.deepest { value = .dictionary([.init(.integer(0), value)]) }
    var snapshot = LazySnapshot(net: [:])
    snapshot.others = value
    let text = try #require(SnapshotMetadata(of: snapshot) { _ in false }.text)
    #expect(try SnapshotMetadata.snapshot(text: text, tensors: [:], path: "").others == value)
  }

  private static let head = #"{"format":"zoo-snapshot","version":1,"#

  @Test(arguments: [
    ("", "the text 'zoo' of the file"), ("{}", "the text 'zoo' of the file"), ("[1", "the text 'zoo' of the file"),
    (#"{"format":"zoo-snapshot","version":2}"#, "a snapshot of version 2"),
    (#"{"format":"zoo-snapshot"}"#, "a snapshot of version unknown"),
    (head + #""seed":7}"#, "'seed'"), (head + #""seed":"18446744073709551616"}"#, "'seed'"),
    (head + #""architecture":1}"#, "'architecture'"), (head + #""class_names":[1]}"#, "'class_names'"),
    (head + #""position":{"epoch":-1,"step":0,"batches_done":0}}"#, "'position'"),
    (head + #""metrics":{"$other":1}}"#, "'metrics'"), (head + #""metrics":{"$number":"x"}}"#, "'metrics'"),
    (head + #""optimizer":{"kind":"sgd"}}"#, "'optimizer'"),
    (head + #""optimizer":{"kind":"sgd","step":0,"groups":[1]}}"#, "'optimizer'"),
    (head + #""optimizer_state":{"p":{"s":"none"}}}"#, "'optimizer_state'"),
    (head + #""optimizer_state":{"p":{"s":"a","t":"a"}}}"#, "'optimizer_state'"),
    (head + #""optimizer_state":{"p":1}}"#, "'optimizer_state'"),
    (head + #""other_tensors":{"p":1}}"#, "'other_tensors'"), (head + #""others":{"$tensor":"x"}}"#, "'others'"),
    (head + #""others":{"$bytes":"0"}}"#, "'others'"), (head + #""others":{"$integer":"1.5"}}"#, "'others'"),
    (head + #""others":{"$complex":[1]}}"#, "'others'"), (head + #""others":{"$dictionary":[[1]]}}"#, "'others'"),
    (head + #""others":{"$record":{"class":1}}}"#, "'others'"),
  ])
  func wrong(_ text: String, _ message: String) {
    let tensors: OrderedDictionary = ["a": TensorSource(Tensor(scalar: 1 as Float))]
    let error = checkpointError { _ = try SnapshotMetadata.snapshot(text: text, tensors: tensors, path: "") }
    #expect(error?.message.contains(message) == true, "\(String(describing: error))")
    #expect(error?.code == (message.contains("version") ? .unsupported : .corrupt))
  }
}
