import Tensors

/// A dataset that is a tensor: its type and shape, and where its elements stand.
struct H5Dataset: Sendable {
  /// Where the elements stand in the file.
  enum Storage: Sendable {
    /// Nowhere: each is the fill value, whose bytes these are (zeros when empty).
    case nowhere(fill: [UInt8])
    /// In one piece that begins here.
    case contiguous(Int)
    /// In the header.
    case compact([UInt8])
    case chunked(H5Chunks)
    /// In a way that this build does not read: why.
    case unreadable(String)
  }

  let dtype: DType
  let shape: Shape
  let storage: Storage
  /// The bytes of a number whose order is turned around; 1 for none.
  let swappedSize: Int

  /// The bytes of the elements in memory, which are those in the file before any filter.
  var byteCount: Int { shape.count * dtype.size }

  /// Where the bytes of the tensor lie in the file as they are in memory; `nil` when they do not.
  var offset: Int? {
    if case .contiguous(let offset) = storage, swappedSize == 1, byteCount > 0 { offset } else { nil }
  }

  /// The pieces of the file that the elements take.
  var ranges: [Range<Int>] {
    switch storage {
    case .contiguous(let offset): byteCount > 0 ? [offset..<offset + byteCount] : []
    case .chunked(let chunks): chunks.chunks.filter { $0.byteCount > 0 }.map { $0.offset..<$0.offset + $0.byteCount }
    case .nowhere, .compact, .unreadable: []
    }
  }
}

/// The elements of a dataset in blocks.
struct H5Chunks: Sendable {
  /// The extents of the dataset and of a chunk.
  let extents: [Int]
  let chunkExtents: [Int]
  let elementSize: Int
  /// In the order of writing.
  let filters: [H5Filter]
  let chunks: [H5Chunk]
  /// What elements of missing chunks are; zeros when empty.
  let fill: [UInt8]

  /// The bytes of a chunk before any filter.
  var byteCount: Int { chunkExtents.reduce(elementSize, *) }
  /// Whether every element lies in a chunk.
  let isComplete: Bool
}
