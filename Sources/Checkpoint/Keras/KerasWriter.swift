import OrderedCollections
import Tensors

/// Writes weights that Keras loads: of version 3 (`.weights.h5`), or as before (`.h5`).
///
/// Keras finds the layers by their classes, in the order of the net, and needs nothing else. What it has no place for
/// stands in the group `/zoo`, so that zoo reads the file back as it was.
package struct KerasWriter: FormatWriter {
  private let format: CheckpointFormat
  private let options: WritingOptions

  /// A writer.
  /// - Parameter format: ``CheckpointFormat/kerasWeights`` or ``CheckpointFormat/kerasLegacy``.
  package init(_ format: CheckpointFormat, _ options: WritingOptions = WritingOptions()) {
    precondition(format == .kerasWeights || format == .kerasLegacy, "\(format) is not written by this writer")
    self.format = format
    self.options = options
  }

  package func losses(of snapshot: LazySnapshot) -> [Loss] {
    KerasLayoutOfFile(snapshot, format, options.keras).losses
  }

  package func write(_ snapshot: LazySnapshot, to path: String) throws {
    let layout = KerasLayoutOfFile(snapshot, format, options.keras)
    let publication = try Publication(of: path)
    do {
      try write(layout, to: publication, path)
      try publication.publish()
    } catch let error as CheckpointError where error.path == publication.temporary || error.path == path {
      throw publication.explained(error, path: path)
    }
  }

  private func write(_ layout: KerasLayoutOfFile, to publication: Publication, _ path: String) throws {
    // Keras compares the attribute with a text of Python.
    var writer = try H5Writer(for: path, variableTexts: [H5ElementType.nameAttribute])
    var placements: [TensorPlacement] = []
    for entry in layout.entries {
      guard let source = entry.content else {
        try writer.add(group: entry.path, attributes: entry.attributes)
        continue
      }
      let offset = try writer.add(
        dataset: entry.path, dtype: source.dtype, shape: source.shape, attributes: entry.attributes)
      if let offset { placements.append(TensorPlacement(source: source, offset: offset)) }
    }
    let file = publication.file
    try file.reserve(try writer.size())
    let sums = try file.write(placements)
    let ranges = placements.map { $0.offset..<$0.offset + $0.source.byteCount }
    try file.copy(try writer.close().file, around: ranges)
    // The structure, as a stranger reads it.
    let read = try KerasReader(publication.temporary)
    let expected = layout.entries.filter { $0.content != nil && $0.path != [KerasFile.zoo, KerasFile.metadata] }
    guard Set(read.contents.tensors.map(\.path)) == Set(expected.map(\.path)), read.contents.format == format,
      try read.snapshot().net.mapValues(\.shape) == layout.shapes
    else { throw OpenFile.isAnother(path) }
    try file.synchronize(checking: placements, against: sums)
  }
}

/// The groups and datasets of a Keras file.
struct KerasLayoutOfFile {
  private(set) var entries: [H5Entry<TensorSource>] = []
  /// What cannot be held.
  let losses: [Loss]
  /// The shapes of the net's tensors, as they come back.
  let shapes: OrderedDictionary<String, Shape>

  init(_ snapshot: LazySnapshot, _ format: CheckpointFormat, _ hints: KerasHints) {
    let plan = KerasPlan(snapshot.net, hints)
    var notes: OrderedDictionary<String, JSONValue> = [:]
    shapes = snapshot.net.mapValues(\.shape)
    let places = format == .kerasLegacy ? Self.legacyPlaces(plan) : Self.places(plan)
    for (layer, places) in zip(plan.layers, places) {
      for (variable, place) in zip(layer.variables, places) {
        notes[variable.name] = [.string(place.joined(separator: "/")), variable.layout.json]
      }
    }
    let own = SnapshotMetadata(
      of: snapshot,
      notes: [
        KerasFile.notes: .object(notes), KerasFile.order: .array(snapshot.net.keys.map(JSONValue.string)),
      ]
    ) { snapshot.net[$0] != nil }
    losses = own.losses
    if format == .kerasLegacy { addLegacy(plan, places) } else { addLayers(plan, places) }
    addOwn(own.text ?? "", plan.rest.merging(own.tensors) { first, _ in first })
  }

  /// `layers/conv2d_1/vars/0`: layers are numbered within their class.
  private static func places(_ plan: KerasPlan) -> [[[String]]] {
    var counts: [String: Int] = [:]
    return plan.layers.map { layer in
      let number = counts[layer.kind.className, default: 0]
      counts[layer.kind.className] = number + 1
      let group = number == 0 ? layer.kind.className : "\(layer.kind.className)_\(number)"
      return layer.variables.indices.map { [KerasFile.layers, group, KerasFile.variables, "\($0)"] }
    }
  }

  /// `features.0/features.0/kernel`: the layer's group, and the weight's name in it.
  private static func legacyPlaces(_ plan: KerasPlan) -> [[[String]]] {
    plan.layers.map { layer in
      let name = H5Name.escaped(layer.name)
      return layer.variables.map { [name, name, $0.keras] }
    }
  }

  private mutating func add(group path: [String], _ attributes: Attributes = [:]) {
    entries.append(H5Entry(path: path, attributes: attributes, content: nil))
  }

  private mutating func add(_ path: [String], _ source: TensorSource) {
    var attributes: Attributes = [:]
    if H5ElementType.isOpaque(source.dtype) {
      attributes[H5ElementType.nameAttribute] = .string(source.dtype.rawValue)
    }
    entries.append(H5Entry(path: path, attributes: attributes, content: source))
  }

  private mutating func addLayers(_ plan: KerasPlan, _ places: [[[String]]]) {
    add(group: [])
    add(group: [KerasFile.layers])
    for (layer, places) in zip(plan.layers, places) {
      guard let first = places.first else { continue }
      add(group: Array(first.prefix(2)))
      add(group: Array(first.prefix(3)), [KerasFile.name: .string(layer.name)])
      for (variable, place) in zip(layer.variables, places) { add(place, variable.source) }
    }
    add(group: [KerasFile.variables])
  }

  private mutating func addLegacy(_ plan: KerasPlan, _ places: [[[String]]]) {
    add(
      group: [],
      [
        KerasFile.layerNames: .strings(places.compactMap { $0.first?.first }), "backend": .string("zoo"),
        "keras_version": .string("3.0.0"),
      ])
    for (layer, places) in zip(plan.layers, places) {
      guard let name = places.first?.first else { continue }
      add(group: [name], [KerasFile.weightNames: .strings(places.map { $0.dropFirst().joined(separator: "/") })])
      add(group: [name, name])
      for (variable, place) in zip(layer.variables, places) { add(place, variable.source) }
    }
  }

  private mutating func addOwn(_ text: String, _ tensors: OrderedDictionary<String, TensorSource>) {
    add(group: [KerasFile.zoo])
    let bytes = Array(text.utf8)
    add([KerasFile.zoo, KerasFile.metadata], TensorSource(Tensor(bytes, shape: [bytes.count])))
    add(group: [KerasFile.zoo, KerasFile.tensors])
    for (name, source) in tensors { add([KerasFile.zoo, KerasFile.tensors, H5Name.escaped(name)], source) }
  }
}
