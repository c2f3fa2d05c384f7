import OrderedCollections
package import Tensors

/// An open file of weights of Keras, of version 3 or before.
package struct KerasReader: FormatReader {
  package let contents: FileContents
  private let base: HDF5Reader
  private let order: KerasOrder
  private let path: String
  /// The text of zoo, when zoo wrote the file.
  private let text: String?
  private let ownTensors: [StoredTensor]
  /// Whether the layers are known to be in the order of the model.
  private let isInOrder: Bool

  /// Opens a file.
  package init(_ path: String) throws {
    let source = try HDF5Opening.source(path)
    guard let format = try KerasFile.format(source) else {
      throw CheckpointError(.unrecognised, path: path, "this is an HDF5 file, but none of Keras")
    }
    try self.init(source, format)
  }

  /// - Parameter layers: The names of the model's layers in order, where they are known.
  init(_ source: H5Source, _ format: CheckpointFormat, layers: [String] = []) throws {
    base = try HDF5Reader(source, survey: H5Survey(source, .lenient))
    path = source.path
    order = KerasOrder(base.contents, format, layers: layers)
    text = try Self.text(base)
    isInOrder = format == .kerasLegacy || !layers.isEmpty
    ownTensors = base.contents.tensors.filter { $0.path.prefix(2) == [KerasFile.zoo, KerasFile.tensors] }
    let all = base.contents.tensors
    var tensors = order.items.enumerated().map { index, item in all[item.index].renamed(item.name, index: index) }
    for tensor in ownTensors { tensors.append(tensor.renamed(Self.name(of: tensor), index: tensors.count)) }
    contents = FileContents(
      format: format, producer: Self.producer(base.contents, isOwn: text != nil), byteCount: base.contents.byteCount,
      tensors: tensors, values: base.contents.values, warnings: base.contents.warnings + order.warnings)
  }

  private static func producer(_ file: FileContents, isOwn: Bool) -> String? {
    if isOwn { return "zoo" }
    for place in [[], [KerasFile.modelWeights]] {
      guard let version = file.values(at: place + ["keras_version"])?.string else { continue }
      let backend = file.values(at: place + ["backend"])?.string.map { " on \($0)" } ?? ""
      return "keras \(version)\(backend)"
    }
    return nil
  }

  private static func text(_ base: HDF5Reader) throws -> String? {
    let stored = base.contents.tensors.first { $0.path == [KerasFile.zoo, KerasFile.metadata] && $0.dtype == .uint8 }
    guard let stored, stored.byteCount <= SnapshotMetadata.longestText else { return nil }
    return try base.read(stored.index, verifying: true).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  private static func name(of tensor: StoredTensor) -> String {
    tensor.path.dropFirst(2).map { H5Name.unescaped($0) ?? $0 }.joined(separator: ".")
  }

  /// The place of a tensor in the file that this one describes anew.
  private func place(_ index: Int) -> Int {
    index < order.items.count ? order.items[index].index : ownTensors[index - order.items.count].index
  }

  package func read(_ index: Int, verifying isVerifying: Bool) throws -> Tensor {
    try base.read(place(index), verifying: isVerifying)
  }

  package func isStreamed(_ index: Int) -> Bool { base.isStreamed(place(index)) }

  package func stream(
    _ index: Int, verifying isVerifying: Bool, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try base.stream(place(index), verifying: isVerifying, body)
  }

  package func view(_ index: Int) throws -> Tensor { try base.view(place(index)) }

  /// What zoo wrote comes back as it was. Of any other file the layers' variables are the net, by Keras' names and in
  /// Keras' order of axes (``KerasLayouts`` turns them); what else there is, such as the optimizer's, goes along.
  package func snapshot() throws -> LazySnapshot {
    if let text { return try ownSnapshot(text) }
    var snapshot = LazySnapshot(net: [:])
    var others: [Value.Entry] = []
    let optimizer = KerasOptimizer(
      order.items, base.contents.tensors, isInOrder: isInOrder,
      kind: base.contents.values(at: ["optimizer", KerasFile.variables, KerasFile.name])?.string)
    let optimizerItems = optimizer?.items ?? []
    for (index, item) in order.items.enumerated() where !optimizerItems.contains(index) {
      if item.isParameter {
        snapshot.net[item.name] = source(index)
      } else {
        others.append(Value.Entry(.string(item.name), .tensor(snapshot.otherTensors.count)))
        snapshot.otherTensors[item.name] = source(index)
      }
    }
    if !others.isEmpty { snapshot.others = .dictionary(others) }
    try optimizer?.add(to: &snapshot, optimizerConfiguration, source)
    return snapshot
  }

  /// What the file says of its optimizer.
  private var optimizerConfiguration: JSONValue? {
    let text = base.contents.values["training_config"]?.string
    return text.flatMap { try? JSONValue(parsing: $0) }?["optimizer_config"]?["config"]
  }

  private func ownSnapshot(_ text: String) throws -> LazySnapshot {
    let notes = SnapshotMetadata.value(of: text)?[KerasFile.notes]?.object ?? [:]
    let places = Dictionary(base.contents.tensors.map { ($0.path.joined(separator: "/"), $0.index) }) { first, _ in
      first
    }
    var tensors: OrderedDictionary<String, TensorSource> = [:]
    for (name, note) in notes {
      guard let parts = note.array, parts.count == 2, let place = parts[0].string, let index = places[place],
        let layout = KerasLayout(parts[1]), let source = layout.torch(base.source(index))
      else {
        throw CheckpointError(
          .corrupt, path: path,
          "the note on '\(name.terminalEscaped)' does not fit the file: another program has changed one of them; "
            + "remove the group '/zoo' to read the file as any of Keras")
      }
      tensors[name] = source
    }
    for tensor in ownTensors { tensors[Self.name(of: tensor)] = base.source(tensor.index) }
    return try SnapshotMetadata.snapshot(text: text, tensors: Self.inOrder(tensors, text), path: path)
  }

  /// The tensors in the order that the snapshot had.
  private static func inOrder(
    _ tensors: OrderedDictionary<String, TensorSource>, _ text: String
  ) -> OrderedDictionary<String, TensorSource> {
    var ordered: OrderedDictionary<String, TensorSource> = [:]
    for name in SnapshotMetadata.value(of: text)?[KerasFile.order]?.array?.compactMap(\.string) ?? [] {
      if let source = tensors[name] { ordered[name] = source }
    }
    return ordered.merging(tensors) { first, _ in first }
  }
}

extension StoredTensor {
  /// The same tensor of the file by another name.
  fileprivate func renamed(_ name: String, index: Int) -> StoredTensor {
    StoredTensor(index: index, path: path, name: name, dtype: dtype, shape: shape, offset: offset, digest: digest)
  }
}
