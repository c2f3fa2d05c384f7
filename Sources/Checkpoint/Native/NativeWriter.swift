import OrderedCollections

/// The points of a save at which tests make things go wrong.
package enum SaveStep: Hashable, Sendable {
  case begun, laidOut, reserved
  /// The tensor of this index is about to be written.
  case tensor(Int)
  case written, closed, verified, synchronized, renamed
}

/// Writes a snapshot as a native checkpoint, published all at once (``Publication``).
///
/// HDF5 makes the structure and allocates the room, in a scratch file; the tensors' bytes, which are nearly everything, are
/// written from several threads straight into that room, and digested on the way. Before the file gets its name, it is opened anew and
/// verified: its structure and attributes are read and compared with what was meant, and every byte of every tensor is
/// read back and digested again, while the disk takes the bytes in. What is read back comes from the operating system's
/// cache: this finds every mistake of ours, of HDF5 and of the file system, but not a disk that loses what it has
/// confirmed; for that there are the digests, checked at every load.
package struct NativeWriter: FormatWriter {
  private let options: WritingOptions
  private let probe: @Sendable (SaveStep) throws -> Void

  /// A writer.
  package init(
    _ options: WritingOptions = WritingOptions(), probe: @escaping @Sendable (SaveStep) throws -> Void = { _ in }
  ) {
    self.options = options
    self.probe = probe
  }

  package func losses(of snapshot: LazySnapshot) -> [Loss] {
    var encoder = ExactJSON.Encoder(tensorNames: Array(snapshot.otherTensors.keys))
    do {
      _ = try encoder.encode(snapshot.others)
      return []
    } catch {
      let reason = (error as? ExactJSON.Excess)?.reason ?? "\(error)"
      return [Loss("what else the file holds", why: "it cannot be written as text: \(reason)")]
    }
  }

  /// Writes everything. When this throws, the file that was there before is still there, unless only the very last step
  /// failed, bringing the new name to the disk.
  package func write(_ snapshot: LazySnapshot, to path: String) throws {
    let entries = try NativeEncoder(snapshot, path: path).entries
    let publication = try Publication(of: path)
    do {
      try NativeSaving(path: path, publication: publication, compression: options.compression, probe: probe)
        .write(entries)
    } catch let error as CheckpointError where error.path == publication.temporary || error.path == path {
      throw publication.explained(error, path: path)
    }
  }
}
