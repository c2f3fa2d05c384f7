import OrderedCollections
package import Tensors

/// An open native checkpoint.
package struct NativeReader: FormatReader {
  package let contents: FileContents
  private let path: String
  private let entries: [H5Entry<NativeFile.NativeTensor>]
  private let tensors: [NativeFile.NativeTensor]
  private let file: OpenFile
  private let mapped: MappedFile

  /// Opens a file.
  package init(_ path: String) throws { try self.init(try HDF5Opening.source(path)) }

  /// Takes over an open file. The digest over everything but the tensors' bytes is checked; theirs are not.
  init(_ source: H5Source) throws {
    path = source.path
    entries = try NativeFile.entries(source)
    try NativeFile.checkMetadata(entries, path: path)
    tensors = entries.compactMap(\.content)
    contents = FileContents(
      format: .native, producer: entries.first?.attributes[NativeLayout.producer]?.string, byteCount: source.size,
      tensors: tensors.map(\.stored), values: try NativeFile.values(entries, path: path))
    file = source.file
    mapped = try MappedFile(file)
  }

  package func read(_ index: Int, verifying isVerifying: Bool) throws -> Tensor {
    let tensor = tensors[index]
    return try TensorReader.read(tensor.stored, tensor.dataset, of: file, isVerifying: isVerifying)
  }

  package func isStreamed(_ index: Int) -> Bool { TensorReader.isStreamed(tensors[index].dataset, of: file) }

  package func stream(
    _ index: Int, verifying isVerifying: Bool, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let tensor = tensors[index]
    try TensorReader.stream(tensor.stored, tensor.dataset, of: file, isVerifying: isVerifying, body)
  }

  /// The tensor as a view of the mapped file. One whose bytes do not begin at a multiple of its element's size is copied.
  package func view(_ index: Int) throws -> Tensor {
    let tensor = tensors[index]
    guard tensor.dataset.offset != nil || tensor.stored.byteCount == 0 else {
      return try read(index, verifying: false)
    }
    return mapped.tensor(tensor.stored)
  }

  package func snapshot() throws -> LazySnapshot {
    try NativeDecoder(entries.map { $0.map { source($0.stored.index) } }, path: path).snapshot
  }
}
