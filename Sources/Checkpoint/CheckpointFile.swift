public import Tensors

/// A checkpoint file, open: its contents at once, its tensors when they are asked for.
public struct CheckpointFile: Sendable {
  /// The path as it was given.
  public let path: String
  /// What the file holds.
  public let contents: FileContents

  let entries: [H5Entry<StoredTensor>]
  let file: OpenFile
  private let mapped: MappedFile

  /// Opens a file and reads all but its tensors. The digest over everything but the tensors' bytes is checked; theirs are
  /// not.
  /// - Throws: ``CheckpointError``: what is no checkpoint says what it is instead; nothing is followed out of the file.
  public init(opening path: String) throws {
    let native = try H5File(path)
    try NativeFile.checkFormat(native)
    entries = try native.entries()
    try NativeFile.checkMetadata(entries, path: path)
    contents = try NativeFile.contents(entries, byteCount: native.size, path: path)
    self.path = path
    file = native.file
    mapped = try MappedFile(file)
  }

  /// A tensor of the file, mapped into memory: its bytes are read when they are looked at, and are not checked.
  ///
  /// One whose bytes do not begin at a multiple of its element's size is copied instead.
  public func tensor(_ stored: StoredTensor) -> Tensor {
    guard let offset = stored.offset else { return Tensor(zeros: stored.shape, dtype: stored.dtype) }
    precondition(offset + stored.byteCount <= mapped.bytes.count, "\(stored.name) is a tensor of another file")
    let bytes = UnsafeRawBufferPointer(rebasing: mapped.bytes[offset..<offset + stored.byteCount])
    guard offset % stored.dtype.size == 0 else {
      return Tensor(stored.shape, dtype: stored.dtype) { $0.copyMemory(from: bytes) }
    }
    return Tensor(stored.shape, dtype: stored.dtype, borrowing: bytes, owner: mapped)
  }

  /// The SHA-256 of a tensor's little-endian contiguous bytes, in 64 hexadecimal digits.
  public func sha256(of stored: StoredTensor) -> String {
    tensor(stored).withUnsafeBytes { SHA256.hexadecimal($0) }
  }
}
