public import Tensors

/// A checkpoint file of any format that this build reads, open: its contents at once, its tensors when they are asked for.
public struct CheckpointFile: Sendable {
  /// The path as it was given.
  public let path: String
  /// The reader of the file's format.
  package let reader: any FormatReader

  /// What the file holds.
  public var contents: FileContents { reader.contents }

  /// Opens a file and reads all but its tensors. The format is recognised by what the file holds, whatever its name.
  /// - Throws: ``CheckpointError``: what is no checkpoint says what it is instead; nothing is executed, and nothing is
  ///   followed out of the file's folder.
  public init(opening path: String, _ options: ReadingOptions = ReadingOptions()) throws {
    reader = try CheckpointFormat.open(path, options)
    self.path = path
  }

  /// Reads a tensor of the file into memory.
  /// - Parameter isVerifying: Whether its bytes are held against the digest or checksum that the file has for them.
  public func read(_ stored: StoredTensor, verifying isVerifying: Bool = true) throws -> Tensor {
    try reader.checkedRead(stored.index, verifying: isVerifying)
  }

  /// A tensor of the file as a view of the mapped file where that is possible: its bytes are read when they are looked at,
  /// and are not checked. What lies in the file in another order or packed is read into memory.
  public func view(_ stored: StoredTensor) throws -> Tensor { try reader.checkedView(stored.index) }

  /// Whether all tensors lie in the file itself, and none in others beside it.
  public var isWhole: Bool {
    contents.format != .safetensorsIndex && (reader as? OnnxReader)?.externalFiles.isEmpty ?? true
  }

  /// What the file means, with tensors that are read when they are asked for.
  public func snapshot() throws -> LazySnapshot { try reader.snapshot() }

  /// The SHA-256 of a tensor's little-endian contiguous bytes, in 64 hexadecimal digits.
  public func sha256(of stored: StoredTensor) throws -> String {
    try view(stored).withUnsafeBytes { SHA256.hexadecimal($0) }
  }
}
