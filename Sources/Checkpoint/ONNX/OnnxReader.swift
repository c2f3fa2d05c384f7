import OrderedCollections
package import Tensors

/// The tensors of an open ONNX model: initialisers, and what Constant nodes hold, of its graphs and functions.
package struct OnnxReader: FormatReader {
  package let contents: FileContents
  let path: String
  private let tensors: [OnnxTensor]
  private let unreadable: [String]
  private let file: OpenFile
  let mapped: MappedFile

  /// Opens a model.
  /// - Throws: ``CheckpointError``: `.corrupt` and `.truncated` for what is no model or contradicts itself, `.refused` for
  ///   names of files outside of its folder and graphs that are nested too deep.
  package init(_ path: String) throws {
    self.path = path
    file = try OpenFile(path, .read)
    mapped = try MappedFile(file)
    let model: OnnxModel
    do {
      model = try OnnxModel(ProtobufMessage(walk: MappedWalk(mapped), range: 0..<mapped.bytes.count), path: path)
    } catch let malformed as ProtobufMessage.Malformed {
      throw CheckpointError(
        .corrupt, path: path,
        "the file begins as an ONNX model does, and is cut or damaged (byte \(malformed.position) of "
          + "\(mapped.bytes.count)); use another copy of the file")
    }
    guard model.hasGraph else {
      throw CheckpointError(.unrecognised, path: path, "the file begins as an ONNX model does, but has no graph")
    }
    var stored: [StoredTensor] = []
    var counts: [String: Int] = [:]
    for found in model.tensors {
      // A name may stand once in each graph, and graphs may have one name.
      var name = found.place.joined(separator: "/")
      while let count = counts[name] {
        counts[name] = count + 1
        name += "~\(count + 1)"
      }
      counts[name] = 1
      stored.append(
        StoredTensor(
          index: stored.count, path: found.place, name: name, dtype: found.tensor.type.dtype, shape: found.tensor.shape,
          offset: Self.offset(found.tensor)))
    }
    tensors = model.tensors.map(\.tensor)
    unreadable = model.unreadable
    let packed = zip(stored, tensors).filter { $0.1.type.perByte == 2 }.map {
      "the \($0.1.type.name) elements of '\($0.0.name.terminalEscaped)' are read as \($0.0.dtype.rawValue)"
    }
    contents = FileContents(
      format: .onnx, producer: model.producer, byteCount: mapped.bytes.count, tensors: stored,
      values: .dictionary(model.values), warnings: unreadable + packed)
    try checkExternal()
  }

  /// The other files that elements are in.
  var externalFiles: Set<String> {
    Set(
      tensors.compactMap { tensor in
        if case .external(let name, _) = tensor.place { name } else { nil }
      })
  }

  /// Where the elements stand in the file itself, as a tensor has them.
  private static func offset(_ tensor: OnnxTensor) -> Int? {
    guard case .raw(let range) = tensor.place, tensor.type.perByte == 1, !range.isEmpty else { return nil }
    return range.lowerBound
  }

  /// Makes sure that all elements in other files are there.
  private func checkExternal() throws {
    var sizes: [String: Int] = [:]
    for (tensor, stored) in zip(tensors, contents.tensors) {
      guard case .external(let name, let offset) = tensor.place else { continue }
      let size = try sizes[name] ?? NeighbourFile.open(name, beside: path).size()
      sizes[name] = size
      guard offset <= size, tensor.storedCount <= size - offset else {
        throw CheckpointError(
          .truncated, path: path,
          "'\(stored.name.terminalEscaped)' should have \(tensor.storedCount) bytes at offset \(offset) of "
            + "'\(name.terminalEscaped)', which has \(size)")
      }
    }
  }

  package func read(_ index: Int, verifying isVerifying: Bool) throws -> Tensor {
    let (tensor, stored) = (tensors[index], contents.tensors[index])
    do {
      return try Tensor(stored.shape, dtype: stored.dtype) { bytes in
        guard tensor.type.perByte == 2 else { return try read(tensor, into: bytes) }
        var packed = [UInt8](repeating: 0, count: tensor.storedCount)
        try packed.withUnsafeMutableBytes { try read(tensor, into: $0) }
        OnnxNumbers.unpack(packed, isSigned: stored.dtype == .int8, into: bytes)
      }
    } catch is OnnxNumbers.OutOfRange {
      throw CheckpointError(
        .corrupt, path: path,
        "'\(stored.name.terminalEscaped)' holds numbers that \(tensor.type.name) does not have; use another copy of the file"
      )
    }
  }

  private func read(_ tensor: OnnxTensor, into bytes: UnsafeMutableRawBufferPointer) throws {
    switch tensor.place {
    case .zero: _ = bytes.initializeMemory(as: UInt8.self, repeating: 0)
    case .raw(let range): _ = try file.read(into: bytes, at: range.lowerBound, isChecksummed: false)
    case .fields(let range):
      try OnnxNumbers.read(tensor, from: ProtobufMessage(walk: MappedWalk(mapped), range: range), into: bytes)
    case .external(let name, let offset):
      _ = try NeighbourFile.open(name, beside: path).read(into: bytes, at: offset, isChecksummed: false)
    }
  }

  package func isStreamed(_ index: Int) -> Bool { contents.tensors[index].offset != nil }

  package func stream(
    _ index: Int, verifying isVerifying: Bool, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let stored = contents.tensors[index]
    try file.forEachPiece(of: stored.byteCount, at: stored.offset ?? 0, body)
  }

  package func view(_ index: Int) throws -> Tensor {
    contents.tensors[index].offset == nil ? try read(index, verifying: false) : mapped.tensor(contents.tensors[index])
  }

  package func snapshot() throws -> LazySnapshot {
    guard unreadable.isEmpty else {
      throw CheckpointError(
        .unsupported, path: path,
        "the model holds tensors that zoo cannot read: " + unreadable.prefix(20).joined(separator: ", "))
    }
    return LazySnapshot(
      net: OrderedDictionary(uniqueKeysWithValues: contents.tensors.map { ($0.name, source($0.index)) }))
  }
}
