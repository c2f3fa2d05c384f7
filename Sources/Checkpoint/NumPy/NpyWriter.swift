import OrderedCollections
import Tensors

/// Writes one numpy array.
package struct NpyWriter: FormatWriter {
  /// A writer.
  package init(_ options: WritingOptions = WritingOptions()) {}

  package func losses(of snapshot: LazySnapshot) -> [Loss] {
    var losses: [Loss] = []
    for (index, name) in snapshot.net.keys.enumerated() {
      if index > 0 {
        losses.append(Loss(name, why: "npy holds one array"))
      } else if name != NpyReader.name {
        losses.append(Loss("the name '\(name)'", why: "an array in npy has none"))
      }
    }
    if let source = snapshot.net.values.first, !NpyType.isKnown(source.dtype) {
      losses.append(Loss("the element type of the array", why: "numpy has no \(source.dtype.rawValue)"))
    }
    // Where the array comes from is a note, and no part of it.
    var notes = snapshot
    notes.metadata.created = nil
    notes.metadata.provenance = .null
    let rest = SnapshotMetadata(of: notes) { _ in false }
    if rest.text != nil || !rest.losses.isEmpty {
      losses.append(Loss("everything but the array", why: "npy holds one array and nothing else"))
    }
    return losses
  }

  package func write(_ snapshot: LazySnapshot, to path: String) throws {
    guard let source = snapshot.net.values.first else {
      throw CheckpointError(.invalid, path: path, "there is no tensor to write; npy holds exactly one")
    }
    let header = NpyHeader.bytes(descriptor: NpyType.descriptor(source.dtype), shape: source.shape)
    let publication = try Publication(of: path)
    do {
      let file = publication.file
      let placed = [TensorPlacement(source: source, offset: header.count)]
      try file.reserve(header.count + source.byteCount)
      try header.withUnsafeBytes { try file.write($0, at: 0) }
      let sums = try file.write(placed)
      try file.setSize(header.count + source.byteCount)
      guard try file.prefix(header.count) == header else { throw OpenFile.isAnother(path) }
      try file.synchronize(checking: placed, against: sums)
      try publication.publish()
    } catch let error as CheckpointError where error.path == publication.temporary || error.path == path {
      throw publication.explained(error, path: path)
    }
  }
}
