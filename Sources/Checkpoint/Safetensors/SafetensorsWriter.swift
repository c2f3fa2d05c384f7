import OrderedCollections
import Tensors

/// Writes one safetensors file.
package struct SafetensorsWriter: FormatWriter {
  private let options: WritingOptions

  /// A writer.
  package init(_ options: WritingOptions = WritingOptions()) { self.options = options }

  package func losses(of snapshot: LazySnapshot) -> [Loss] { SafetensorsPlan(snapshot).losses }

  package func write(_ snapshot: LazySnapshot, to path: String) throws {
    guard options.shardByteCount == nil else {
      throw CheckpointError(
        .invalid, path: path,
        "one safetensors file has no parts; write an index with its parts instead (--to safetensors-index)")
    }
    let plan = SafetensorsPlan(snapshot)
    let layout = try SafetensorsLayout(plan.tensors, metadata: plan.metadata, path: path)
    let publication = try Publication(of: path)
    do {
      try layout.write(to: publication)
      // The table, as a stranger reads it.
      let read = try SafetensorsReader(publication.temporary)
      guard read.contents.tensors.map(\.name) == Array(plan.tensors.keys), read.metadata == plan.metadata else {
        throw OpenFile.isAnother(path)
      }
      try publication.publish()
    } catch let error as CheckpointError where error.path == publication.temporary || error.path == path {
      throw publication.explained(error, path: path)
    }
  }
}

/// What safetensors can hold of a snapshot.
struct SafetensorsPlan {
  /// All tensors by their names in the file.
  let tensors: OrderedDictionary<String, TensorSource>
  /// The texts beside them.
  let metadata: OrderedDictionary<String, String>
  /// What is left out.
  let losses: [Loss]

  init(_ snapshot: LazySnapshot) {
    var snapshot = snapshot
    var texts = ForeignTexts.take(SafetensorsReader.metadataKey, from: &snapshot)
    var losses: [Loss] = []
    func canHold(_ what: String, _ source: TensorSource, _ name: String) -> Bool {
      if SafetensorsType.name(source.dtype) == nil {
        losses.append(Loss(what, why: "safetensors has no \(source.dtype.rawValue)"))
        return false
      }
      if name == SafetensorsReader.metadataKey {
        losses.append(Loss(what, why: "safetensors keeps this name for itself"))
        return false
      }
      return true
    }
    let net = snapshot.net.filter { canHold($0.key, $0.value, $0.key) }
    for (parameter, slots) in snapshot.optimizerState {
      snapshot.optimizerState[parameter] = slots.filter {
        canHold("optimizer.state.\(parameter).\($0.key)", $0.value, "")
      }
    }
    if let lost = snapshot.otherTensors.first(where: { SafetensorsType.name($0.value.dtype) == nil }) {
      // Its place among the others would be empty.
      losses.append(
        Loss("what else the file holds", why: "safetensors has no \(lost.value.dtype.rawValue) (\(lost.key))"))
      snapshot.others = .null
      snapshot.otherTensors = [:]
    }
    let own = SnapshotMetadata(of: snapshot) { net[$0] != nil }
    texts[SnapshotMetadata.key] = own.text
    tensors = net.merging(own.tensors) { first, _ in first }
    metadata = texts
    self.losses = losses + own.losses
  }
}
