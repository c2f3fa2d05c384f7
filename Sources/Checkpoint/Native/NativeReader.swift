import OrderedCollections
package import Tensors

/// An open native checkpoint.
package struct NativeReader: FormatReader {
  package let contents: FileContents
  private let path: String
  private let entries: [H5Entry<StoredTensor>]
  private let file: OpenFile
  private let mapped: MappedFile

  /// Opens a file of HDF5; `nil` when it is no native checkpoint.
  init?(recognizing path: String) throws {
    let file = try H5File(path)
    guard try NativeFile.isNative(file) else { return nil }
    try self.init(file)
  }

  /// Takes over an open file. The digest over everything but the tensors' bytes is checked; theirs are not.
  private init(_ native: borrowing H5File) throws {
    path = native.path
    entries = try native.entries()
    try NativeFile.checkMetadata(entries, path: path)
    contents = FileContents(
      format: .native, producer: entries.first?.attributes[NativeLayout.producer]?.string, byteCount: native.size,
      tensors: entries.compactMap(\.content), values: try NativeFile.values(entries, path: path))
    file = native.file
    mapped = try MappedFile(file)
  }

  package func read(_ index: Int, verifying isVerifying: Bool) throws -> Tensor {
    try TensorReader.read(contents.tensors[index], of: file, isVerifying: isVerifying)
  }

  /// The tensor as a view of the mapped file. One whose bytes do not begin at a multiple of its element's size is copied.
  package func view(_ index: Int) throws -> Tensor { mapped.tensor(contents.tensors[index]) }

  package func snapshot() throws -> LazySnapshot {
    try NativeDecoder(entries.map { $0.map { source($0.index) } }, path: path).snapshot
  }
}
