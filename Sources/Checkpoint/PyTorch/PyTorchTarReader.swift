package import Tensors

/// An open file of the tar archive that `torch.save` wrote before 0.1.10: members `storages`, `tensors` and `pickle`.
package struct PyTorchTarReader: FormatReader {
  private let document: TorchDocument

  package var contents: FileContents { document.contents }

  /// Opens a tar archive; `nil` when it is none of PyTorch's.
  package init?(recognizing path: String, _ options: ReadingOptions = ReadingOptions()) throws {
    let file = try OpenFile(path, .read)
    let mapped = try MappedFile(file)
    let tar = try TarFile(MappedWalk(mapped), path: path)
    guard let pickle = tar.members["pickle"], let tensors = tar.members["tensors"],
      let storages = tar.members["storages"]
    else { return nil }
    var tables = TarTables(path: path)
    try tables.readStorages(mapped, storages)
    try tables.readTensors(mapped, tensors)
    let graph = try PickleMachine.run(
      ByteRegion(borrowing: mapped[pickle], owner: mapped), name: "pickle", path: path, inert: options.isInert)
    let places = tables.places
    document = try TorchDocument(
      graph, vocabulary: TorchVocabulary(tensors: tables.tensors, storages: tables.storages), of: file,
      format: .pytorchTar, producer: "PyTorch before 0.1.10"
    ) { storage in
      guard let range = places[storage.key] else {
        throw CheckpointError(
          .corrupt, path: path, "the storage '\(storage.key.terminalEscaped)' is not in the file; the file is damaged")
      }
      return .file(range)
    }
  }

  package func read(_ index: Int, verifying isVerifying: Bool) throws -> Tensor {
    try document.tensors.read(index, verifying: isVerifying)
  }

  package func isStreamed(_ index: Int) -> Bool { contents.tensors[index].offset != nil }

  package func stream(
    _ index: Int, verifying isVerifying: Bool, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try document.tensors.stream(index, verifying: isVerifying, body)
  }

  package func view(_ index: Int) throws -> Tensor { try document.tensors.view(index) }

  package func snapshot() throws -> LazySnapshot { try document.snapshot { source($0) } }
}

/// The tables of storages and tensors, which are pickles with bytes between them.
private struct TarTables {
  let path: String
  private(set) var storages: [TorchStorage] = []
  private(set) var tensors: [String: TorchTensor] = [:]
  /// Where the elements of storages are in the file.
  private(set) var places: [String: Range<Int>] = [:]
  private var numbers: [String: Int] = [:]

  init(path: String) { self.path = path }

  private func damaged(_ what: String) -> CheckpointError {
    CheckpointError(
      .corrupt, path: path, "the member '\(what)' of the tar archive is damaged; use another copy of the file")
  }

  private static func key(_ index: PickleGraph.Index, in graph: PickleGraph) -> String? {
    graph.text(index) ?? graph.integer(index).map(String.init)
  }

  /// How many, then for each `(key, location, class)` and its elements; then `(key, of, offset, count)` of those that are parts
  /// of others.
  mutating func readStorages(_ file: MappedFile, _ member: Range<Int>) throws {
    var stream = PickleStream(file, member, path: path)
    let header = try stream.next("storages")
    guard let count = header.integer(header.root), count >= 0 else { throw damaged("storages") }
    for _ in 0..<count {
      let graph = try stream.next("storages")
      guard let parts = graph.elements(graph.root), parts.count == 3, let key = Self.key(parts[0], in: graph),
        let type = graph.global(parts[2]), let itemSize = TorchTypes.itemSize(ofStorage: type.name)
      else { throw damaged("storages") }
      let range = try stream.storage(key.terminalEscaped, itemSize: itemSize)
      places[key] = member.lowerBound + range.lowerBound..<member.lowerBound + range.upperBound
      add(
        TorchStorage(
          key: key, dtype: TorchTypes.dtype(ofStorage: type.name), className: type.name, count: range.count / itemSize,
          start: 0), as: key)
    }
    let views = try stream.next("storages")
    for view in views.elements(views.root) ?? [] {
      guard let parts = views.elements(view), parts.count == 4, let key = Self.key(parts[0], in: views),
        let root = Self.key(parts[1], in: views).flatMap({ numbers[$0] }), let offset = views.integer(parts[2]),
        let count = views.integer(parts[3]), offset >= 0, count >= 0, storages[root].count >= offset,
        storages[root].count - offset >= count
      else { throw damaged("storages") }
      let whole = storages[root]
      add(
        TorchStorage(
          key: whole.key, dtype: whole.dtype, className: whole.className, count: count, start: whole.start + offset),
        as: key)
    }
  }

  private mutating func add(_ storage: TorchStorage, as key: String) {
    numbers[key] = storages.count
    storages.append(storage)
  }

  /// How many, then for each `(key, storage, class)`, the number of axes in 32 bits and 32 bits of nothing, and in 64 bits
  /// each the extents, the strides and the offset.
  mutating func readTensors(_ file: MappedFile, _ member: Range<Int>) throws {
    let known = numbers
    var stream = PickleStream(file, member, path: path)
    let header = try stream.next("tensors")
    guard let count = header.integer(header.root), count >= 0 else { throw damaged("tensors") }
    for _ in 0..<count {
      let graph = try stream.next("tensors")
      guard let parts = graph.elements(graph.root), parts.count == 3, let key = Self.key(parts[0], in: graph),
        let storage = Self.key(parts[1], in: graph).flatMap({ known[$0] }), let dtype = storages[storage].dtype
      else { throw damaged("tensors") }
      let name = "the tensor '\(key.terminalEscaped)'"
      let rank = Int(try stream.take(8, name).loadUnaligned(as: Int32.self).littleEndian)
      guard (0...64).contains(rank) else { throw damaged("tensors") }
      let layout = try (0..<2 * rank + 1).map { _ in try stream.integer(name) }
      guard layout.allSatisfy({ $0 >= 0 }), let shape = Shape(checking: Array(layout[..<rank])) else {
        throw damaged("tensors")
      }
      tensors[key] = TorchTensor(
        place: .storage(storage), dtype: dtype, shape: shape, strides: Array(layout[rank..<2 * rank]),
        start: layout[2 * rank], path: [])
    }
  }
}
