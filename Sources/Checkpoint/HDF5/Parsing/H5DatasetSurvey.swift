import Tensors

/// Finds out what one dataset is, and holds all that it claims against the file.
struct H5DatasetSurvey {
  let source: H5Source
  /// `/net/features.0.weight`, for errors.
  let object: String
  let header: H5ObjectHeader

  /// Deflate makes at most 1032 bytes of one.
  private static let largestRatio = 1032
  /// No chunk is larger, unless the tensor is.
  private static let largestChunk = 16 << 20

  private func error(_ code: CheckpointError.Code, _ message: String) -> CheckpointError {
    CheckpointError(code, path: source.path, "\(object) \(message)")
  }

  private func required(_ kind: H5ObjectHeader.Kind, _ what: String) throws -> H5ObjectHeader.Message {
    guard let message = header.first(kind) else { throw error(.corrupt, "has no \(what)") }
    return message
  }

  /// Refuses elements that stand in other files.
  func checkPlace() throws {
    guard header.first(.externalFiles) == nil else { throw error(.refused, "keeps its bytes in another file") }
    var layout = try required(.layout, "layout").data
    let version = try layout.byte()
    if version >= 3, try layout.byte() == 3 {
      throw error(.refused, "is virtual: its bytes are those of other files")
    }
  }

  /// The extents; `nil` when the dataset has no elements and no shape.
  func extents() throws -> [Int]? {
    if case .extents(let extents, _) = try dataspace() { return extents }
    return nil
  }

  private func dataspace() throws -> H5Dataspace {
    let message = try required(.dataspace, "extents")
    guard !message.isShared else { throw error(.unsupported, "has extents that are kept elsewhere in the file") }
    return try H5Dataspace(message.data)
  }

  /// The type of the elements. It may be another object of the file.
  func type() throws -> H5Datatype {
    let message = try required(.datatype, "type of elements")
    guard message.isShared else { return try H5Datatype(message.data) }
    var cursor = message.data
    let version = try cursor.version(1...3)
    let kind = try cursor.byte()
    if version == 1 { try cursor.skip(6) }
    guard version < 3 || kind == 2 else { throw error(.unsupported, "has a type that is kept in a shared heap") }
    let named = try H5ObjectHeader(source, at: try cursor.requiredAddress(), object: "the type of \(object)")
    guard let type = named.first(.datatype), !type.isShared else { throw error(.corrupt, "has a type that is none") }
    return try H5Datatype(type.data)
  }

  /// The filters, in the order of writing.
  func filters(elementSize: Int) throws -> [H5Filter] {
    guard let message = header.first(.filters) else { return [] }
    guard !message.isShared else { throw error(.unsupported, "has filters that are kept elsewhere in the file") }
    return try H5Filter.all(message.data, elementSize: elementSize)
  }

  /// The dataset as a tensor.
  /// - Parameter emptyAllowance: How many bytes may be of elements that were never written; less is left afterwards.
  func tensor(
    _ type: H5Datatype, _ dtype: DType, extents: [Int], emptyAllowance: inout Int
  ) throws -> H5Dataset {
    guard let shape = Shape(checking: extents), let byteCount = shape.byteCount(of: dtype) else {
      throw error(.refused, "claims shape \(extents), which no memory could hold")
    }
    let storage = try storage(byteCount, extents: extents, elementSize: dtype.size, &emptyAllowance)
    var swapped = 1
    if case .number(_, isBigEndian: true) = type {
      swapped = dtype == .complex64 || dtype == .complex128 ? dtype.size / 2 : dtype.size
    }
    return H5Dataset(dtype: dtype, shape: shape, storage: storage, swappedSize: swapped)
  }

  private func storage(
    _ byteCount: Int, extents: [Int], elementSize: Int, _ emptyAllowance: inout Int
  ) throws -> H5Dataset.Storage {
    let layout = try H5Layout(try required(.layout, "layout").data, rank: extents.count, object: object)
    let fill = try fillValue(elementSize)
    func allowEmpty(_ count: Int) throws {
      guard count <= emptyAllowance else {
        throw error(.refused, "claims \(byteCount) bytes, but the file stores \(byteCount - count) for it")
      }
      emptyAllowance -= count
    }
    switch layout {
    case .compact(let bytes):
      guard bytes.count == byteCount else {
        throw error(.refused, "claims \(byteCount) bytes, but the file stores \(bytes.count) for it")
      }
      return .compact(Array(bytes))
    case .contiguous(let address, let stored):
      guard byteCount > 0, let address else {
        try allowEmpty(byteCount)
        return .nowhere(fill: fill)
      }
      guard stored ?? byteCount == byteCount else {
        throw error(.refused, "claims \(byteCount) bytes, but the file stores \(stored ?? 0) for it")
      }
      try check(address, byteCount)
      return .contiguous(source.start + address)
    case .chunked(let chunks):
      let filters = try filters(elementSize: elementSize)
      for case .unknown(let name) in filters {
        return .unreadable(
          "is compressed with \(name), which this build does not read; save it with gzip or uncompressed")
      }
      let found = try self.chunks(chunks, filters, extents: extents, elementSize: elementSize, fill, byteCount)
      try allowEmpty(found.empty)
      return .chunked(found.chunks)
    }
  }

  private func check(_ address: Int, _ byteCount: Int) throws {
    guard address <= source.size, byteCount <= source.size - address else {
      throw error(
        .truncated, "claims \(byteCount) bytes at offset \(address), but the file has only \(source.size)")
    }
  }

  /// - Returns: The chunks, and the bytes of the tensor that are in none of them, or that a few bytes stand for.
  private func chunks(
    _ layout: H5Layout.Chunks, _ filters: [H5Filter], extents: [Int], elementSize: Int, _ fill: [UInt8],
    _ byteCount: Int
  ) throws -> (chunks: H5Chunks, empty: Int) {
    guard layout.extents.count == extents.count, layout.extents.allSatisfy({ $0 > 0 }) else {
      throw error(.corrupt, "has chunks of \(layout.extents), which do not fit its shape \(extents)")
    }
    let chunkBytes = Shape(checking: layout.extents)?.count.multipliedReportingOverflow(by: elementSize)
    guard let chunkBytes, !chunkBytes.overflow, chunkBytes.partialValue <= max(Self.largestChunk, byteCount) else {
      throw error(.refused, "has chunks of \(layout.extents) elements, far more than it has itself")
    }
    let size = chunkBytes.partialValue
    guard case .extents(_, let most) = try dataspace() else { throw error(.corrupt, "has no extents") }
    let index = try H5ChunkIndex(
      source, layout, extents: extents, most: most, byteCount: size, isFiltered: !filters.isEmpty, object: object)
    var (covered, invented, seen) = (0, 0, Set<[Int]>())
    for chunk in index.chunks {
      try check(chunk.offset, chunk.byteCount)
      let isPlaced = zip(chunk.origin, zip(extents, layout.extents)).allSatisfy { $0 < $1.0 && $0 % $1.1 == 0 }
      guard isPlaced, seen.insert(chunk.origin).inserted else {
        throw error(.corrupt, "has a chunk at \(chunk.origin), where none belongs")
      }
      let packed = max(0, size - chunk.byteCount * Self.largestRatio)
      // What cannot be compressed grows, but little.
      guard chunk.byteCount / 2 <= size + 4096, packed < Self.largestRatio || filters.contains(where: \.isUnbounded),
        !filters.isEmpty || chunk.byteCount == size
      else {
        throw error(.refused, "has a chunk of \(chunk.byteCount) bytes that claims to be \(size)")
      }
      if filters.contains(where: \.isUnbounded) { invented += packed }
      covered += zip(chunk.origin, zip(extents, layout.extents)).reduce(elementSize) { $0 * min($1.1.1, $1.1.0 - $1.0) }
    }
    return (
      H5Chunks(
        extents: extents, chunkExtents: layout.extents, elementSize: elementSize, filters: filters,
        chunks: index.chunks.map { $0.moved(by: source.start) }, fill: fill, isComplete: covered == byteCount),
      byteCount - covered + invented
    )
  }

  /// What elements are that were never written (specification, IV.A.2.e and f).
  private func fillValue(_ elementSize: Int) throws -> [UInt8] {
    var bytes: ArraySlice<UInt8> = []
    if let message = header.first(.fill), !message.isShared {
      var cursor = message.data
      if try cursor.version(1...3) < 3 {
        try cursor.skip(2)
        if try cursor.byte() != 0, cursor.count >= 4 { bytes = try cursor.take(try cursor.integer(4)) }
      } else if try cursor.byte() & 0x20 != 0 {
        bytes = try cursor.take(try cursor.integer(4))
      }
    } else if let message = header.first(.oldFill), !message.isShared {
      var cursor = message.data
      bytes = try cursor.take(try cursor.integer(4))
    }
    return bytes.count == elementSize && bytes.contains { $0 != 0 } ? Array(bytes) : []
  }
}
