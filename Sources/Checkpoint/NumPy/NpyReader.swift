import OrderedCollections
package import Tensors

/// An open file of one numpy array.
package struct NpyReader: FormatReader {
  /// What the array is called: numpy gives this name to the first of an archive.
  static let name = "arr_0"

  package let contents: FileContents
  private let array: NpyArray
  private let file: OpenFile
  private let mapped: MappedFile

  /// Opens a file and reads its header.
  /// - Throws: ``CheckpointError/Code/unsupported`` for elements that no tensor has, Python objects among them.
  package init(_ path: String) throws {
    file = try OpenFile(path, .read)
    let size = try file.size()
    let count = try NpyHeader.byteCount(try file.prefix(12), label: "the array", path: path)
    let header = try NpyHeader(try file.prefix(count), label: "the array", path: path)
    do {
      array = try NpyArray(header, note: nil, byteCount: size, label: "the array", path: path)
    } catch let refusal as NpyType.Refusal {
      throw CheckpointError(.unsupported, path: path, "the array cannot be read: \(refusal.reason)")
    }
    mapped = try MappedFile(file)
    let stored = StoredTensor(
      index: 0, path: [Self.name], dtype: array.dtype, shape: array.shape,
      offset: array.isPlain && array.shape.count > 0 ? header.byteCount : nil)
    contents = FileContents(format: .npy, byteCount: size, tensors: [stored], values: .dictionary([]))
  }

  package func read(_ index: Int, verifying isVerifying: Bool) throws -> Tensor {
    // One array has no checksum.
    try array.tensor {
      _ = try file.read(into: $0, at: array.header.byteCount, isChecksummed: false)
    } pieces: {
      try file.forEachPiece(of: contents.tensors[index].byteCount, at: array.header.byteCount, $0)
    }
  }

  package func isStreamed(_ index: Int) -> Bool { array.isPlain }

  package func stream(
    _ index: Int, verifying isVerifying: Bool, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try file.forEachPiece(of: contents.tensors[index].byteCount, at: array.header.byteCount, body)
  }

  package func view(_ index: Int) throws -> Tensor {
    contents.tensors[index].offset == nil ? try read(index, verifying: false) : mapped.tensor(contents.tensors[index])
  }

  package func snapshot() throws -> LazySnapshot { LazySnapshot(net: [Self.name: source(0)]) }
}
