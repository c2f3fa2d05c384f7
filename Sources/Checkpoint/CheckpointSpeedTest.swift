import Tensors

/// How fast a checkpoint is saved, opened and read on a disk, beside one plain sequential write of as many bytes.
public struct CheckpointSpeedTest: Sendable {
  /// What was measured: seconds of each round, in order.
  public struct Report: Sendable {
    /// The bytes of the checkpoint.
    public let byteCount: Int
    /// Writing these bytes from memory to a new file, one after the other, and waiting for the disk (`fsync`).
    public let writeSeconds: [Double]
    /// Saving the checkpoint with digests or checksums, verified, on the disk and published.
    public let saveSeconds: [Double]
    /// Opening it and listing all that it holds; no tensor is read.
    public let openSeconds: [Double]
    /// Reading it into memory with all digests or checksums checked (``Snapshot/read(_:_:verifying:)``), from the system's
    /// cache.
    public let readSeconds: [Double]
  }

  private let snapshot: Snapshot
  private let folder: Folder
  private let writer: any FormatWriter

  /// A test of a snapshot in a folder, where it needs room for two files and leaves none.
  /// - Throws: ``CheckpointError/Code/unsupported`` for a format that is only read, or whose file is not all of a checkpoint.
  public init(
    _ snapshot: Snapshot, as format: CheckpointFormat = .native, options: WritingOptions = WritingOptions(),
    in folder: String
  ) throws {
    guard let writer = format.writer(options) else {
      throw CheckpointError(.unsupported, "files of format '\(format.rawValue)' are only read")
    }
    guard ![.npy, .safetensorsIndex].contains(format) else {
      throw CheckpointError(
        .unsupported, "a file of format '\(format.rawValue)' does not hold a whole checkpoint; measure another format")
    }
    self.snapshot = snapshot
    self.folder = Folder(path: folder)
    self.writer = writer
  }

  /// Writes and saves in turns, so that what disturbs the disk disturbs both; then opens and reads in turns.
  public func run(rounds: Int) throws -> Report {
    let path = folder.appending("zoo-bench-\(UInt32.random(in: .min ... .max)).tmp")
    defer { FileStatus.remove(path) }
    // The first file of all makes the folder's first entries and fills no cache: it is not counted.
    try writer.write(LazySnapshot(snapshot), to: path)
    let size = try OpenFile(path, .read).size()
    var seconds: (write: [Double], save: [Double], open: [Double], read: [Double]) = ([], [], [], [])
    for _ in 0..<rounds {
      seconds.write.append(try Self.seconds { try writePlainly(size, to: path + ".bytes") })
      seconds.save.append(try Self.seconds { try writer.write(LazySnapshot(snapshot), to: path) })
    }
    // Reading has rounds of its own, the first not counted: memory that the system has just taken back from files is
    // handed out slowly, to whoever asks first.
    _ = try Snapshot.read(path)
    for _ in 0..<rounds {
      seconds.open.append(try Self.seconds { _ = try CheckpointFile(opening: path).contents })
      seconds.read.append(try Self.seconds { _ = try Snapshot.read(path) })
    }
    return Report(
      byteCount: size, writeSeconds: seconds.write, saveSeconds: seconds.save, openSeconds: seconds.open,
      readSeconds: seconds.read)
  }

  /// Writes as many bytes as the checkpoint has, those of its tensors in order and then zeros.
  private func writePlainly(_ size: Int, to path: String) throws {
    let file = try OpenFile(path, .create)
    FileStatus.remove(path)
    var end = 0
    for (_, tensor) in snapshot.net { try append(tensor, to: file, &end) }
    for slots in snapshot.optimizer?.state.values.map(\.values) ?? [] {
      for tensor in slots { try append(tensor, to: file, &end) }
    }
    try append(Tensor(zeros: [max(size - end, 0)], dtype: .uint8), to: file, &end)
    try file.synchronize()
  }

  private func append(_ tensor: Tensor, to file: OpenFile, _ end: inout Int) throws {
    try tensor.withUnsafeBytes { try file.write($0, at: end) }
    end += tensor.byteCount
  }

  private static func seconds(_ work: () throws -> Void) rethrows -> Double {
    let duration = try ContinuousClock().measure(work).components
    return Double(duration.seconds) + Double(duration.attoseconds) * 1e-18
  }
}
